"""People as administrators keep them: entries, passwords that are good once, lock-outs; and one's own password."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, Signed, address_of, allow, user_of
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.words import AreaCode, Word
from services.registry.domain import Permission, Role, User
from services.registry.domain.staff import Changes, Lock

COMMANDS: Final = uuid.UUID("5d0a4b0e-6f6f-4d2b-9c57-7a4a3a0f5d1e")
Administrator = Annotated[Caller, Depends(allow(Permission.PEOPLE))]
Name = Annotated[Word, Path()]
CHANGES: Final = documented(403, 409)


class PersonShape(Shape):
    """A person. ``scope`` is an area-code prefix, '' the whole district; ``unit`` whose people they are of.

    ``once_until``, epoch ms: the password was given to them and is good until then; null where it is their own.
    """

    id: str = Field(examples=["chen.qiang"])
    name: str = Field(examples=["陈强"])
    role: Role
    scope: str
    unit: str
    active: bool
    version: int
    once_until: int | None


class NewPerson(Asked):
    """Somebody who shall be able to sign in, once a password is given."""

    id: Word = Field(min_length=1, examples=["chen.qiang"])
    name: Word = Field(min_length=1, examples=["陈强"])
    role: Role
    scope: AreaCode = ""
    unit: Word = Field(default="", examples=["gas-repair"])


class ChangedPerson(Asked):
    """What to change of the entry as it was at ``version``; ``active`` false takes every session away at once."""

    version: int = Field(ge=1, le=2**31 - 1)
    name: Word | None = None
    role: Role | None = None
    scope: AreaCode | None = None
    unit: Word | None = None
    active: bool | None = None


class GivenShape(Shape):
    """A password that is readable in this answer only; ``until`` epoch ms."""

    person: str
    password: str
    until: int


class ChosenShape(Shape):
    """Whose password was replaced."""

    person: str


class LockShape(Shape):
    """Whose next sign-in is not looked at before ``until``, epoch ms; ``name`` '' where the name is nobody's."""

    kind: str = Field(examples=["account"])
    name: str
    until: int


class ReleaseAsked(Asked):
    """The lock to end."""

    kind: Word = Field(pattern="^(account|address)$", examples=["account"])
    name: Word = Field(min_length=1, examples=["operator"])


class OwnPassword(Asked):
    """The password that was signed in with, and the one to replace it."""

    current: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200)


def person_of(user: User) -> PersonShape:
    return PersonShape(
        id=user.id, name=user.name, role=user.role, scope=user.scope, unit=user.unit, active=user.active,
        version=user.version, once_until=user.once_until,
    )  # fmt: skip


def lock_of(lock: Lock) -> LockShape:
    return LockShape(kind=lock.kind, name=lock.name, until=lock.until)


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["people"], responses=PROBLEMS)
    staff = container.staff

    @routes.get("/people")
    def list_people(caller: Administrator) -> Listed[PersonShape]:
        """Everybody who has an entry, by sign-in name."""
        return each(staff.listed(by=user_of(caller)), person_of)

    @routes.get("/people/{person}")
    def get_person(caller: Administrator, person: Name) -> PersonShape:
        """One person's entry."""
        return person_of(staff.get(person, by=user_of(caller)))

    @routes.post("/people", status_code=201, responses=CHANGES)
    def post_person(
        caller: Administrator,
        asked: NewPerson,
        response: Response,
        idempotency_key: Annotated[Word | None, Header()] = None,
    ) -> PersonShape:
        """Make an entry; the person signs in once a password has been given."""
        wanted = User(asked.id, asked.name, asked.role, asked.scope, asked.unit)
        command = command_of(container, caller, idempotency_key)
        made = staff.create(wanted, by=user_of(caller), command=command)
        response.headers["Location"] = f"{PREFIX}/people/{made.id}"
        return person_of(made)

    @routes.patch("/people/{person}", responses=CHANGES)
    def patch_person(caller: Administrator, person: Name, asked: ChangedPerson) -> PersonShape:
        """Change name, role, scope or unit, disable or enable; it holds from the person's next request."""
        changes = Changes(asked.name, asked.role, asked.scope, asked.unit, asked.active)
        return person_of(staff.change(person, changes, seen=asked.version, by=user_of(caller)))

    @routes.post("/people/{person}/password", responses=documented(403, 422))
    def post_password(caller: Administrator, person: Name, response: Response) -> GivenShape:
        """Give a new password, shown this once: every session ends, and the first sign-in chooses another."""
        response.headers["Cache-Control"] = "no-store"
        given = staff.give_password(person, by=user_of(caller))
        return GivenShape(person=given.person.id, password=given.password, until=given.until)

    @routes.get("/sign-in-locks")
    def list_locks(caller: Administrator) -> Listed[LockShape]:
        """Names and addresses that failed too often, the one that is locked longest first."""
        return each(staff.locks(by=user_of(caller)), lock_of)

    @routes.post("/sign-in-locks/release", responses=documented(403))
    def post_release(caller: Administrator, asked: ReleaseAsked) -> Listed[LockShape]:
        """End a lock at once; returns those that are left."""
        staff.release(asked.kind, asked.name, by=user_of(caller))
        return each(staff.locks(by=user_of(caller)), lock_of)

    @routes.put("/me/password", responses=documented(422, 429))
    def put_password(request: Request, caller: Signed, asked: OwnPassword) -> ChosenShape:
        """Replace one's own password; other sessions and tokens end, this one stays."""
        staff.choose_password(caller.id, asked.current, asked.password, csrf=caller.csrf, address=address_of(request))
        return ChosenShape(person=caller.id)

    return routes


def command_of(container: Container, caller: Caller, key: str | None) -> str:
    """The command of a request; without a key every request is its own."""
    return str(uuid.uuid5(COMMANDS, f"{caller.id} {key}")) if key else container.ids.new()
