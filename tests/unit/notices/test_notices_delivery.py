"""What a try becomes: sent, tried again, or given up where people see it."""

from dataclasses import replace

import pytest

from services.notices.domain import (
    MOST_ATTEMPTS,
    Facts,
    Failed,
    Message,
    Person,
    Preference,
    State,
    Subject,
    Urgency,
    Way,
    masked,
    settled,
)
from services.notices.handlers import (
    LEASE_MS,
    DeliverMessages,
    PlanMessages,
    send_again,
    send_test,
    set_preference,
)
from services.notices.links import link_of
from services.notices.settings import NoticesSettings
from streams.contracts import Refused, TicketEvent, Unavailable
from tests.fakes.clock import ManualClock
from tests.fakes.notices import MemoryNotices, ScriptedChannel

NOW = 1_795_311_683_000
ROOM = Way("room")


class CountedIds:
    def __init__(self) -> None:
        self.number = 0

    def new(self) -> str:
        self.number += 1
        return str(self.number)


def message(number: int = 1, **more: object) -> Message:
    made = Message(
        f"m{number}", f"e{number}", "handler", "room", Subject.ASSIGNED, Urgency.PROMPT, f"工单 {number}", "请签收",
        created=NOW + number, due=NOW, expires=NOW + 86_400_000,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def sender(store: MemoryNotices, channel: ScriptedChannel, clock: ManualClock) -> DeliverMessages:
    return DeliverMessages(store, {"room": channel}, clock, "me")


def test_what_the_server_acknowledged_is_sent_and_never_again() -> None:
    store, channel, clock = MemoryNotices(), ScriptedChannel(), ManualClock(NOW)
    store.keep([message()])
    deliver = sender(store, channel, clock)
    assert deliver() is not None
    assert deliver() is None
    assert store.messages["m1"].state is State.SENT
    assert [letter.title for letter in channel.letters] == ["工单 1"]


def test_a_failure_is_tried_again_with_growing_pauses_and_then_given_up() -> None:
    store, clock = MemoryNotices(), ManualClock(NOW)
    channel = ScriptedChannel([Failed("busy", retry=True)] * 100)
    store.keep([message()])
    deliver = sender(store, channel, clock)
    pauses = []
    while store.messages["m1"].state is State.WAITING:
        assert deliver() is not None
        pauses.append(store.messages["m1"].due - clock.now())
        clock.set(max(clock.now(), store.messages["m1"].due))
    assert len(channel.letters) == MOST_ATTEMPTS
    assert pauses[:4] == [10_000, 20_000, 40_000, 80_000]
    assert max(pauses) <= 900_000
    assert store.messages["m1"].state is State.DEAD
    assert store.messages["m1"].error == "busy"


def test_what_cannot_succeed_is_given_up_at_once() -> None:
    assert settled(message(attempts=1), Failed("no such robot", retry=False), NOW).state is State.DEAD


def test_what_would_mislead_by_now_is_not_sent() -> None:
    store, channel = MemoryNotices(), ScriptedChannel()
    store.keep([message()])
    sender(store, channel, ManualClock(NOW + 86_400_001))()
    assert channel.letters == []
    assert store.messages["m1"].error.startswith("expired")


def test_a_channel_that_is_gone_is_said() -> None:
    store = MemoryNotices()
    store.keep([message(channel="fax")])
    sender(store, ScriptedChannel(), ManualClock(NOW))()
    assert store.messages["m1"].error == "channel fax is not configured any more"


def test_what_quiet_hours_held_is_one_message_with_a_line_each() -> None:
    store, channel = MemoryNotices(), ScriptedChannel()
    store.keep([message(number, held=True) for number in (1, 2, 3)] + [message(4, person="leader", held=True)])
    deliver = sender(store, channel, ManualClock(NOW))
    deliver()
    deliver()
    assert deliver() is None
    digest = next(letter for letter in channel.letters if letter.person == "handler")
    assert digest.title == "免打扰时段内的 3 条消息"
    assert [line.split(" ", 2)[2] for line in digest.body.splitlines()] == ["工单 1", "工单 2", "工单 3"]
    assert {one.state for one in store.messages.values()} == {State.SENT}


def test_the_most_urgent_goes_first() -> None:
    store, channel = MemoryNotices(), ScriptedChannel()
    store.keep([message(1, due=NOW - 5), message(2, urgency=Urgency.CRITICAL)])
    sender(store, channel, ManualClock(NOW))()
    assert channel.letters[0].title == "工单 2"


def test_a_sender_that_died_holds_a_message_no_longer_than_its_lease() -> None:
    store, channel, clock = MemoryNotices(), ScriptedChannel(), ManualClock(NOW)
    store.keep([message()])
    assert store.lease("dead", NOW, NOW + LEASE_MS)
    deliver = sender(store, channel, clock)
    assert deliver() is None
    clock.set(NOW + LEASE_MS)
    assert deliver() is not None
    assert store.settle([message(state=State.DEAD, settled=NOW)], "dead") == 0
    assert store.messages["m1"].state is State.SENT


# Sending again


def test_a_person_sends_their_own_message_again_and_nobody_elses() -> None:
    store = MemoryNotices()
    store.keep([message(state=State.DEAD, settled=NOW, attempts=8, error="x")])
    with pytest.raises(Refused) as refused:
        send_again(store, "m1", person="leader", now=NOW + 5)
    assert refused.value.code == "not_found"
    again = send_again(store, "m1", person="handler", now=NOW + 5)
    assert (again.state, again.due, again.attempts, again.error) == (State.WAITING, NOW + 5, 0, "")
    with pytest.raises(Refused) as refused:
        send_again(store, "m1", person="", now=NOW + 6)
    assert refused.value.code == "waiting"


def test_a_message_without_a_channel_needs_preferences_first() -> None:
    store = MemoryNotices()
    store.keep([message(channel="", state=State.DEAD, settled=NOW)])
    with pytest.raises(Refused) as refused:
        send_again(store, "m1", person="", now=NOW)
    assert refused.value.code == "channel"
    assert "set the person's preferences" in refused.value.detail


# Preferences


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Preference("a", ("fax",)), "channels"),
        (Preference("a", ("mail",)), "address.mail"),
        (Preference("a", addresses={"mail": "a b@example.org"}), "address.mail"),
        (Preference("a", addresses={"mail": "a\r\nBcc:x"}), "address.mail"),
        (Preference("a", addresses={"mail": "a" * 201}), "address.mail"),
        (Preference("a", muted=frozenset({Subject.CALL})), "muted"),
        (Preference("a", quiet=(0, 1440)), "quiet"),
        (Preference("a", language="fr"), "language"),
        (Preference("reporter:t1"), "person"),
        (Preference("a", by_subject={Subject.CALL: ("fax",)}), "channels"),
        (Preference("a", by_subject={Subject.CALL: ("mail",)}), "address.mail"),
        (Preference("role:operator", addresses={"mail": "a@example.org"}), "addresses"),
        (Preference("role:operator", language="en"), "language"),
        (Preference("role:operator", muted=frozenset({Subject.CARD})), "muted"),
    ],
)
def test_a_preference_that_does_not_fit_is_refused_by_its_field(wanted: Preference, field: str) -> None:
    store = MemoryNotices(known=(ROOM, Way("mail", personal=True)))
    with pytest.raises(Refused) as refused:
        set_preference(store, wanted, now=NOW)
    assert refused.value.extra["field"] == field
    assert store.chosen == {}


