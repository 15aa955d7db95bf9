"""One group: its incidents, its members and its own alarms, stored as one packed value with its offset."""

import traceback
from collections.abc import Iterable
from typing import Final

import msgspec

from streams.contracts import Action, AlarmEvent, AlarmState, Candidate, Member, Rule, Source
from streams.groups import hiding, joining, own
from streams.groups.incidents import REMEMBER_MS
from streams.groups.overflow import MOST_MEMBERS, Overflow, incident_of
from streams.groups.own import Affected
from streams.groups.roster import Roster
from streams.groups.state import FORMAT, Seen, State, unpacked
from streams.rules import Beyond, Catalogue, Fault, Outcome, Slot
from streams.rules.bench import Told
from streams.rules.closing import ended, forgotten
from streams.rules.machine import Steps
from streams.rules.stored import packed, wordless

MOST_ACTIONS: Final = 64
"""Requests that are known again when they come twice."""
KEEP_SEEN_MS: Final = REMEMBER_MS
"""A repetition follows a restart of the first stage within minutes; a day is ample."""


class Group:
    """Applies records to its state; the shard hands it each at most once."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.dirty = False
        self._known = self._devices()

    @classmethod
    def new(cls, code: str) -> "Group":
        return cls(State(FORMAT, code))

    @classmethod
    def unpack(cls, code: str, data: bytes) -> "Group":
        """A group as :meth:`pack` left it.

        Raises:
            ForeignState: another version left it.
        """
        return cls(unpacked(code, data))

    def pack(self) -> bytes:
        return packed(self.state)

    @property
    def awake(self) -> bool:
        """Whether a tick may change anything."""
        state = self.state
        return bool(state.slots or any(state.members.values()))

    def candidate(self, record: Candidate, outcome: Outcome) -> None:
        """A member's transition: into its incident, and on to everybody."""
        event = record.event
        if self._lies_beyond(event):
            self._pass_beyond(event, outcome)
        elif self._news(event.source, f"{event.device}\n{event.rule}", event.id, event.at):
            self._known.add(event.device)
            self._finish(event, outcome)

    def member(self, record: Member, roster: Roster, outcome: Outcome) -> None:
        """A device's own condition has changed; in a group that is too large only some are listened to."""
        if not roster.judges(record.rule, self.state.code, record.device):
            outcome.beyond.append((self.state.code, Beyond.CONDITION))
            return
        if not self._news(record.source, f"{record.device}\n{record.rule}\nmember", "", record.at):
            return
        self._known.add(record.device)
        held = self.state.members.setdefault(record.rule, {})
        if record.condition:
            held.setdefault(record.device, Affected(record.at, record.grid))
        else:
            held.pop(record.device, None)

    def act(self, action: Action, roster: Roster, outcome: Outcome) -> None:
        """A person's act on the group's own alarm; the same one again has no effect."""
        state = self.state
        rule, told = roster.rules.get(action.rule), forgotten(action, state.slots.get(action.rule))
        if (rule is None and told is None) or action.id in state.actions:
            return
        self.dirty = True
        state.actions = [*state.actions[1 - MOST_ACTIONS :], action.id]
        if told is not None:
            self._finish(ended(told, action, outcome.source), outcome)
        if rule is None:
            return
        self._carry(rule, action.at, roster, outcome)
        self._take(rule, own.asked(state.slots.get(rule.id), rule, action), roster, outcome, action.at)

    def tick(self, now: int, roster: Roster, outcome: Outcome) -> None:
        """Time: the group's own alarms are judged, their timers fire."""
        state = self.state
        for name in sorted({*state.slots, *state.members}):
            rule = roster.rules.get(name)
            if rule is None or state.disabled.get(name) == rule.version:
                continue
            try:
                self._carry(rule, now, roster, outcome)
                before = state.slots.get(name)
                slot, made = own.judge(
                    before, rule, state.code, state.members.get(name, {}), roster.total(name, state.code), now
                )
                slot, more = own.due(slot, rule, state.code, now)
            except Exception as error:  # noqa: BLE001 - a bug of one rule must not stop every group at every tick
                state.disabled[name] = rule.version
                outcome.faults.append(Fault(state.code, name, repr(error), traceback.format_exc(), outcome.source))
                self.dirty = True
                continue
            made += more
            if made or not (slot is before or (before is None and slot.idle)):
                self._take(rule, (slot, made), roster, outcome, now)

    def adopt(self, catalogue: Catalogue, roster: Roster, known: dict[str, Rule], now: int, outcome: Outcome) -> None:
        """Other rules or devices: alarms of rules that are gone end, and what is hidden is looked at again."""
        state = self.state
        for name, held in state.members.items():
            kept = {device: one for device, one in held.items() if roster.judges(name, state.code, device)}
            self.dirty |= len(kept) != len(held)
            state.members[name] = kept
        for name in sorted(state.slots):
            rule = roster.rules.get(name)
            told_by = rule or catalogue.rules.get(name) or known.get(name) or state.told_by.get(name)
            if told_by is None:
                continue
            if rule is None:
                state.members.pop(name, None)
            slot, made = own.carried(state.slots[name], rule, now)
            self._take(told_by, (slot, made), roster, outcome, now)
            self._hide(told_by, slot, roster, outcome, now)

    def tidy(self, now: int) -> None:
        """Forget what nothing can come back to."""
        state = self.state
        unsettled = set(state.episodes.values())  # somebody may yet acknowledge an alarm of it
        keep = {
            name: incident
            for name, incident in state.incidents.items()
            if incident.standing or name in unsettled or incident.seen > now - REMEMBER_MS
        }
        seen = {name: seen for name, seen in state.seen.items() if seen.at > now - KEEP_SEEN_MS}
        if len(keep) != len(state.incidents) or len(seen) != len(state.seen):
            state.incidents, state.seen = keep, seen
            self.dirty = True
        self._known = self._devices()

    def _devices(self) -> set[str]:
        """Whom anything is remembered of."""
        state = self.state
        known = {subject.split("\n")[1] for subject in state.seen}
        return known.union(*(one.devices for one in state.incidents.values()), *state.members.values())

    def _lies_beyond(self, event: AlarmEvent) -> bool:
        """Whether an alarm finds no room here; what began there stays there."""
        state = self.state
        if event.episode in state.episodes:
            return False
        if event.id != f"{event.episode}-1":
            return event.cause_of_alarm in state.overflows
        return len(self._known) >= MOST_MEMBERS and event.device not in self._known

    def _pass_beyond(self, event: AlarmEvent, outcome: Outcome) -> None:
        """Tell it as one of the further incident of its cause, which remembers nobody."""
        state = self.state
        source, place = event.source, str(event.source.partition)
        seen = state.beyond.get(place, Seen(-1, [], 0)).after(source.offset, event.id, event.at)
        if seen is None:
            return
        self.dirty = True
        state.beyond[place] = seen
        overflow = state.overflows.setdefault(event.cause_of_alarm, Overflow())
        opening = event.old is AlarmState.NORMAL
        page = overflow.take(event, opening=opening)
        state.flood.count(event.at, new=opening and event.new.active and not event.hidden)
        name = incident_of(state.code, event.cause_of_alarm)
        if opening and overflow.number == 1:
            outcome.incidents.append(name)
        outcome.beyond.append((state.code, Beyond.ALARM))
        outcome.events.append(
            msgspec.structs.replace(
                event, incident=name, group=state.code, members=max(1, overflow.number), page=page,
                flood=state.flood.collapses(event),
            )
        )  # fmt: skip

    def _news(self, source: Source, subject: str, name: str, at: int) -> bool:
        """False for a record that the first stage has sent before (a restart repeats it)."""
        key = f"{source.partition}\n{subject}"
        seen = self.state.seen.get(key, Seen(-1, [], 0)).after(source.offset, name, at)
        if seen is None:
            return False
        self.dirty = True
        self.state.seen[key] = seen
        return True

    def _finish(self, event: AlarmEvent, outcome: Outcome) -> None:
        """Tell an event with what only the group knows."""
        self.dirty = True
        outcome.events.append(joining.finished(self.state, event, outcome))

    def _take(self, rule: Rule, steps: Steps, roster: Roster, outcome: Outcome, now: int) -> None:
        """Put a slot down, tell its transitions through the incident, and hide or show the members."""
        slot, made = steps
        state = self.state
        if made and made[0].number == 1:
            state.places[rule.id] = own.busiest(state.members.get(rule.id, {}))
        if slot.idle and not slot.held:
            state.slots.pop(rule.id, None)
        else:
            state.slots[rule.id] = slot
        if slot.state is AlarmState.NORMAL:
            state.told_by.pop(rule.id, None)
        else:
            state.told_by[rule.id] = wordless(rule)
        self.dirty = True
        for event in self._addressed(rule, [Told(rule, one, state.code, "") for one in made], roster, outcome):
            self._finish(event, outcome)
        if made:
            self._hide(rule, slot, roster, outcome, now)
        if rule.id not in state.slots:
            state.places.pop(rule.id, None)

    def _carry(self, rule: Rule, now: int, roster: Roster, outcome: Outcome) -> None:
        """Put what is remembered under the rule's present version, before anything is made of it."""
        slot = self.state.slots.get(rule.id)
        if slot is not None and slot.version != rule.version:
            self._take(rule, own.carried(slot, rule, now), roster, outcome, now)

    def _addressed(self, rule: Rule, told: Iterable[Told], roster: Roster, outcome: Outcome) -> list[AlarmEvent]:
        scratch = Outcome(outcome.source)
        device = own.subject(self.state.code, roster.kind_of(rule, self.state.code), self.state.places.get(rule.id, ""))
        for one in told:
            scratch.tell(one, device, device.area)
        return [record.event for record in scratch.groups if isinstance(record, Candidate)]

    def _hide(self, rule: Rule, slot: Slot, roster: Roster, outcome: Outcome, now: int) -> None:
        """Tell the first stage what the group's alarm hides, and what it hides no more."""
        state = self.state
        before = state.hides.get(rule.id, {})
        wanted = roster.hidden_by(rule.id, state.code) if slot.state.active else {}
        if wanted == before:
            return
        outcome.inputs += hiding.acts(before, wanted, slot, now)
        self.dirty = True
        if wanted:
            state.hides[rule.id] = wanted
        else:
            state.hides.pop(rule.id, None)
