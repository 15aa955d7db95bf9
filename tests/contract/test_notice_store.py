"""One suite over the notices' stores: in memory and in PostgreSQL with the process's own role."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from services.adapters.postgres import open_pool
from services.notices.domain import Message, MessageFilter, Preference, State, Subject, Urgency, Way
from services.notices.ports import Letter, Tally
from services.notices.postgres import PostgresNotices
from tests.fakes.notices import MemoryNotices

Store = MemoryNotices | PostgresNotices
NOW = 1_795_311_683_000


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryNotices(known=())
        return
    database = request.getfixturevalue("database")
    database.migrate("registry", "tickets", "notices")
    with open_pool(database.url("linli_notices"), name="test", size=4) as pool:
        yield PostgresNotices(pool)


def message(number: int = 1, **more: object) -> Message:
    made = Message(
        f"m{number}", f"e{number}", "handler", "box", Subject.ASSIGNED, Urgency.PROMPT, f"工单 {number}", "请签收",
        created=NOW + number, due=NOW, expires=NOW + 86_400_000, ticket="t1", area="990101",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def listed(store: Store, **filters: str) -> list[str]:
    return [one.id for one in store.list_messages(MessageFilter(**filters), limit=100, after=None).items]


def test_a_message_comes_back_as_it_was_kept(store: Store) -> None:
    assert store.keep([message()]) == 1
    assert store.get_message("m1") == message()
    assert store.get_message("none") is None


def test_one_event_has_one_message_a_person_and_channel(store: Store) -> None:
    assert store.keep([message(), message()]) == 1
    assert store.keep([message(1, id="other")]) == 0
    assert store.keep([message(1, id="mail", channel="mail")]) == 1


def test_lists_are_newest_first_filtered_and_join(store: Store) -> None:
    dead = message(3, state=State.DEAD, settled=NOW, person="leader", channel="mail", ticket="t2")
    store.keep([message(1), message(2), dead])
    assert listed(store) == ["m3", "m2", "m1"]
    assert listed(store, state="dead") == listed(store, person="leader") == listed(store, channel="mail") == ["m3"]
    assert listed(store, ticket="t1") == ["m2", "m1"]
    first = store.list_messages(MessageFilter(), limit=2, after=None)
    rest = store.list_messages(MessageFilter(), limit=2, after=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == ["m3", "m2", "m1"]
    assert store.count_by_state(person="") == {"waiting": 2, "dead": 1}
    assert store.count_by_state(person="leader") == {"dead": 1}


def test_a_lease_is_one_senders_until_it_ends(store: Store) -> None:
    store.keep([message()])
    (mine,) = store.lease("a", NOW, NOW + 100)
    assert mine.attempts == 1
    assert store.lease("b", NOW + 99, NOW + 200) == ()
    (theirs,) = store.lease("b", NOW + 100, NOW + 200)
    assert theirs.attempts == 2
    assert store.settle([replace(mine, state=State.SENT, settled=NOW)], "a") == 0
    assert store.settle([replace(theirs, state=State.SENT, settled=NOW)], "b") == 1
    kept = store.get_message("m1")
    assert kept is not None
    assert (kept.state, kept.settled) == (State.SENT, NOW)
    assert store.lease("c", NOW + 10_000, NOW + 20_000) == ()


def test_the_urgent_go_first_and_the_early_wait(store: Store) -> None:
    store.keep([message(1), message(2, urgency=Urgency.CRITICAL), message(3, due=NOW + 50)])
    taken = [store.lease("a", NOW, NOW + 100)[0].id for _ in range(2)]
    assert taken == ["m2", "m1"]
    assert store.lease("a", NOW, NOW + 100) == ()


def test_what_was_held_for_one_person_and_channel_is_leased_together(store: Store) -> None:
    mine = [message(number, held=True) for number in (1, 2)]
    store.keep([*mine, message(3, held=True, channel="mail"), message(4, held=True, due=NOW + 9), message(5)])
    groups = [[one.id for one in store.lease("a", NOW, NOW + 100)] for _ in range(4)]
    assert sorted(groups) == [[], ["m1", "m2"], ["m3"], ["m5"]]


def test_many_senders_at_once_never_share_a_message(store: Store) -> None:
    store.keep([message(number) for number in range(40)])
    if isinstance(store, MemoryNotices):
        taken = [one.id for _ in range(40) for one in store.lease("a", NOW, NOW + 100)]
    else:
        with ThreadPoolExecutor(4) as executor:
            leases = executor.map(lambda n: store.lease(f"s{n}", NOW, NOW + 100), range(60))
            taken = [one.id for lease in leases for one in lease]
        taken += [one.id for _ in range(40) for one in store.lease("late", NOW, NOW + 100)]
    assert sorted(taken) == sorted(f"m{number}" for number in range(40))


def test_a_change_is_decided_on_what_is_kept(store: Store) -> None:
    store.keep([message(state=State.DEAD, settled=NOW, error="x")])
    assert store.change("none", lambda _: None) is None
    assert store.change("m1", lambda _: None) == message(state=State.DEAD, settled=NOW, error="x")
    after = store.change("m1", lambda one: replace(one, state=State.WAITING, settled=None, error=""))
    assert after == store.get_message("m1") == message()


def test_preferences_are_kept_by_version(store: Store) -> None:
    assert store.preference("a") == Preference("a")
    first = Preference("a", ("mail",), frozenset({Subject.CHECK}), None, "en", {"mail": "a@x.org"}, 1)
    first = replace(first, by_subject={Subject.CALL: ("mail", "box")})
    assert store.set_preference(first, now=NOW)
    assert not store.set_preference(first, now=NOW)
    assert not store.set_preference(Preference("b", version=2), now=NOW)
    second = replace(first, quiet=(60, 120), version=2)
    assert store.set_preference(second, now=NOW)
    assert store.preference("a") == second
    assert store.preferences() == {"a": second}
    store.keep([message(person="a", channel="mail")])
    assert store.address(message(person="a", channel="mail")) == "a@x.org"
    assert store.address(message(person="a", channel="sms")) == ""


def test_the_database_keeps_no_address_for_a_role(store: Store) -> None:
    of_role = Preference("role:operator", ("mail",), by_subject={Subject.CARD: ("mail",)}, version=1)
    assert store.set_preference(of_role, now=NOW)
    assert store.preference("role:operator") == of_role
    if isinstance(store, PostgresNotices):
        with pytest.raises(psycopg.errors.CheckViolation):
            store.set_preference(replace(of_role, addresses={"mail": "a@x.org"}, version=2), now=NOW)


def test_the_channels_are_those_last_declared(store: Store) -> None:
    store.declare([Way("box", default=True), Way("mail", personal=True)])
    store.declare([Way("mail", personal=True, default=True)])
    assert store.ways() == (Way("mail", personal=True, default=True),)


def test_what_waits_and_what_was_given_up_is_counted(store: Store) -> None:
    assert store.tally(NOW) == Tally(0, 0, 0)
    old = NOW - 86_400_001
    store.keep(
        [
            message(1, due=NOW - 5_000), message(2, due=NOW + 5_000), message(3, state=State.DEAD, settled=NOW),
            message(4, state=State.DEAD, settled=old), message(5, state=State.SENT, settled=NOW),
        ]
    )  # fmt: skip
    assert store.tally(NOW) == Tally(2, 5_000, 1)


def test_the_post_box_is_newest_first_and_keeps_an_id_once(store: Store) -> None:
    for number, person in ((1, "a"), (2, "b"), (1, "a")):
        store.post(Letter(f"m{number}", person, "", f"t{number}", "b", NOW + number))
    assert [one.id for one in store.posted(person="", limit=9)] == ["m2", "m1"]
    assert [one.id for one in store.posted(person="a", limit=9)] == ["m1"]


def test_what_was_told_before_a_time_goes_oldest_first_and_what_waits_stays(store: Store) -> None:
    assert store.oldest() is None
    sent = {"state": State.SENT, "settled": NOW}
    store.keep([message(number, **sent) for number in (1, 2, 3)])
    store.keep([message(4, created=NOW), message(5, state=State.DEAD, settled=NOW, created=NOW + 50)])
    for number in (1, 3):
        store.post(Letter(f"m{number}", "handler", "", "工单", "请签收", NOW + number))
    assert store.oldest() == NOW + 1
    assert store.erase_before(NOW + 2, limit=1) == 2
    assert (listed(store), store.oldest()) == (["m5", "m3", "m2", "m4"], NOW + 2)
    assert [store.erase_before(NOW + 2, limit=9) for _ in range(2)] == [1, 0]
    assert listed(store) == ["m5", "m3", "m4"]
    assert [one.id for one in store.posted(person="", limit=9)] == ["m3"]


def test_everything_told_of_a_ticket_goes_with_it_whoever_has_it(store: Store) -> None:
    store.keep([message(1, state=State.SENT, settled=NOW), message(2), message(3, ticket="t2")])
    for number in (1, 3):
        store.post(Letter(f"m{number}", "handler", "", "工单", "请签收", NOW))
    leased = store.lease("a", NOW, NOW + 100)
    assert [store.erase_of("t1") for _ in range(2)] == [3, 0]
    assert listed(store) == ["m3"]
    assert [one.id for one in store.posted(person="", limit=9)] == ["m3"]
    assert store.settle([one for one in leased if one.id == "m2"], "a") == 0
