"""Dead letters: what the platform could not understand, kept whole; look, fix, replay."""

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameters
from pydantic import Field
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.words import Moment, Query, Word, missing, place
from services.history.domain import Letter, LetterFilter
from services.history.handlers import replay_letter
from services.registry.domain import Permission

Engineer = Annotated[Caller, Depends(allow(Permission.DEAD_LETTERS))]
RAW: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The bytes as they came."}
}


class LetterQuery(Query):
    source: Word = Field(default="", examples=["gateway"])
    reason: Word = Field(default="", examples=["json"])
    replayed: bool | None = None
    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")


class LetterShape(Shape):
    """A refused message; ``payload`` is its beginning as text, ``payload_base64`` the same bytes."""

    id: str
    source: str = Field(examples=["gateway"])
    origin: str = Field(examples=["linli/v1/990101001001001/gas/gas-0007/telemetry"])
    reason: str = Field(examples=["json"])
    detail: str
    at: int
    size: int
    truncated: bool
    payload: str
    payload_base64: str
    trace: str
    replays: int
    replayed_at: int | None
    replayed_by: str | None


def letter_of(letter: Letter) -> LetterShape:
    return LetterShape(
        id=letter.id,
        source=letter.source,
        origin=letter.origin,
        reason=letter.reason,
        detail=letter.detail,
        at=letter.at,
        size=letter.size,
        truncated=letter.truncated,
        payload=letter.payload.decode("utf-8", "replace"),
        payload_base64=base64.b64encode(letter.payload).decode(),
        trace=letter.trace,
        replays=letter.replays,
        replayed_at=letter.replayed_at,
        replayed_by=letter.replayed_by,
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["dead letters"], responses=PROBLEMS)

    @routes.get("/dead-letters")
    def list_letters(caller: Engineer, query: Annotated[LetterQuery, Parameters()]) -> Listed[LetterShape]:
        """Refused messages, newest first."""
        filters = LetterFilter(query.source or None, query.reason or None, query.replayed, query.start, query.end)
        page = container.history.list_letters(
            filters, scope=caller.scope, limit=query.limit, after=place(query.cursor, (int, str))
        )
        return listed(page, letter_of)

    @routes.get("/dead-letters/{letter}")
    def get_letter(caller: Engineer, letter: Annotated[Word, Path()]) -> LetterShape:
        """One refused message, whole."""
        return letter_of(found(letter, caller))

    @routes.get("/dead-letters/{letter}/raw", response_class=Response, responses=RAW)
    def get_raw(caller: Engineer, letter: Annotated[Word, Path()]) -> Response:
        """Its bytes, as they came."""
        kept = found(letter, caller)
        headers = {"Content-Disposition": f'attachment; filename="{_file_name(kept.id)}.bin"'}
        return Response(kept.payload, media_type="application/octet-stream", headers=headers)

    @routes.post("/dead-letters/{letter}/replay", status_code=202, responses=documented(409))
    def replay(caller: Engineer, letter: Annotated[Word, Path()]) -> LetterShape:
        """Send it on its way again, with the time it first arrived."""
        found(letter, caller)
        replay_letter(
            container.letters, letter, by=caller.id, scope=caller.scope, clock=container.clock, ids=container.ids
        )
        return letter_of(found(letter, caller))

    def found(letter_id: str, caller: Caller) -> Letter:
        letter = container.history.get_letter(letter_id, scope=caller.scope)
        if letter is None:
            raise missing("dead letter", letter_id)
        return letter

    return routes


def _file_name(letter_id: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in letter_id)
