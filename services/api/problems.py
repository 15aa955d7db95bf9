"""RFC 9457 problem details: the one shape in which this API says no.

Every answer with a status of 400 or more is ``application/problem+json`` with ``type``, ``title``,
``status``, ``detail`` and ``remedy``, both in Chinese as ``zh``, and, where one is to blame, ``field``
and ``value``; extra members carry what the caller needs to go on (``allowed`` actions, the ``current``
version).
"""

import dataclasses
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from services.api.language.problem_words import in_chinese

MEDIA_TYPE: Final = "application/problem+json"
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, what was given, and what would work."""

    status: int
    code: str
    detail: str
    remedy: str
    field: str = ""
    value: str = ""
    extra: dict[str, object] = dataclasses.field(default_factory=dict)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def body(self) -> dict[str, Any]:
        named = {"field": self.field, "value": self.value} if self.field else {}
        return {
            "type": f"urn:linli:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
            "zh": in_chinese(self.code, self.field, self.value, self.extra),
            **named,
            **self.extra,
        }

    def response(self) -> JSONResponse:
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(self.body(), self.status, headers=headers, media_type=MEDIA_TYPE)


class ProblemBody(BaseModel):
    """RFC 9457 problem details, with the remedy and, where one is to blame, the field and its value."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:linli:problem:invalid"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid"])
    detail: str = Field(examples=["limit: Input should be less than or equal to 1000"])
    remedy: str = Field(examples=["Input should be less than or equal to 1000."])
    zh: str = Field(description="Both in Chinese.", examples=["limit“5000” 不合要求：请按接口说明改正后再发。"])
    field: str | None = Field(default=None, examples=["limit"])
    value: str | None = Field(default=None, examples=["5000"])


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's ``responses`` for these statuses."""
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


PROBLEMS: Final = documented(400, 401, 403, 404, 422, 500, 503)
"""What every address may answer beside its own."""


class ProblemError(Exception):
    """Raised anywhere in an endpoint; answered as its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def shown(value: object) -> str:
    """A caller's value as it may be repeated to them: one line, bounded."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def refuse(status: int, code: str, detail: str, remedy: str, **more: Any) -> ProblemError:
    """A :class:`ProblemError` to raise."""
    return ProblemError(Problem(status, code, detail, remedy, **more))
