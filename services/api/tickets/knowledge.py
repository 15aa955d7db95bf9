"""Answers: the hotline's knowledge base, versioned, and found while somebody types."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import Text, Word, missing
from services.registry.domain import Permission
from services.tickets.domain.board import Answer
from services.tickets.handlers import Kept

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
MOST = 100


class AnswerQuery(BaseModel):
    """What the caller asks, as far as it is typed; with nothing the newest entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Text = Field(default="", examples=["居住证去哪里办"])
    category: Word = ""
    limit: int = Field(default=20, ge=1, le=MOST)


class AnswerAsked(Asked):
    """An entry. ``version`` is the one that was changed, 0 for a new one; ``retired``: no longer said."""

    question: Text = Field(min_length=1, examples=["居住证去哪里办理？"])
    text: Text = Field(min_length=1, examples=["带身份证到户籍地派出所，三个工作日内办好。"])
    category: Word = ""
    retired: bool = False
    version: int = Field(default=0, ge=0, le=1_000_000)


class AnswerShape(Shape):
    """One version of an entry; ``cite`` is how a direct answer names it."""

    id: str
    version: int
    cite: str = Field(examples=["a1@3"])
    question: str
    text: str
    category: str
    retired: bool
    at: int
    by: str


def answer_of(kept: Kept[Answer]) -> AnswerShape:
    return AnswerShape(
        id=kept.id,
        version=kept.version,
        cite=f"{kept.id}@{kept.version}",
        question=kept.what.question,
        text=kept.what.text,
        category=kept.what.category,
        retired=kept.what.retired,
        at=kept.at,
        by=kept.by,
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["answers"], responses=PROBLEMS)

    @routes.get("/answers")
    def list_answers(_: Reader, query: Annotated[AnswerQuery, Parameters()]) -> Listed[AnswerShape]:
        """Entries that fit what was typed, best first; retired ones are left out."""
        return each(container.answers.listed(text=query.text, category=query.category, limit=query.limit), answer_of)

    @routes.get("/answers/{answer}/versions")
    def list_answer_versions(_: Reader, answer: Annotated[Word, Path()]) -> Listed[AnswerShape]:
        """Every version of an entry, oldest first."""
        found = container.answers.versions(answer)
        if not found:
            raise missing("answer", answer)
        return each(found, answer_of)

    @routes.post("/answers", status_code=201, responses=documented(403, 409))
    def post_answer(
        caller: Reader, asked: AnswerAsked, idempotency_key: Annotated[Word | None, Header()] = None
    ) -> AnswerShape:
        """A new entry: operators, supervisors and administrators."""
        return answer_of(keep_answer(container, caller, asked, key=idempotency_key or ""))

    @routes.put("/answers/{answer}", responses=documented(403, 409))
    def put_answer(caller: Reader, answer: Annotated[Word, Path()], asked: AnswerAsked) -> AnswerShape:
        """The next version of an entry; 409 where somebody changed it meanwhile."""
        return answer_of(keep_answer(container, caller, asked, answer))

    return routes


def keep_answer(
    container: Container, caller: Caller, asked: AnswerAsked, named: str = "", key: str = ""
) -> Kept[Answer]:
    """Raises: ProblemError, 404; Refused, ``forbidden``, ``fields``, ``conflict``."""
    if named and not container.answers.versions(named):
        raise missing("answer", named)
    answer = Answer(asked.question, asked.text, asked.category, asked.retired)
    return container.answers.keep(answer, who=actor(caller), named=named, seen=asked.version, key=key)
