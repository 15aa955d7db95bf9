"""Bearer tokens for programs, and who a token is."""

from fastapi import APIRouter, Request
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Signed, address_of
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Asked, Shape


class SignIn(Asked):
    """A person's name and password."""

    name: str = Field(min_length=1, max_length=100, examples=["operator"])
    password: str = Field(min_length=1, max_length=200)


class TokenAnswer(Shape):
    """The token, shown this once; ``expires`` is epoch ms."""

    token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name
    expires: int
    user: str
    role: str


class Me(Shape):
    """The signed-in person; ``scope`` is an area-code prefix, '' the whole district."""

    id: str
    name: str
    role: str
    scope: str
    unit: str


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["people"], responses=PROBLEMS)

    @routes.post("/tokens", status_code=201, responses=documented(429))
    def make_token(request: Request, asked: SignIn) -> TokenAnswer:
        """Exchange name and password for a bearer token; 429 where too many tries failed, until ``until``."""
        grant = container.identities.sign_in(
            asked.name, asked.password, "api", now=container.clock.now(), address=address_of(request)
        )
        if grant is None:
            raise refuse(
                401,
                "password",
                "Name and password do not fit together.",
                "Check both; ./linli token ROLE prints a demo user's token.",
                field="name",
                value=asked.name,
                headers={"WWW-Authenticate": 'Bearer realm="linli"'},
            )
        return TokenAnswer(token=grant.token, expires=grant.expires, user=grant.user, role=grant.role)

    @routes.get("/me")
    def me(caller: Signed) -> Me:
        """Who the token or session belongs to."""
        return Me(id=caller.id, name=caller.name, role=caller.role, scope=caller.scope, unit=caller.unit)

    return routes
