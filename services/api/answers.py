"""How an error becomes an answer: problem details for programs, a page for a person's browser."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.api.problems import Problem, ProblemError, shown
from streams.contracts import Refused, Unavailable

ProblemPage = Callable[[Request, Problem], Response]

STATUSES: Final = {
    "cursor": 400,
    "not_found": 404,
    "not-found": 404,
    "unknown": 404,
    "role": 403,
    "scope": 403,
    "forbidden": 403,
    "invalid": 422,
    "fields": 422,
    "policy": 422,
    "calendar": 422,
    "file": 422,
    "conflicts": 422,
    "outside": 422,
    "picture": 422,
    "media": 415,
    "too_large": 413,
    "expired": 410,
    "used": 410,
    "crowded": 429,
    "locked": 429,
}
"""A use case's code as a status; any other is 409, a conflict with what is."""
STALE: Final = frozenset({"conflict", "version"})
REMEDIES: Final = {
    400: "Correct the request and send it again.",
    403: "Ask someone who may, or an administrator.",
    404: "Look at the list above it; GET /api/v1/openapi.json names every address.",
    405: "Use a method from the Allow header.",
    409: "Read it again, then decide.",
    410: "Ask for a new one.",
    413: "Send less at once.",
    415: "Send application/json.",
    422: "Correct the named field and send it again.",
    429: "Send it again in a minute.",
}


def for_a_person(request: Request) -> bool:
    """Whether a browser shows the answer as a page: neither the API nor a script's fetch."""
    return (
        not request.url.path.startswith("/api/")
        and "text/html" in request.headers.get("accept", "")
        and "hx-request" not in request.headers
    )


def answer(request: Request, problem: Problem) -> Response:
    """The response for ``problem`` in the form that the caller reads."""
    dialects: Sequence[tuple[str, ProblemPage]] = getattr(request.app.state, "dialects", ())
    for prefix, said in dialects:
        if request.url.path.startswith(prefix):
            return said(request, problem)
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is not None and for_a_person(request):
        return page(request, problem)
    return problem.response()


def of_refused(refused: Refused) -> Problem:
    """A use case's refusal: its code decides the status, 409 unless it says otherwise."""
    extra = dict(refused.extra)
    status = STATUSES.get(refused.code, 409)
    field = str(extra.pop("field", "") or _named(extra) or ("cursor" if refused.code == "cursor" else ""))
    value = shown(extra.pop("value", ""))
    remedy = str(extra.pop("remedy", ""))
    if refused.code in STALE:
        current = extra.get("version", extra.get("current"))
        if current is not None:
            field, extra = "version", {**extra, "version": current, "current": current}
            remedy = remedy or f"Read it again; then send version {current}."
    allowed = extra.get("allowed")
    if not remedy and isinstance(allowed, list) and allowed:
        remedy = f"Use one of: {', '.join(map(str, allowed))}."
    wait = extra.get("seconds")
    headers = {"Retry-After": str(wait)} if status == 429 and isinstance(wait, int) else {}
    return Problem(status, refused.code, refused.detail, remedy or REMEDIES[status], field, value, extra, headers)


def _named(extra: dict[str, object]) -> str:
    """The first field among those that a use case found missing, unknown or wrong."""
    for key in ("missing", "unknown", "wrong"):
        names = extra.get(key)
        if isinstance(names, list) and names:
            return str(names[0])
    return ""


def of_invalid(errors: Sequence[Any]) -> Problem:
    """A request that does not fit its model: the first error is named, the rest listed."""
    listed = [_one(error) for error in errors]
    first = listed[0]
    more: dict[str, object] = {"errors": listed} if len(listed) > 1 else {}
    return Problem(
        422, "invalid", f"{first['field']}: {first['detail']}", first["remedy"], first["field"], first["value"], more
    )


def _one(error: dict[str, Any]) -> dict[str, str]:
    place = [str(part) for part in error["loc"]]
    where, names = (place[0], place[1:]) if place else ("request", [])
    field = ".".join(names) or where
    kind, context = str(error["type"]), error.get("ctx", {})
    said = str(error["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        remedy = f"Leave {field} out; GET /api/v1/openapi.json lists the {where} fields of this address."
    elif kind == "missing":
        remedy = f"Add {field} to the {where}."
    elif kind in {"enum", "literal_error"}:
        remedy = f"Use one of: {context.get('expected', '')}."
    elif kind == "json_invalid":
        field, remedy = "body", "Send valid JSON in UTF-8."
    else:
        remedy = f"{said}."
    value = "" if kind == "missing" else shown(error.get("input", ""))
    return {"field": field, "value": value, "detail": said, "remedy": remedy}


def of_http(error: HTTPException) -> Problem:
    """The framework's own refusals: no such address, wrong method, body too large."""
    status = error.status_code
    code = {404: "not_found", 405: "method", 413: "too_large"}.get(status, "http")
    remedy = REMEDIES.get(status, "GET /api/v1/openapi.json describes every address.")
    return Problem(status, code, str(error.detail), remedy, headers=dict(error.headers or {}))


def of_unavailable() -> Problem:
    return Problem(
        503,
        "unavailable",
        "A server behind this address does not answer at the moment.",
        "Nothing was lost; send the same request again in a few seconds.",
        headers={"Retry-After": "5"},
    )


def of_bug(code: str) -> Problem:
    """What an unforeseen error shows: a code to quote, never a trace."""
    return Problem(
        500,
        "internal",
        "Something here failed that should not; it has been logged.",
        f"Try again once; if it stays, tell the operators the code {code}.",
        extra={"incident": code},
    )


def install(app: FastAPI) -> None:
    """Answer every expected error through :func:`answer`."""

    def handler(translate: Callable[[Any], Problem]) -> Any:
        return lambda request, error: answer(request, translate(error))

    app.add_exception_handler(ProblemError, handler(lambda error: error.problem))
    app.add_exception_handler(Refused, handler(of_refused))
    app.add_exception_handler(Unavailable, handler(lambda _: of_unavailable()))
    app.add_exception_handler(RequestValidationError, handler(lambda error: of_invalid(error.errors())))
    app.add_exception_handler(HTTPException, handler(of_http))
