"""One's own password: the first thing after a sign-in with one that was given, and whenever one likes."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import address_of
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent
from streams.contracts import Refused

WRONG: Final = {
    "current": N_("现在的密码不对，请再看一遍"),
    "password": N_("密码须有 12 到 200 个字符，不含用户名，也不能与现在的相同；三四个词连写就够长，也好记"),
    "again": N_("两次写的不一样，请再写一遍"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/password")
    def page(request: Request) -> Response:
        return _page(desk, desk.visit(request))

    @router.post("/password")
    def choose(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        current, wanted, again = (str(form.get(name) or "")[:1_000] for name in ("current", "password", "again"))
        if wanted != again:
            return _page(desk, visit, "again")
        caller = visit.caller
        try:
            container.staff.choose_password(caller.id, current, wanted, csrf=caller.csrf, address=address_of(request))
        except Refused as refused:
            if refused.code == "locked":
                return _page(desk, visit, "locked", minutes=-(-int(str(refused.extra.get("seconds", 0))) // 60))
            return _page(desk, visit, str(refused.extra.get("field", "password")))
        return RedirectResponse("/", 303)

    return router


def _page(desk: Desk, visit: Visit, wrong: str = "", *, minutes: int = 0) -> Response:
    t = visit.t
    if wrong == "locked":
        said = t("失败次数太多，请 {n} 分钟后再试，或请管理员解除", n=minutes)
    else:
        said = t(WRONG[wrong]) if wrong else ""
    status = 429 if wrong == "locked" else 422 if wrong else 200
    return desk.show(visit, "password.html", status=status, wrong=wrong, said=said, first=visit.caller.once)
