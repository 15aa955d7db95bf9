"""The first of the two proofs for closing: the sensor is normal, or something was shown in its place.

It has to have stayed normal; something shown counts where there is no sensor or it is dead. The
second proof is a person other than the handler. Neither alone closes a ticket.
"""

from enum import StrEnum
from typing import Final

from services.tickets.domain.ticket import Episode, Evidence, Ticket
from streams.contracts import Refused


class Proof(StrEnum):
    """What proof 1 rests on."""

    NONE = ""
    SENSOR = "sensor"
    EVIDENCE = "evidence"
    MASTER = "master"


class Lack(StrEnum):
    """Why the sensors do not prove that it is over."""

    UNWATCHED = "unwatched"
    ALARM = "still_alarming"
    LATCHED = "latched"
    ENDED = "ended_by_a_person"
    EARLY = "too_early"


def proof_one(ticket: Ticket, now: int) -> Proof:
    """Whether proof 1 stands at ``now``, and on what."""
    if ticket.told:
        return Proof.MASTER  # its matter was solved, and proved, on the ticket that it was merged into
    if sensor_stayed_normal(ticket, now):
        return Proof.SENSOR
    return Proof.EVIDENCE if _speaks_for_sensor(ticket, ticket.evidence) else Proof.NONE


def sensor_stayed_normal(ticket: Ticket, now: int) -> bool:
    """Every episode of the incident is over, and has been for as long as its rule asks."""
    since = ticket.sensor_normal_since
    return not ticket.sensor_active and since is not None and now - since >= ticket.normal_for_ms


def _speaks_for_sensor(ticket: Ticket, evidence: Evidence | None) -> bool:
    """Evidence counts where there is no sensor, where it is dead, or where a person ended its alarm."""
    if evidence is None:
        return False
    if not ticket.episodes or evidence.sensor_dead:
        return True
    return not ticket.sensor_active and ticket.sensor_normal_since is None


def would_prove(ticket: Ticket, evidence: Evidence, now: int) -> bool:
    """Whether finishing with ``evidence`` gives proof 1."""
    return sensor_stayed_normal(ticket, now) or (evidence.shown and _speaks_for_sensor(ticket, evidence))


def standing(ticket: Ticket) -> tuple[Episode, ...]:
    """The alarms that still stand, by device; a ticket is normal when none does, however many have ended."""
    return tuple(sorted((each for each in ticket.episodes if each.active), key=lambda each: (each.device, each.rule)))


def lacking(ticket: Ticket, now: int) -> Lack | None:
    """What the sensors, by themselves, do not prove at ``now``; None where they do."""
    if not ticket.episodes:
        return Lack.UNWATCHED
    if alarms := standing(ticket):
        return Lack.LATCHED if all(each.normal_since is not None for each in alarms) else Lack.ALARM
    if ticket.sensor_normal_since is None:
        return Lack.ENDED
    return None if sensor_stayed_normal(ticket, now) else Lack.EARLY


def unproved(ticket: Ticket, now: int) -> Refused:
    """The refusal of a step that needs proof 1: which devices, or which time, are in its way, and what helps."""
    lack = lacking(ticket, now) or Lack.UNWATCHED
    devices = list(dict.fromkeys(each.device for each in _behind(ticket, lack)))
    field = "photos" if lack is Lack.UNWATCHED else "signals"
    until = proved_from(ticket) if lack is Lack.EARLY else None
    value = str(until) if until is not None else ", ".join(devices)
    detail, remedy = _SAID[lack]
    left = (until - now + 999) // 1000 if until is not None else 0
    return Refused(
        "proof", detail.format(devices=value, left=left), because=str(lack), field=field, value=value,
        remedy=remedy, devices=devices, **({} if until is None else {"until": until}),
    )  # fmt: skip


def proved_from(ticket: Ticket) -> int | None:
    """From when on the sensors prove it, epoch ms, if all stay normal; None while one is not."""
    since = ticket.sensor_normal_since
    return None if ticket.sensor_active or since is None else since + ticket.normal_for_ms


def _behind(ticket: Ticket, lack: Lack) -> tuple[Episode, ...]:
    if lack is Lack.ALARM:
        return tuple(each for each in standing(ticket) if each.normal_since is None)
    if lack is Lack.ENDED:
        return tuple(each for each in ticket.episodes if each.normal_since is None)
    return standing(ticket)


_SHOW: Final = "show photos or a portable reading"
_SAID: Final = {
    Lack.UNWATCHED: ("no sensor watches this place", f"Finish it with a proof: {_SHOW}."),
    Lack.ALARM: (
        "still in alarm: {devices}",
        f"Wait until they are normal; for a dead sensor set sensor_dead and {_SHOW}.",
    ),
    Lack.LATCHED: (
        "normal again, and waiting to be reset: {devices}",
        "Have somebody who may reset the alarm on its page, once the danger is over.",
    ),
    Lack.ENDED: (
        "a person ended the alarm of {devices}, so the sensor proves nothing",
        f"Finish it with a proof: {_SHOW}.",
    ),
    Lack.EARLY: ("the sensor has to stay normal for another {left} s", "Send it again after `until`."),
}
