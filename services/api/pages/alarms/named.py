"""What an alarm's story calls by name: the people who acted, the alarms that hid it, the place. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.api.language.words import Words
from services.api.pages.alarms import alarm_views
from services.api.pages.alarms.alarm_rows import AlarmRow
from streams.contracts import Rule


@dataclass(frozen=True, slots=True)
class Named:
    """``people`` by sign-in name, ``alarms`` by episode; who or what is unknown keeps the name it has."""

    people: Mapping[str, str] = field(default_factory=dict)
    alarms: Mapping[str, AlarmRow] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def person(self, name: str) -> str:
        return self.people.get(name, name)

    def alarm(self, episode: str, t: Words) -> str:
        row = self.alarms.get(episode)
        return alarm_views.title(row, self.rules, t) if row else episode

    def titles(self, t: Words) -> dict[str, str]:
        """Each alarm's name by its episode."""
        return {episode: self.alarm(episode, t) for episode in self.alarms}


NOBODY = Named()
