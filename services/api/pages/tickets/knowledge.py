"""The knowledge base: found, written and changed by the hotline's people."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common, why_not
from services.api.pages.tickets.ticket_forms import Field
from services.api.tickets.knowledge import AnswerAsked, keep_answer
from services.registry.domain import Permission
from services.tickets.domain import Role
from services.tickets.domain.board import Answer, answers
from services.tickets.handlers import Kept
from streams.contracts import Refused

LONGEST: Final = 4_000
SAID: Final = {
    "conflict": N_("刚被别人改动过，请看后再改。您写的内容还在。"),
    "forbidden": N_("这一步要由别的角色来办，或不在您的辖区。"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/knowledge")
    def knowledge(request: Request) -> Response:
        return _answers(desk, container, desk.visit(request), {}, {})

    @router.post("/knowledge")
    def keep(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        values = {name: text_of(form, name, LONGEST) for name in ("id", "question", "text", "category", "retired")}
        errors = {
            name: visit.t(word)
            for name, word in (("question", N_("请写来电人会怎样问")), ("text", N_("请写怎样答复")))
            if not values[name]
        }
        if not errors:
            asked = AnswerAsked(
                question=values["question"], text=values["text"], category=values["category"],
                retired=bool(values["retired"]), version=version_of(form),
            )  # fmt: skip
            try:
                keep_answer(container, visit.caller, asked, values["id"])
            except Refused as refused:
                errors = {"": said_of(refused, visit.t)}
            else:
                return RedirectResponse("/knowledge?said=kept", 303)
        return _answers(desk, container, visit, values, errors)

    return router


def said_of(refused: Refused, t: Words) -> str:
    return why_not(refused, t, fields={}, codes=SAID)


def _answers(
    desk: Desk, container: Container, visit: Visit, values: dict[str, str], errors: dict[str, str]
) -> Response:
    query, t = visit.request.query_params, visit.t
    require(visit.caller, Permission.TICKETS)
    text, category = query.get("text", "")[:200], query.get("category", "")[:60]
    listed = container.answers.listed(text=text, category=category, limit=200)
    edited = _edited(container.answers.versions(query.get("edit", values.get("id", ""))[:64]))
    may = Role(visit.caller.role) in answers.EDITORS
    categories = voc.categories(t)
    if edited is not None and not values:
        values = {"question": edited.what.question, "text": edited.what.text, "category": edited.what.category}
    fields = [
        Field("question", t("来电人怎样问"), "text", required=True),
        Field("text", t("怎样答复"), "area", required=True),
        Field("category", t("类别"), "select", required=False, options=tuple(categories.items())),
    ]
    if edited is not None:
        fields.append(Field("retired", t("停用，不再这样答复"), "check", required=False))
    return desk.show(
        visit, "knowledge.html", status=422 if errors else 200, **common(visit),
        listed=listed, text=text, category=category, categories=categories,
        names=_names(container), may_edit=may, edited=edited, fields=fields, values=values, errors=errors,
        category_name=lambda code: voc.category_name(code, t),
    )  # fmt: skip


def _edited(versions: tuple[Kept[Answer], ...]) -> Kept[Answer] | None:
    return versions[-1] if versions else None


def _names(container: Container) -> dict[str, str]:
    return {user.id: user.name for user in container.people.list_users()}
