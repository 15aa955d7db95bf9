"""The audit log as people read it: who signed in, saw a masked caller, changed a rule or a deadline."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, refuse
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.words import Moment, Query, Word, place
from services.audit import AuditFilter, Did, Kept, detail_of
from services.paging import Page
from services.registry.domain import Permission

Auditor = Annotated[Caller, Depends(allow(Permission.AUDIT))]
KEY = (int, str, int)


class AuditQuery(Query):
    """``by`` a sign-in name; ``from`` is included, ``to`` is not."""

    by: Word = Field(default="", examples=["operator"])
    did: Did | None = None
    subject: Word = Field(default="", examples=["rule gas.ch4"])
    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")


class AuditShape(Shape):
    """One entry; ``at`` epoch ms, ``hash`` hexadecimal, ``number`` its place in its ``chain``."""

    chain: str = Field(examples=["tickets"])
    number: int
    at: int
    by: str
    role: str
    did: str = Field(examples=["unmask"])
    subject: str
    detail: dict[str, Any]
    hash: str


def entry_of(entry: Kept) -> AuditShape:
    return AuditShape(
        chain=entry.chain, number=entry.number, at=entry.at, by=entry.by, role=entry.role, did=entry.did,
        subject=entry.subject, detail=dict(detail_of(entry)), hash=entry.hash.hex(),
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["audit"], responses=PROBLEMS)

    @routes.get("/audit")
    def list_audit(caller: Auditor, query: Annotated[AuditQuery, Parameters()]) -> Listed[AuditShape]:
        """Entries of every chain, newest first: for supervisors and administrators of the whole district."""
        return listed(read(container, caller, filters_of(query), query.cursor, query.limit), entry_of)

    return routes


def filters_of(query: AuditQuery) -> AuditFilter:
    return AuditFilter(query.by, query.did or "", query.subject, query.start, query.end)


def read(container: Container, caller: Caller, filters: AuditFilter, cursor: str | None, limit: int) -> Page[Kept]:
    """One page of the log.

    Raises:
        ProblemError: 403, the caller answers for a part of the district only.
        Refused: ``cursor``.
    """
    if caller.scope:
        raise refuse(
            403, "scope", f"The audit log is of the whole district, and your area is {caller.scope}.",
            "Ask a supervisor or an administrator whose area is the district.", field="area", value=caller.scope,
        )  # fmt: skip
    return container.audit.list_entries(filters, limit=limit, after=place(cursor, KEY))
