"""What a group's alarm hides, told to the first stage as acts on its devices (ADR 22)."""

from collections.abc import Mapping

from streams.contracts import Action, ActionName
from streams.rules import Slot

Hidden = tuple[str, tuple[str, ...]]
"""A device's grid, and its rules that are hidden."""


def acts(before: Mapping[str, Hidden], wanted: Mapping[str, Hidden], slot: Slot, now: int) -> list[Action]:
    """What has to be said so that ``wanted`` is hidden and nothing else; the same again has the same ids."""
    told: list[Action] = []
    for device in sorted({*before, *wanted}):
        old, new = before.get(device), wanted.get(device)
        if old == new:
            continue
        if old is not None:
            told += _told(ActionName.UNSUPPRESS, slot, device, old, now)
        if new is not None:
            told += _told(ActionName.SUPPRESS, slot, device, new, now)
    return told


def _told(action: ActionName, slot: Slot, device: str, hidden: Hidden, now: int) -> list[Action]:
    grid, rules = hidden
    return [
        Action(
            id=f"{slot.episode}-{slot.number}:{action}:{device}:{rule}",
            action=action,
            grid=grid,
            device=device,
            rule=rule,
            episode="",
            by=slot.episode,
            at=now,
            why=slot.rule,
        )
        for rule in rules
    ]
