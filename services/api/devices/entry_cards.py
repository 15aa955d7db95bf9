"""Entry cards 入户卡: who keeps the key of a place, where the valve is, what not to do there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from sensors.kinds.entry_advice import ENTRY_ADVICE, Advice, Sentence
from services.api.container import Container
from services.api.door.auth import Caller, allow, user_of, within
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Shape
from services.api.tickets.tickets import UnmaskAsked, ticket_for
from services.api.words import AreaCode, Word, missing
from services.registry.domain import EntryCard, Permission, Wording
from services.tickets.domain import Ticket, masked
from streams.contracts import Device

Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Keeper = Annotated[Caller, Depends(allow(Permission.DEVICES))]
Worker = Annotated[Caller, Depends(allow(Permission.TICKETS))]
CHANGES: Final = documented(403, 409)
NO_ADVICE: Final = Advice((), ())


class CardShape(Shape):
    """A card; ``version`` 0 where nobody has written it, ``phone`` masked but for those who call back."""

    device: str
    area: str
    holder: str
    phone: str
    valve: str
    avoid: str
    version: int


class SentenceShape(Shape):
    zh: str
    en: str


class EntryCardShape(Shape):
    """``known`` puts the cards of the place and of the areas around it together; ``own`` is the place's alone.

    ``never`` and ``first`` are the same wherever that kind of device alarms.
    """

    known: CardShape
    own: CardShape
    never: list[SentenceShape]
    first: list[SentenceShape]
    unmaskable: bool = Field(description="Whether a ticket's POST …/key-holder would show the number, with a reason.")


class CardAsked(Asked):
    """The card as it shall be, and the version it is based on; a ``phone`` left out stays, with its key-holder."""

    version: int = Field(ge=0, le=2**31 - 1)
    holder: Word = Field(default="", examples=["楼长 王芳"])
    phone: Word | None = Field(default=None, examples=["138 0000 0000"])
    valve: Word = Field(default="", examples=["一层楼梯间燃气阀门箱"])
    avoid: Word = Field(default="", examples=["地下室有电动车充电棚，勿由此进入"])


def shown_to(caller: Caller, card: EntryCard) -> EntryCard:
    """The card as ``caller`` may see it unasked: whole to those who call back, else with its number masked."""
    return card if caller.may(Permission.CALLERS) else replace(card, phone=masked(card.phone))


def unmaskable(caller: Caller, card: EntryCard) -> bool:
    """Whether asking would show ``caller`` more of ``card``."""
    return card.phone != "" and caller.may(Permission.TICKETS) and not caller.may(Permission.CALLERS)


def advice_for(kind: str) -> Advice:
    """The fixed advice of a kind of device, none where there is none."""
    return ENTRY_ADVICE.get(kind, NO_ADVICE)


def known_of(container: Container, ticket: Ticket) -> EntryCard:
    """What is known of the place of a ticket."""
    return container.entry_cards.around(ticket.device, ticket.building or ticket.area)


def revealed(container: Container, caller: Caller, ticket: str, why: str) -> tuple[Ticket, EntryCard]:
    """The card of a ticket's place with the key-holder's number, for a person who sees the ticket and says why.

    Raises:
        ProblemError, Refused: as :func:`ticket_for` and the use case say.
    """
    found, _ = ticket_for(container, caller, ticket)
    area = found.building or found.area
    by = user_of(caller)
    return found, container.entry_cards.reveal(found.device, area, by=by, why=why, number=found.number)


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["entry cards"], responses=PROBLEMS)
    cards = container.entry_cards

    @routes.get("/devices/{device}/entry-card")
    def get_device_card(caller: Watcher, device: Annotated[Word, Path()]) -> EntryCardShape:
        """What is known of a device's place, and its own card."""
        return _of_device(container, caller, _device(container, caller, device))

    @routes.put("/devices/{device}/entry-card", responses=CHANGES)
    def put_device_card(caller: Keeper, device: Annotated[Word, Path()], asked: CardAsked) -> EntryCardShape:
        """Write a device's own card: 409 where somebody else was quicker."""
        found = _device(container, caller, device)
        cards.write(_wording(asked), asked.version, by=user_of(caller), device=found.id)
        return _of_device(container, caller, found)

    @routes.get("/areas/{code}/entry-card")
    def get_area_card(caller: Watcher, code: Annotated[AreaCode, Path()]) -> EntryCardShape:
        """What is known of an area, and its own card."""
        within(caller, code, f"Area {code}")
        return _shape(caller, cards.around("", code), cards.of(area=code), NO_ADVICE)

    @routes.put("/areas/{code}/entry-card", responses=CHANGES)
    def put_area_card(caller: Keeper, code: Annotated[AreaCode, Path()], asked: CardAsked) -> EntryCardShape:
        """Write the card of a building or a wider area: 409 where somebody else was quicker."""
        cards.write(_wording(asked), asked.version, by=user_of(caller), area=code)
        return _shape(caller, cards.around("", code), cards.of(area=code), NO_ADVICE)

    @routes.get("/tickets/{ticket}/entry-card")
    def get_ticket_card(caller: Worker, ticket: Annotated[Word, Path()]) -> EntryCardShape:
        """What whoever goes to a ticket's place has to know before they go in."""
        found, _ = ticket_for(container, caller, ticket)
        return _of_ticket(container, caller, found, shown_to(caller, known_of(container, found)))

    @routes.post("/tickets/{ticket}/key-holder", responses=documented(403, 422))
    def post_key_holder(caller: Worker, ticket: Annotated[Word, Path()], asked: UnmaskAsked) -> EntryCardShape:
        """The same with the key-holder's number, for a reason; who asked, when and why is in the audit log."""
        found, card = revealed(container, caller, ticket, asked.reason)
        return _of_ticket(container, caller, found, card)

    return routes


def _device(container: Container, caller: Caller, device: str) -> Device:
    found = container.devices.get_device(device)
    if found is None:
        raise missing("device", device)
    within(caller, found.area, f"Device {device}")
    return found


def _of_device(container: Container, caller: Caller, device: Device) -> EntryCardShape:
    known = container.entry_cards.around(device.id, device.building or device.area)
    return _shape(caller, known, container.entry_cards.of(device=device.id), advice_for(device.kind))


def _of_ticket(container: Container, caller: Caller, ticket: Ticket, known: EntryCard) -> EntryCardShape:
    place = {"device": ticket.device} if ticket.device else {"area": ticket.building or ticket.area}
    own = container.entry_cards.of(**place)
    shape = _shape(caller, known, own, advice_for(ticket.kind))
    return shape.model_copy(update={"known": _card(known)})


def _shape(caller: Caller, known: EntryCard, own: EntryCard, advice: Advice) -> EntryCardShape:
    return EntryCardShape(
        known=_card(shown_to(caller, known)),
        own=_card(shown_to(caller, own)),
        never=_sentences(advice.never),
        first=_sentences(advice.first),
        unmaskable=unmaskable(caller, known),
    )


def _card(card: EntryCard) -> CardShape:
    return CardShape(
        device=card.device, area=card.area, holder=card.holder, phone=card.phone, valve=card.valve, avoid=card.avoid,
        version=card.version,
    )  # fmt: skip


def _sentences(sentences: Sequence[Sentence]) -> list[SentenceShape]:
    return [SentenceShape(zh=sentence.zh, en=sentence.en) for sentence in sentences]


def _wording(asked: CardAsked) -> Wording:
    return Wording(asked.holder, asked.phone, asked.valve, asked.avoid)
