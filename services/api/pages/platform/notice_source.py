"""The notice pages' view of the container: messages, the post box, how a person wants to be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.platform.notices import filters_of, kept, owner, somebody, unmasked
from services.api.words import place
from services.notices.domain import Message, Preference, Way
from services.notices.handlers import send_again, send_test, wish
from services.notices.ports import Posted
from services.paging import Page

PAGE = 50


@dataclass(frozen=True, slots=True)
class NoticeBook:
    """Reads and writes for one signed-in person; what others were told is the administrator's to see."""

    container: Container

    def messages(self, who: Caller, wanted: dict[str, str], cursor: str | None) -> Page[Message]:
        """Raises: ProblemError, 403; Refused, ``cursor``."""
        filters = filters_of(who, wanted["state"], wanted["person"], wanted["channel"], wanted["ticket"])
        return self.container.notices.list_messages(filters, limit=PAGE, after=place(cursor, (int, str)))

    def counts(self, who: Caller) -> dict[str, int]:
        return self.container.notices.count_by_state(person=owner(who))

    def names(self) -> dict[str, str]:
        """People's names by their sign-in names."""
        return {user.id: user.name for user in self.container.people.list_users()}

    def everybodys(self, who: Caller) -> bool:
        return owner(who) == ""

    def ways(self) -> tuple[Way, ...]:
        return self.container.notices.ways()

    def posted(self, who: Caller) -> Sequence[Posted]:
        return self.container.notices.posted(person=owner(who), limit=PAGE)

    def preference(self, who: Caller, person: str) -> Preference:
        """Raises: ProblemError, 403 or 404."""
        return wish(self.container.notices, *somebody(self.container, who, person))

    def prefer(self, who: Caller, wanted: Preference) -> Preference:
        """Keep a choice whose addresses may be the masks that were shown.

        Raises:
            Refused: as :func:`services.notices.handlers.set_preference`.
        """
        shown = self.preference(who, wanted.person)
        whole = replace(wanted, addresses=unmasked(wanted.addresses, shown.addresses))
        return kept(self.container, who, whole)

    def test(self, who: Caller, person: str) -> int:
        whom, role = somebody(self.container, who, person)
        return send_test(self.container.notices, whom, role, ids=self.container.ids, now=self.container.clock.now())

    def resend(self, who: Caller, message: str) -> Message:
        return send_again(self.container.notices, message, person=owner(who), now=self.container.clock.now())
