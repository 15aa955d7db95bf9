"""How this interface says no: a list of codes and descriptions in the form that was asked for.

The status is 404 for what does not exist, 403 for the key, and 400 for everything else; the code of an entry is more
exact where the platform's own is (GeoReport v2, "Errors").
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.answers import of_http, of_invalid, of_refused, of_unavailable
from services.api.open311.writing import Format, answered
from services.api.problems import Problem, ProblemError
from streams.contracts import Refused, Unavailable

KEPT: Final = frozenset({403, 404})
EXPECTED: Final = (ProblemError, Refused, Unavailable, RequestValidationError, HTTPException)


class NoReportError(Exception):
    """One or several reasons, each a code and a description for the person who filled the form in."""

    def __init__(self, status: int, reasons: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(text for _, text in reasons))
        self.status = status
        self.reasons = tuple(reasons)


def wrong(status: int, *descriptions: str) -> NoReportError:
    """An error to raise, with the status as the code of each reason."""
    return NoReportError(status, [(status, text) for text in descriptions])


class GeoReportRoute(APIRoute):
    """A route whose every foreseen error is a list of errors."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except NoReportError as error:
                return refusal(request, error)
            except EXPECTED as error:
                return refusal(request, _of_problem(_problem(error)))

        return handled


def refusal(request: Request, error: NoReportError) -> Response:
    """XML is the format that every client knows; it is also the answer to one that asked for none."""
    form = Format.JSON if request.url.path.endswith(".json") else Format.XML
    reasons = [{"code": code, "description": text} for code, text in error.reasons]
    return answered(form, "errors", reasons, status=error.status)


def _problem(error: Exception) -> Problem:
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, Refused):
        return of_refused(error)
    if isinstance(error, RequestValidationError):
        return of_invalid(error.errors())
    if isinstance(error, HTTPException):
        return of_http(error)
    return of_unavailable()


def _of_problem(problem: Problem) -> NoReportError:
    status = problem.status if problem.status in KEPT else 400
    return NoReportError(status, [(problem.status, f"{problem.detail} {problem.remedy}".strip())])
