"""How this interface says no: a list of codes and descriptions in the form and the language that were asked for.

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
from services.api.open311.writing import Format, answered, spoken
from services.api.problems import Problem, ProblemError
from streams.contracts import Refused, Unavailable

KEPT: Final = frozenset({403, 404})
EXPECTED: Final = (ProblemError, Refused, Unavailable, RequestValidationError, HTTPException)
Both = tuple[str, str]
"""The same words in Chinese and in English."""
_IN_CHINESE: Final = {
    403: "这个 api_key 不能这样做。",
    404: "没有找到。",
    405: "这个地址不支持这种请求方法。",
    413: "内容太大，请少发一些。",
    422: "有内容没有写对，请改好再发。",
    429: "请求太频繁，请过一分钟再发。",
    500: "这里出了故障，已经记录；可以再试一次。",
    503: "后台暂时没有应答，请过几秒再发，数据没有丢失。",
}
"""What the platform's own refusals come to; their details, which are English, follow."""


class NoReportError(Exception):
    """One or several reasons, each a code and a description for the person who filled the form in."""

    def __init__(self, status: int, reasons: Sequence[tuple[int, Both]]) -> None:
        super().__init__("; ".join(english for _, (_, english) in reasons))
        self.status = status
        self.reasons = tuple(reasons)


def wrong(status: int, *descriptions: Both) -> NoReportError:
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
                return said(request, _problem(error))

        return handled


def said(request: Request, problem: Problem) -> Response:
    """A refusal of the platform's own, also where no route was reached: a wrong method, too large a body, a bug."""
    status = problem.status if problem.status in KEPT else 400
    chinese, english = _IN_CHINESE.get(problem.status, ""), f"{problem.detail} {problem.remedy}".strip()
    return refusal(request, NoReportError(status, [(problem.status, (f"{chinese}{english}", english))]))


def refusal(request: Request, error: NoReportError) -> Response:
    """XML is the format that every client knows; it is also the answer to one that asked for none."""
    form = Format.JSON if request.url.path.endswith(".json") else Format.XML
    chosen = 1 if spoken(request) == "en" else 0
    reasons = [{"code": code, "description": both[chosen]} for code, both in error.reasons]
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
