"""Into which incident an alarm goes, and what the incident makes of it (alarms.md rule 9)."""

import msgspec

from streams.contracts import AlarmEvent, AlarmState, Cause
from streams.groups.incidents import Incident, counts_in
from streams.groups.state import State
from streams.rules import Outcome


def finished(state: State, event: AlarmEvent, outcome: Outcome) -> AlarmEvent:
    """The event with what only the group knows; ``state`` remembers what follows from it.

    The end by hand of an alarm that the group has forgotten says what was last told of it, and changes nothing.
    """
    opening = event.episode not in state.episodes
    if opening and event.cause is Cause.CLOSED:
        return event
    incident = _incident_of(state, event)
    if opening and not incident.devices:
        outcome.incidents.append(incident.id)
    page = incident.take(event, event.page)
    if event.new is AlarmState.NORMAL:
        state.episodes.pop(event.episode, None)
    else:
        state.episodes[event.episode] = incident.id
    state.flood.count(event.at, new=opening and event.new.active and not event.hidden)
    ticket = event.ticket
    if ticket is not None and ticket.agreed_urgency > ticket.urgency and incident.agrees(event.building):
        ticket = msgspec.structs.replace(ticket, urgency=ticket.agreed_urgency)
    return msgspec.structs.replace(
        event,
        incident=incident.id,
        group=state.code,
        first_out=incident.first[1] == event.episode,
        members=incident.members,
        page=page,
        ticket=ticket,
        flood=state.flood.collapses(event),
    )


def _incident_of(state: State, event: AlarmEvent) -> Incident:
    known = state.incidents.get(state.episodes.get(event.episode, ""))
    if known is not None and (known.called or not counts_in(event)):
        return known
    # A warning that has become an alarm may find a real incident that was not there when it began.
    found = _joinable(state, event)
    if found is None or (known is not None and not found.called):
        found = known or Incident.begin(state.code, event)
    if known is not None and known is not found:
        _leave(state, known, event)
    state.incidents[found.id] = found
    return found


def _leave(state: State, incident: Incident, event: AlarmEvent) -> None:
    incident.standing.pop(event.episode, None)
    if not incident.standing:
        state.incidents.pop(incident.id, None)


def _joinable(state: State, event: AlarmEvent) -> Incident | None:
    """The incident that an episode joins: one that still takes members, else the device's own."""
    same = [one for one in state.incidents.values() if one.cause == event.cause_of_alarm]
    if event.new.active:
        fitting = [one for one in same if one.joinable(event.at)]
        if fitting:
            return min(fitting, key=lambda one: (not one.called, one.opened, one.id))
    mine = [one for one in same if event.device in one.devices]
    return max(mine, key=lambda one: (one.last, one.id)) if mine else None
