"""The first of the two proofs for closing: the sensor is normal, or something was shown in its place.

It has to have stayed normal; something shown counts where there is no sensor or it is dead. The
second proof is a person other than the handler. Neither alone closes a ticket.
"""

from enum import StrEnum

from services.tickets.domain.ticket import Evidence, Ticket


class Proof(StrEnum):
    """What proof 1 rests on."""

    NONE = ""
    SENSOR = "sensor"
    EVIDENCE = "evidence"
    MASTER = "master"


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


def why_not(ticket: Ticket, now: int) -> str:
    """For a person: what proof 1 still lacks."""
    if not ticket.episodes:
        return "show a photo or a portable reading: no sensor watches this place"
    if ticket.sensor_active:
        return "the sensor is still in alarm; if it is dead, say so and show a portable reading or a photo"
    since = ticket.sensor_normal_since
    if since is None:
        return "a person ended the alarm, so the sensor proves nothing: show a portable reading or a photo"
    left = (since + ticket.normal_for_ms - now + 999) // 1000
    return f"the sensor has to stay normal for another {left} s"
