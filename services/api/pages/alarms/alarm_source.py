"""The alarm pages' view of the container: lists, one alarm's story, quality."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.alarms.domain import AlarmFilters
from services.alarms.domain.quality_meters import Flood
from services.alarms.domain.quality_targets import Targets
from services.alarms.handlers import Measured
from services.alarms.ports import LadderStory, Listed
from services.api.alarms.quality import measured
from services.api.container import Container
from services.api.door.auth import Caller, within
from services.api.language.words import Words
from services.api.pages import rows
from services.api.pages.alarms import alarm_views, hidden
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.named import Named
from services.paging import Page, decode_cursor
from streams.contracts import AlarmEvent, Rule
from streams.rules.built_in import BUILT_IN

PAGE: Final = 60
MOST_NAMED: Final = 20
LOOK_BACK_MS: Final = 6 * 3_600_000
"""A flood that began earlier is either over or has gone on: within so long it shows."""


@dataclass(frozen=True, slots=True)
class AlarmBook:
    """Reads for one signed-in person; ``who`` narrows every answer to that person's area."""

    container: Container

    def listed(self, who: Caller, filters: AlarmFilters, cursor: str | None) -> Page[Listed]:
        """One page, newest first.

        Raises:
            Refused: ``cursor``, this list never gave it.
        """
        after = decode_cursor(cursor, (int, str))
        return self.container.alarms.list_alarms(filters, scope=who.scope, limit=PAGE, after=after)

    def in_flood(self, who: Caller, now: int) -> bool:
        """Whether new alarms of the person's area come faster than anybody can read them (alarms.md rule 10)."""
        targets = self.targets()
        flood = Flood(targets.flood_enter, targets.flood_leave, targets.flood_window_ms)
        for at in self.container.alarms.came(scope=who.scope, since=now - LOOK_BACK_MS):
            flood.add(at)
        flood.until(now)
        return flood.began is not None

    def story(self, who: Caller, alarm: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        """An alarm with every transition, oldest first.

        Raises:
            ProblemError: 403, it lies outside the person's area.
        """
        found = self.container.alarms.get_alarm(alarm, scope="")
        if found is not None:
            within(who, found[0].alarm.area, f"Alarm {alarm}")
        return found

    def named(self, who: Caller, episodes: Iterable[str]) -> Named:
        """The names of people, and of the alarms of these episodes (a few: what hides others is rare)."""
        found = {}
        for episode in list(dict.fromkeys(episodes))[:MOST_NAMED]:
            story = self.container.alarms.get_alarm(episode, scope="")
            if story is not None:
                device = self.container.devices.get_device(story[0].alarm.device)
                found[episode] = rows.of_alarm(story[0], who, (device.place or device.name) if device else "")
        people = {user.id: user.name for user in self.container.people.list_users()}
        return Named(people, found, {rule.id: rule for rule in self.container.rules.list_rules()})

    def titles(self, who: Caller, listed: Sequence[AlarmRow], rules: Mapping[str, Rule], t: Words) -> dict[str, str]:
        """The names of the alarms of a list and of those that hide some of them, by episode."""
        away = hidden.unnamed(listed)
        others = self.named(who, away).titles(t) if away else {}
        return {row.episode: alarm_views.title(row, rules, t) for row in listed} | others

    def ladder(self, incident: str) -> LadderStory | None:
        """Whom an incident has called, for who may see one of its alarms."""
        return self.container.ladders.story(incident)

    def rules_of(self, events: Sequence[AlarmEvent]) -> list[Rule | None]:
        """The version of its rule that was in force at each event; None where nobody keeps it any more."""
        versions: dict[tuple[str, int], Rule] = {}
        for name in {event.rule for event in events}:
            kept = (BUILT_IN[name],) if name in BUILT_IN else self.container.rules.list_versions(name)
            versions |= {(name, rule.version): rule for rule in kept}
        return [versions.get((event.rule, event.rule_version)) for event in events]

    def targets(self) -> Targets:
        """What alarm quality is measured against now."""
        return self.container.measure_quality.reader.targets().targets

    def quality(self, area: str, start: int, end: int, level: str) -> Measured:
        """Raises: Refused, for what cannot be measured."""
        return measured(self.container, area, start, end, level)
