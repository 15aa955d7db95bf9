"""Signing in and out by browser: the session cookie, and the demo's one-click links."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from services.adapters.demo_links import read_demo_link_token
from services.api.container import Container
from services.api.door.auth import Grant, Signed
from services.api.problems import refuse
from services.api.settings import ApiSettings


def cookie_name(settings: ApiSettings) -> str:
    """``__Host-`` binds the cookie to this host, where https allows it."""
    return "__Host-linli_session" if settings.public_https else "linli_session"


def set_session(response: Response, grant: Grant, settings: ApiSettings) -> None:
    """Hand ``grant`` to the browser, out of reach of scripts and other sites."""
    response.set_cookie(
        cookie_name(settings),
        grant.token,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=settings.public_https,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, settings: ApiSettings) -> None:
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.public_https, httponly=True, samesite="lax")


def safe_next(target: str) -> str:
    """``target`` where it is a path of this platform, else the start page: no open redirect."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local and "\\" not in target else "/"


def router(container: Container) -> APIRouter:
    """``GET /sign-in/demo`` and ``POST /sign-out``; the sign-in form itself is a page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in/demo")
    def sign_in_demo(token: Annotated[str, Query()] = "", next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002 - the address says next
        settings, now = container.settings, container.clock.now()
        secret = settings.session_secret.get_secret_value()
        role = read_demo_link_token(secret, token, now) if settings.demo else None
        grant = container.identities.sign_in_as(role, now=now) if role else None
        if grant is None:
            raise refuse(
                403,
                "demo_link",
                "This sign-in link is wrong, too old, or not of this demo.",
                "Take a fresh link from ./linli status, or sign in by name and password.",
                field="token",
            )
        response = RedirectResponse(safe_next(next), 303)
        set_session(response, grant, settings)
        return response

    @routes.post("/sign-out")
    def sign_out(caller: Signed) -> Response:
        container.identities.sign_out(caller, now=container.clock.now())
        response = RedirectResponse("/sign-in", 303)
        clear_session(response, container.settings)
        return response

    return routes