def test_of_two_changes_of_one_version_the_second_is_told() -> None:
    store = MemoryNotices()
    kept = set_preference(store, Preference("a", quiet=None), now=NOW)
    assert kept.version == 1
    with pytest.raises(Refused) as refused:
        set_preference(store, Preference("a"), now=NOW)
    assert refused.value.code == "conflict"


def test_the_test_button_sends_or_says_why_not() -> None:
    store = MemoryNotices()
    assert send_test(store, "a", "operator", ids=CountedIds(), now=NOW) == 1
    store.known = (Way("mail", personal=True, default=True),)
    with pytest.raises(Refused) as refused:
        send_test(store, "a", "operator", ids=CountedIds(), now=NOW)
    assert refused.value.code == "channel"


def test_an_address_is_shown_masked() -> None:
    assert masked("13812345678") == "138****5678"
    assert masked("chen@example.org") == "c***@example.org"
    assert masked("12345") == "****"


# Planning into the store


def event(number: int) -> TicketEvent:
    return TicketEvent(
        f"e{number}", "t1", "N1", 1, "dispatch", "to_dispatch", "dispatched", "dispatch", "hotline", "990101", 0, NOW,
        "system", "system",
    )  # fmt: skip


def test_the_same_events_again_keep_nothing_new() -> None:
    store = MemoryNotices(persons=(Person("h", "陈", "unit_handler", "", "u"),), tickets={"t1": Facts("t1", "N1", "u")})
    plan = PlanMessages(store, ManualClock(NOW))
    assert plan([event(1), event(2)]) == 2
    assert plan([event(1), event(2), event(1)]) == 0


