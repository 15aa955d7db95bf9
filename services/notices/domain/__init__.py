"""Who is told of what, when and how. Pure."""

from services.notices.domain.delivery import MOST_ATTEMPTS, Failed, Outcome, Sent, sent_again, settled
from services.notices.domain.planner import NO_WAY, REPORTER, STALE, chosen_ways, of_call, of_event, of_test
from services.notices.domain.quiet import held_until
from services.notices.domain.routes import with_deputies
from services.notices.domain.texts import digest, linked
from services.notices.domain.words import (
    MANDATORY,
    NIGHT,
    ROLE,
    Facts,
    Message,
    MessageFilter,
    Person,
    Preference,
    State,
    Subject,
    Urgency,
    Way,
    inherited,
    masked,
    message_id,
    wish_of,
)

__all__ = [
    "MANDATORY", "MOST_ATTEMPTS", "NIGHT", "NO_WAY", "REPORTER", "ROLE", "STALE", "Facts", "Failed", "Message",
    "MessageFilter", "Outcome", "Person", "Preference", "Sent", "State", "Subject", "Urgency", "Way", "chosen_ways",
    "digest", "held_until", "inherited", "linked", "masked", "message_id", "of_call", "of_event", "of_test",
    "sent_again", "settled", "wish_of", "with_deputies",
]  # fmt: skip
