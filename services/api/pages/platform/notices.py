"""Notices: what people were told and what did not reach them, the demo's post box, one's own settings."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common
from services.api.pages.platform.notice_source import NoticeBook
from services.daytime import clock_of, minutes_of
from services.notices.domain import MANDATORY, NIGHT, ROLE, Preference, Subject, masked
from services.paging import encode_cursor
from services.registry.domain import Role
from streams.contracts import Refused

STATES: Final = {"": N_("全部"), **voc.NOTICE_STATES}
FILTERS: Final = ("state", "person", "channel", "ticket")
UNCLEAR: Final = (-1, -1)
"""Quiet hours that were no times; the use case refuses them with the field."""


def routes(desk: Desk, book: NoticeBook) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/notices")
    def listing(request: Request) -> Response:
        visit = desk.visit(request)
        wanted = {name: request.query_params.get(name, "")[:200] for name in FILTERS}
        if wanted["state"] not in STATES:
            wanted["state"] = ""
        page = book.messages(visit.caller, wanted, request.query_params.get("cursor"))
        counts = book.counts(visit.caller)
        tabs = [
            (name, visit.t(word), sum(counts.values()) if name == "" else counts.get(name, 0))
            for name, word in STATES.items()
        ]
        kept = {name: value for name, value in wanted.items() if value}
        return desk.show(
            visit, "notices.html", **common(visit), rows=page.items, wanted=wanted, tabs=tabs, names=book.names(),
            everybody=book.everybodys(visit.caller), ways=book.ways(), next=encode_cursor(page.next),
            query=urlencode(kept), boxed=_boxed(book),
        )  # fmt: skip

    @router.post("/notices/{notice}/resend")
    def resend(request: Request, notice: str) -> Response:
        book.resend(desk.visit(request).caller, notice)
        return RedirectResponse("/notices?said=resent", 303)

    @router.get("/notices/box")
    def box(request: Request) -> Response:
        visit = desk.visit(request)
        rows = book.posted(visit.caller)
        return desk.show(visit, "notice-box.html", **common(visit), rows=rows, names=book.names(), boxed=_boxed(book))

    @router.get("/notices/settings")
    def settings(request: Request) -> Response:
        visit = desk.visit(request)
        person = request.query_params.get("person", "") or visit.caller.id
        return _settings(desk, book, visit, book.preference(visit.caller, person))

    @router.post("/notices/settings")
    def keep(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        person = text_of(form, "person", 200) or visit.caller.id
        if text_of(form, "do") == "test":
            return _test(desk, book, visit, person)
        return _keep(desk, book, visit, _wanted(form, person))

    return router


def _test(desk: Desk, book: NoticeBook, visit: Visit, person: str) -> Response:
    try:
        book.test(visit.caller, person)
    except Refused as refused:
        if refused.code != "channel":
            raise
        kept = book.preference(visit.caller, person)
        return _settings(desk, book, visit, kept, {"channels": _why(visit, refused)})
    return _back(person, "test_sent")


def _keep(desk: Desk, book: NoticeBook, visit: Visit, wanted: Preference) -> Response:
    try:
        book.prefer(visit.caller, wanted)
    except Refused as refused:
        field = str(refused.extra.get("field", "version"))
        return _settings(desk, book, visit, wanted, {field: _why(visit, refused)})
    return _back(wanted.person, "preferences_kept")


def _back(person: str, said: str) -> Response:
    return RedirectResponse(f"/notices/settings?{urlencode({'person': person, 'said': said})}", 303)


def _boxed(book: NoticeBook) -> bool:
    """Whether the post box is one of the channels: with real ones it would only puzzle."""
    return any(way.name == "box" for way in book.ways())


def _why(visit: Visit, refused: Refused) -> str:
    said = {
        "channels": visit.t("没有可用的渠道。请选一个，需要地址的要填地址"),
        "muted": visit.t("带时限的通知不能关闭"),
        "quiet": visit.t("免打扰时段请写成 22:00 到 07:00 这样"),
        "version": visit.t("设置已在别处改过。请看新的，再改一次"),
    }
    field = str(refused.extra.get("field", "version"))
    if field.startswith("address."):
        return visit.t("渠道 {name} 的地址不对：一个词，不带空格；显示为星号的要么不动，要么整个重填", name=field[8:])
    return said.get(field, refused.detail)


def _wanted(form: FormData, person: str) -> Preference:
    """The form as a preference; what is no time or number is left for the use case to refuse."""
    names = [str(name) for name in form if name.startswith("address.")]
    muted = {str(subject) for subject in Subject} & {str(value) for value in form.getlist("muted")}
    return Preference(
        person,
        tuple(sorted({str(value)[:40] for value in form.getlist("channels")})),
        frozenset(Subject(subject) for subject in muted),
        _quiet(form),
        text_of(form, "language", 5) or "zh",
        {name.removeprefix("address."): text_of(form, name, 300) for name in names},
        version_of(form),
        {
            subject: tuple(sorted({str(value)[:40] for value in given}))
            for subject in Subject
            if (given := form.getlist(f"to.{subject}"))
        },
    )


def _quiet(form: FormData) -> tuple[int, int] | None:
    if text_of(form, "quiet") != "on":
        return None
    begins, ends = (minutes_of(text_of(form, name, 8)) for name in ("quiet_from", "quiet_to"))
    return UNCLEAR if begins is None or ends is None else (begins, ends)


def _settings(
    desk: Desk, book: NoticeBook, visit: Visit, wanted: Preference, errors: dict[str, str] | None = None
) -> Response:
    quiet = NIGHT if wanted.quiet is None or wanted.quiet == UNCLEAR else wanted.quiet
    values: dict[str, Any] = {
        "person": wanted.person, "version": wanted.version, "channels": wanted.channels, "muted": wanted.muted,
        "quiet_on": wanted.quiet is not None, "quiet": [clock_of(minute) for minute in quiet],
        "language": wanted.language, "to": wanted.by_subject,
        "addresses": {name: masked(one) if not errors else one for name, one in wanted.addresses.items()},
    }  # fmt: skip
    if errors and "version" in errors:
        values["version"] = book.preference(visit.caller, wanted.person).version
    names = book.names()
    return desk.show(
        visit, "notice-settings.html", status=409 if errors and "version" in errors else 422 if errors else 200,
        **common(visit), values=values, errors=errors or {}, ways=book.ways(), names=names,
        subjects=[subject for subject in Subject if subject is not Subject.TEST], mandatory=MANDATORY,
        everybody=book.everybodys(visit.caller), own=wanted.person == visit.caller.id, boxed=_boxed(book),
        roles={f"{ROLE}{role}": voc.say(voc.ROLES, role, visit.t) for role in Role}, of_role=_role_of(wanted.person),
    )  # fmt: skip


def _role_of(person: str) -> str:
    """The role whose wishes these are; '' for a person's."""
    return person.removeprefix(ROLE) if person.startswith(ROLE) else ""
