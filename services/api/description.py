"""The OpenAPI description of the JSON API, complete with its problems and ways to sign in.

``docs/openapi.json`` is its golden file; a test keeps the two in step.
"""

import functools
import json
import re
from typing import Any, Final, cast

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from services.api.door.auth import Signed
from services.api.examples import explain
from services.api.problems import ProblemBody
from services.api.shapes import PREFIX
from streams.contracts.schemas import asyncapi

SUMMARY: Final = """\
Sensors of old housing estates, their alarms, and the 12345 ticket loop.

Every list answers `{"items": […], "next": cursor or null}`; give `next` back as `cursor`. Times are epoch
milliseconds (UTC); `from` and `to` also take ISO 8601 with a zone. Every error is an RFC 9457 problem
that names the field, the value and the remedy, in English and, as `zh`, in Chinese. A POST that creates takes
an `Idempotency-Key`. What you see is what lies in your area. `POST /api/v1/tokens`
exchanges name and password for a bearer token.
"""
SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of POST /api/v1/tokens."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "linli_session",
        "description": "The pages' session; changes also need the X-CSRF-Token header.",
    },
}
MODULE: Final = re.compile(r"\bservices__\w+")
OPEN: Final = frozenset({("/api/v1/health", "get"), ("/api/v1/tokens", "post")})


def described(app: FastAPI) -> dict[str, Any]:
    """The description as a JSON object."""
    made = get_openapi(
        title=app.title, version=app.version, description=SUMMARY, routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    components = made.setdefault("components", {})
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {})["ProblemBody"] = schema
    components["securitySchemes"] = SECURITY
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            explain(operation)
            operation["security"] = [] if (path, method) in OPEN else [{"bearer": []}, {"session": []}]
    return _without_modules(made)


def _without_modules(made: dict[str, Any]) -> dict[str, Any]:
    """Shapes of one name told apart by their noun (``TicketsState``) and not, as FastAPI does, by where our code lies.

    Raises:
        ValueError: Two shapes would still have one name.
    """
    plain = {name: _noun(name) for name in made["components"]["schemas"] if "__" in name}
    names = [plain.get(name, name) for name in made["components"]["schemas"]]
    if len(set(names)) < len(names):
        raise ValueError(f"shapes of one name: {plain}")
    return cast("dict[str, Any]", json.loads(MODULE.sub(lambda found: plain[found[0]], json.dumps(made))))


def _noun(name: str) -> str:
    """``services__api__alarms__ladders__NoticeShape`` is ``LaddersNoticeShape``; a service's own type has its name."""
    _, service, *modules, shape = name.split("__")
    return (modules[-1] if service == "api" else service).title() + shape


def text(app: FastAPI) -> str:
    """The description as it stands in ``docs/openapi.json``."""
    return json.dumps(described(app), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def router(app: FastAPI) -> APIRouter:
    """``GET /api/v1/openapi.json`` and ``asyncapi.json``, made at the first request, off the event loop."""
    routes = APIRouter(prefix=PREFIX, include_in_schema=False)
    written = functools.cache(lambda: text(app))
    topics = functools.cache(asyncapi.text)

    @routes.get("/openapi.json")
    def openapi(_: Signed) -> Response:
        return Response(written(), media_type="application/json")

    @routes.get("/asyncapi.json")
    def events(_: Signed) -> Response:
        return Response(topics(), media_type="application/json")

    return routes
