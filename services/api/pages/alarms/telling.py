"""One event of an alarm, as its story is being told."""

from services.api.language.vocabulary import SEVERITIES, say
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms.named import NOBODY, Named
from streams.contracts import AlarmEvent, Level, Rule


class Telling:
    """One event being told: ``before`` is the event before it in the episode, None for the first."""

    def __init__(
        self, event: AlarmEvent, before: AlarmEvent | None, rule: Rule | None, now: int, t: Words, named: Named = NOBODY
    ) -> None:
        self.event, self.before, self.rule, self.t, self.named = event, before, rule, t, named
        self._now = now
        self.level: Level | None = cd.level_of(rule, event) if rule else None
        self.severity = say(SEVERITIES, str(event.severity), t)

    def when(self, at: int) -> str:
        return fmt.moment(at, self._now, self.t, seconds=True)

    @property
    def at(self) -> str:
        return self.when(self.event.at)

    @property
    def by(self) -> str:
        return self.named.person(self.event.by)
