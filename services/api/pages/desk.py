"""What every page shares: who looks, in which language and theme, and how a template becomes an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboards.web import TEMPLATES
from services.api.door.auth import CSRF_FIELD, Caller
from services.api.language import vocabulary as voc
from services.api.language.words import HTML_LANG, N_, Words, language, words
from services.api.pages import formatting as fmt
from services.api.pages.assets import assets
from services.api.pages.drawing.shapes import SHAPES
from services.api.pages.keys import KEYS, keys_of
from services.api.pages.ports import PageSource
from services.ports import Clock, Ids
from services.registry.domain import PERMISSIONS, Permission, Role

LANGUAGE_COOKIE: Final = "linli_language"
THEME_COOKIE: Final = "linli_theme"
MARKS: Final = ("icon", "mark", "badge", "card", "blocks")
"""What ``marks.html`` draws."""

NAVIGATION: Final = (
    ("/cockpit", "map", N_("总览"), Permission.WATCH),
    ("/alarms", "alarm", N_("告警"), Permission.WATCH),
    ("/tickets", "ticket", N_("工单"), Permission.TICKETS),
    ("/knowledge", "knowledge", N_("知识"), Permission.TICKETS),
    ("/catalogue", "catalogue", N_("目录"), Permission.TICKETS),
    ("/policies", "limit", N_("期限"), Permission.TICKETS),
    ("/tasks", "task", N_("任务"), Permission.TICKETS),
    ("/kpi", "kpi", N_("考核"), Permission.TICKETS),
    ("/devices", "device", N_("设备"), Permission.WATCH),
    ("/rules", "rule", N_("规则"), Permission.WATCH),
    ("/quarantine", "quarantine", N_("隔离"), Permission.DEVICES),
    ("/dead-letters", "letter", N_("死信"), Permission.DEAD_LETTERS),
    ("/notices", "notice", N_("通知"), Permission.WATCH),
    ("/oncall", "oncall", N_("值班"), Permission.PLATFORM),
    ("/rosters", "roster", N_("排班"), Permission.TICKETS),
    ("/people", "people", N_("人员"), Permission.PEOPLE),
    ("/audit", "link", N_("审计"), Permission.AUDIT),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the person, the server's time, the language."""

    request: Request
    who: Caller | None
    now: int
    t: Words
    theme: str

    @property
    def caller(self) -> Caller:
        """The signed-in person; the gatekeeper let nobody else through."""
        if self.who is None:
            raise RuntimeError("a page behind the gatekeeper was reached without a caller")
        return self.who

    def may(self, permission: Permission) -> bool:
        return self.who is not None and permission in permissions(self.who.role)


def permissions(role: str) -> frozenset[Permission]:
    return PERMISSIONS[Role(role)] if role in {str(known) for known in Role} else frozenset()


class Desk:
    """Renders pages over one source of data."""

    def __init__(self, source: PageSource, clock: Clock, ids: Ids, *, demo: bool = False) -> None:
        self.source = source
        self.ids = ids
        self.demo = demo
        self._clock = clock
        self.assets = assets()
        self._templates = environment()

    def visit(self, request: Request) -> Visit:
        theme = "dark" if request.cookies.get(THEME_COOKIE) == "dark" else "light"
        t = words(language(request.cookies.get(LANGUAGE_COOKIE)))
        return Visit(request, getattr(request.state, "caller", None), self._clock.now(), t, theme)

    def show(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(self.text(visit, template, **values), status)

    def text(self, visit: Visit, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(self._common(visit), **values)

    def _common(self, visit: Visit) -> Mapping[str, Any]:
        t, now = visit.t, visit.now
        return {
            "t": t,
            "now": now,
            "who": visit.who,
            "role": voc.say(voc.ROLES, visit.who.role, t) if visit.who else "",
            "lang": HTML_LANG[t.lang],
            "theme": visit.theme,
            "here": visit.request.url.path,
            "address": visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else ""),
            "static": self.assets.url,
            "csrf": csrf_field(visit.who),
            "csrf_token": visit.who.csrf if visit.who else "",
            "navigation": [item for item in NAVIGATION if visit.may(item[3])],
            "may": lambda name: visit.may(Permission(name)),
            "moment": lambda at: fmt.near(at, now, t),
            "age": lambda at: fmt.age(at, now, t),
            "ago": lambda at: fmt.ago(at, now, t),
            "today": fmt.day(now, t),
            "server_clock": fmt.clock(now),
            "iso": fmt.iso,
            "keys": [(key, t(label)) for key, _, label in keys_of(visit.request.url.path)],
            "key_table": {key: action for key, action, _ in keys_of(visit.request.url.path)},
            "demo": self.demo,
        }


def csrf_field(who: Caller | None) -> Markup:
    """The hidden field of every form that changes something."""
    token = who.csrf if who else ""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


@cache
def environment() -> Environment:
    """Templates escape everything and refuse a name that nobody gave; compiled once a process."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "shapes": SHAPES,
        "keys_known": KEYS,
        "number": fmt.number,
        "clock_time": fmt.clock,
        "hour_minute": fmt.hour_minute,
        "size": fmt.length,
        "say": voc.say,
        "voc": voc,
    }
    made.globals["marks"] = _drawn_once(made)
    return made


def _drawn_once(made: Environment) -> dict[str, Callable[..., Markup]]:
    """The macros of ``marks.html``, each drawn once for the same words.

    ``typed``: text and the same text as markup are equal, and are not drawn alike.
    """
    marks: Any = made.get_template("marks.html", globals={"static": assets().url}).module
    return {name: lru_cache(maxsize=1_000, typed=True)(getattr(marks, name)) for name in MARKS}
