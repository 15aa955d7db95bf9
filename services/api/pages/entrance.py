"""The way in: signing in, the start page of each role, language and theme, static files."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import address_of
from services.api.door.sessions import safe_next, set_session
from services.api.language.words import language, words
from services.api.pages.desk import LANGUAGE_COOKIE, THEME_COOKIE, Desk
from streams.contracts import Refused

YEAR: Final = 365 * 86_400
HOMES: Final = {
    "grid_worker": "/tasks",
    "unit_handler": "/tickets",
    "unit_leader": "/tickets",
    "operator": "/tickets",
    "dispatcher": "/tickets",
    "supervisor": "/tickets",
    "citizen": "/tickets",
    "oncall": "/oncall",
}


async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The form that a browser sent, read once; a file that came with it is closed when the answer is made."""
    form = await request.form()
    try:
        yield form
    finally:
        await form.close()


Sent = Annotated[FormData, Depends(form_of)]


def text_of(form: FormData, name: str, most: int = 1_000) -> str:
    """One field as trimmed text; files and missing fields are empty."""
    value = form.get(name, "")
    return value.strip()[:most] if isinstance(value, str) else ""


def whole(text: str, otherwise: int = 0) -> int:
    """A whole number of up to nine digits; anything else that somebody sends is ``otherwise``."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def version_of(form: FormData) -> int:
    """The version that the form was made from; 0, which is none, where it does not say."""
    return whole(text_of(form, "version", 9))


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request) -> Response:
        return RedirectResponse(HOMES.get(desk.visit(request).caller.role, "/cockpit"), 303)

    @router.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        asked = request.query_params.get("language")
        if asked is not None:
            response = RedirectResponse(_sign_in_address(request), 303)
            remember(response, LANGUAGE_COOKIE, language(asked), secure=container.settings.public_https)
            return response
        return _sign_in(desk, request)

    @router.post("/sign-in")
    def sign_in(request: Request, form: Sent) -> Response:
        now = container.clock.now()
        name, password = text_of(form, "name", 200), form.get("password")
        t = words(language(request.cookies.get(LANGUAGE_COOKIE)))
        try:
            grant = container.identities.sign_in(
                name, str(password or "")[:1_000], "session", now=now, address=address_of(request)
            )
        except Refused as refused:
            minutes = -(-int(str(refused.extra.get("seconds", 0))) // 60)
            wrong = t("失败次数太多，请 {n} 分钟后再试，或请管理员解除", n=minutes)
            return _sign_in(desk, request, name=name, wrong=wrong, target=text_of(form, "next"), status=429)
        if grant is None:
            wrong = t("用户名和密码对不上，请再看一遍")
            return _sign_in(desk, request, name=name, wrong=wrong, target=text_of(form, "next"), status=401)
        response = RedirectResponse(safe_next(text_of(form, "next") or "/"), 303)
        set_session(response, grant, container.settings)
        return response

    @router.post("/settings")
    def settings(form: Sent) -> Response:
        """Remember theme or language in a cookie, so that the server renders them: no flash, no script."""
        response = RedirectResponse(safe_next(text_of(form, "next") or "/"), 303)
        secure = container.settings.public_https
        if theme := text_of(form, "theme"):
            remember(response, THEME_COOKIE, "dark" if theme == "dark" else "light", secure=secure)
        if asked := text_of(form, "language"):
            remember(response, LANGUAGE_COOKIE, language(asked), secure=secure)
        return response

    _serve(router, desk)
    return router


def _serve(router: APIRouter, desk: Desk) -> None:
    @router.get("/static/{digest}/{name:path}")
    def static(request: Request, digest: str, name: str) -> Response:
        return desk.assets.answer(request, digest, name)

    @router.get("/favicon.ico")
    def favicon() -> Response:
        return RedirectResponse(desk.assets.url("icon.svg"), 307)


def remember(response: Response, name: str, value: str, *, secure: bool) -> None:
    response.set_cookie(name, value, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="lax")


def _sign_in(
    desk: Desk, request: Request, *, name: str = "", wrong: str = "", target: str = "", status: int = 200
) -> Response:
    visit = desk.visit(request)
    target = target or request.query_params.get("next", "/")
    other = "zh" if visit.t.lang == "en" else "en"
    address = request.url.include_query_params(language=other, next=safe_next(target))
    return desk.show(
        visit, "sign-in.html", status=status, name=name, wrong=wrong, next=safe_next(target),
        other_language=f"/sign-in?{address.query}",
    )  # fmt: skip


def _sign_in_address(request: Request) -> str:
    rest = request.url.remove_query_params("language").query
    return f"/sign-in?{rest}" if rest else "/sign-in"