def test_a_full_queue_makes_the_events_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.notices.handlers.MOST_WAITING", 1)
    store = MemoryNotices(persons=(Person("h", "陈", "unit_handler", "", "u"),), tickets={"t1": Facts("t1", "N1", "u")})
    plan = PlanMessages(store, ManualClock(NOW))
    assert plan([event(1)]) == 1
    with pytest.raises(Unavailable):
        plan([event(2)])


def told(number: int = 1, **more: object) -> Message:
    """What a reporter is told when a call-back waits for them."""
    body = f"您反映的事项 {number} 已处理完毕。〔评价链接〕"
    return message(number, person="reporter:t1", subject=Subject.PROGRESS, body=body, ticket="t1", **more)


def link_to(ticket: str, version: int, now: int) -> str:
    return f"https://linli.example/feedback/{ticket}-{version}-{now}"


def test_a_link_is_made_when_it_is_sent_and_kept_nowhere() -> None:
    store, channel, clock = MemoryNotices(), ScriptedChannel(), ManualClock(NOW + 5)
    store.tickets["t1"] = Facts("t1", "N-1", version=9, called_back=True)
    store.keep([told()])
    deliver = DeliverMessages(store, {"room": channel}, clock, "me", link=link_to)
    assert deliver() is not None
    (letter,) = channel.letters
    assert letter.body == (
        f"您反映的事项 1 已处理完毕。 也可在此评价，七天内有效，答一次：https://linli.example/feedback/t1-9-{NOW + 5}"
    )
    assert "https" not in repr(store.messages)


def test_a_call_back_that_is_over_when_its_message_leaves_has_no_link_in_it() -> None:
    store, channel = MemoryNotices(), ScriptedChannel()
    store.tickets["t1"] = Facts("t1", "N-1", version=10)
    store.keep([told()])
    DeliverMessages(store, {"room": channel}, ManualClock(NOW + 5), "me", link=link_to)()
    assert [letter.body for letter in channel.letters] == ["您反映的事项 1 已处理完毕。"]


def test_a_reporters_digest_says_what_happened_with_the_links() -> None:
    store, channel = MemoryNotices(), ScriptedChannel()
    store.tickets["t1"] = Facts("t1", "N-1", version=9, called_back=True)
    store.keep([told(1, held=True), told(2, held=True)])
    DeliverMessages(store, {"room": channel}, ManualClock(NOW + 5), "me", link=link_to)()
    (letter,) = channel.letters
    assert [line.count("https://") for line in letter.body.splitlines()] == [1, 1]
    assert "事项 2 已处理完毕" in letter.body


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"public_url": "https://12345.example"}, "LINLI_SESSION_SECRET"),
        ({"public_url": "12345.example", "session_secret": "x" * 32}, "LINLI_PUBLIC_URL"),
        ({"public_url": "https://12345.example/pages", "session_secret": "x" * 32}, "LINLI_PUBLIC_URL"),
    ],
)
def test_links_want_an_address_and_a_secret_of_their_own(given: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        NoticesSettings(**given)  # type: ignore[arg-type]
    assert link_of(NoticesSettings())("t1", 9, NOW) == "", "without an address there are none"
    own = NoticesSettings(public_url="https://12345.example/", session_secret="x" * 32)  # type: ignore[arg-type]
    assert link_of(own)("t1", 9, NOW).startswith("https://12345.example/feedback/")
