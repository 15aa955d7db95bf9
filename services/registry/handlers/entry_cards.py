"""Entry cards: read by who works on tickets, written by who keeps devices, their telephone shown for a reason."""

from dataclasses import dataclass

from services.audit import Did, Entry, checked_reason, said
from services.ports import Clock
from services.registry.domain import EntryCard, Permission, User, Wording, may
from services.registry.domain.entry_cards import areas_around, changes_of, combined, rewritten
from services.registry.ports import DeviceStore, EntryCardStore
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class KeepEntryCards:
    """Reads and writes the entry cards of devices and areas."""

    store: EntryCardStore
    devices: DeviceStore
    clock: Clock

    def around(self, device: str, area: str) -> EntryCard:
        """What is known of a place: by ``device``'s card, ``area``'s and those of the areas around it."""
        return combined(self.store.cards(device, areas_around(area)))

    def of(self, *, device: str = "", area: str = "") -> EntryCard:
        """The card of this very device or area; version 0 where nobody has written one."""
        found = self.store.cards(device, (area,) if area else ())
        return found[0] if found else EntryCard(device=device, area=area)

    def write(self, wording: Wording, version: int, *, by: User, device: str = "", area: str = "") -> EntryCard:
        """Write the card of a device or an area over its ``version``; 0 is none yet.

        Raises:
            Refused: ``not_found``; ``role`` or ``scope``; ``fields``; ``version``, with the ``current`` one.
        """
        self._allow(by, self._place(device, area))
        before = self.of(device=device, area=area)
        if before.version != version:
            raise _stale(before)
        after = rewritten(before, wording)
        detail = said(fields=changes_of(before, after), version=after.version)
        entry = Entry(self.clock.now(), by.id, Did.ENTRY_CARD, after.subject, detail, str(by.role))
        if not self.store.put(after, entry=entry):
            raise _stale(self.of(device=device, area=area))
        return after

    def reveal(self, device: str, area: str, *, by: User, why: str, number: str) -> EntryCard:
        """What is known of a place with the key-holder's telephone, after the log has kept who saw it and why.

        ``number`` is the ticket's that they work on.

        Raises:
            Refused: ``fields``, no reason; ``not_found``, there is no telephone; ``role``, they work on no tickets.
        """
        reason = checked_reason(why)
        if not may(by, Permission.TICKETS):
            raise Refused("role", f"the role {by.role} may not see a key-holder's number", field="role", value=by.role)
        card = self.around(device, area)
        if not card.phone:
            raise Refused("not_found", "no entry card of this place has a telephone number", field="phone", value="")
        detail = said(fields=["phone"], number=number, why=reason)
        self.store.note(Entry(self.clock.now(), by.id, Did.UNMASK, f"entry card {card.subject}", detail, str(by.role)))
        return card

    def _place(self, device: str, area: str) -> str:
        """The area that decides who may write the card."""
        if not device:
            if not self.devices.area_exists(area):
                raise Refused("not_found", f"no area {area} is registered", field="area", value=area)
            return area
        found = self.devices.get_device(device)
        if found is None:
            raise Refused("not_found", f"no device {device} is registered", field="device", value=device)
        return found.area

    @staticmethod
    def _allow(by: User, area: str) -> None:
        if not may(by, Permission.DEVICES):
            raise Refused("role", f"the role {by.role} may not write entry cards", field="role", value=by.role)
        if not may(by, Permission.DEVICES, area):
            raise Refused("scope", f"area {area} lies outside your area {by.scope}", field="area", value=area)


def _stale(card: EntryCard) -> Refused:
    return Refused(
        "version", f"the entry card has changed since; it is at version {card.version} now", current=card.version
    )
