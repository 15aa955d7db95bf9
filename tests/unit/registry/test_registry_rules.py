"""Rules as data: judged whole, kept with a reason, one version after the other."""

from typing import Any

import msgspec
import pytest

from sensors.kinds import default_rules
from services.registry.domain import Reach, Role, Standing, User
from services.registry.domain.rule_drafts import drafted, plain
from services.registry.domain.rules import (
    MOST_MEMBERS,
    RANGES,
    applying,
    differences,
    errors,
    findings,
    reach_of,
    unit_of,
)
from services.registry.handlers import Kept, Wish, change_rule, create_rule, rehearse_rule, restore_rule
from streams.contracts import Device, Level, Refused, Rule, Scope, Severity
from streams.rules.problems import Weight, problems
from tests.fakes.registry import MemoryDevices, MemoryPlaces, MemoryRules, rule

NOW = 1_795_312_800_000
HERE, THERE = "990101001001001", "990101002001001"
SUPERVISOR = User("supervisor", "卫督办", Role.SUPERVISOR)
LOCAL = User("local", "本街督办", Role.SUPERVISOR, scope="990101001")
MANAGER = User("manager", "吴网格长", Role.GRID_MANAGER, scope="990101001")


def district(*devices: Device) -> MemoryDevices:
    places = MemoryPlaces()
    places.add_devices(devices or (Device("gas-1", "gas", HERE), Device("gas-2", "gas", THERE)), by="seed", now=NOW)
    return places.devices


def wish(why: str = "厂家更换探头", user: User = SUPERVISOR, command: str = "c1") -> Wish:
    return Wish(user, why, command, NOW)


def seeded(*more: Rule) -> MemoryRules:
    store = MemoryRules()
    for each in more or (rule(),):
        store.put_rule(each, by="seed", now=NOW)
    return store


def fields(**changes: Any) -> dict[str, Any]:
    """A sound rule as a program sends it."""
    texts = {"response_zh": "开窗", "response_en": "Open the window", "max_shelve_ms": 3_600_000}
    sound = plain(rule("gas.kitchen", family="gas.ch4", scope=Scope(area="990101"), **texts))
    return {name: value for name, value in {**sound, **changes}.items() if name != "version"}


def refused(*arguments: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        create_rule(*arguments, **named)
    return refusal.value


def named(refusal: Refused) -> dict[str, str]:
    listed: Any = refusal.extra["errors"]
    assert all(problem["remedy"] for problem in listed)
    return {problem["field"]: problem["value"] for problem in listed}


def test_the_default_rules_are_sound() -> None:
    for each in default_rules():
        assert not errors(problems(each, RANGES)), each.id


def test_a_new_rule_is_kept_with_author_reason_and_time_and_queued_for_the_engine() -> None:
    store = seeded()
    kept = create_rule(store, district(), fields(), wish())
    assert (kept.revision.rule.version, kept.revision.by, kept.revision.why, kept.revision.at) == (
        1, "supervisor", "厂家更换探头", NOW,
    )  # fmt: skip
    assert store.queued[-1] == store.get_rule("gas.kitchen") == kept.revision.rule
    assert not kept.warnings


def test_every_problem_is_named_at_once_with_value_and_remedy() -> None:
    wrong = fields(
        metric="ch4_liters",
        colour="red",
        repeat=3,
        levels=[
            {"severity": "catastrophic", "limit": "high", "deadband": 0.0},
            {"severity": "minor", "limit": 1e400, "given": [{"metric": "valve_open", "op": "=="}]},
        ],
        measure={"type": "median"},
        schedule={"start": 0},
        scope={"area": "99x", "attributes": {"zone": 4}},
        enabled="yes",
        cause="",
    )
    found = named(refused(seeded(), district(), wrong, wish()))
    assert found == {
        "colour": "red", "repeat": "3", "levels[0].severity": "catastrophic", "levels[0].limit": "high",
        "levels[1].limit": "inf", "levels[1].given[0].op": "==", "measure.type": "median", "schedule.end": "",
        "scope.attributes": "{'zone': 4}", "enabled": "yes",
    }  # fmt: skip
    found = named(refused(seeded(), district(), fields(metric="ch4_liters", cause="", scope={"area": "99x"}), wish()))
    assert found == {"metric": "ch4_liters", "cause": "", "scope.area": "99x"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"levels": [{"severity": "critical", "limit": 5_000.0}]}, "levels[0].limit"),
        ({"metric": "ch5"}, "metric"),
        ({"scope": {"attributes": {"zone": ""}}}, "scope.attributes.zone"),
        ({"suppress_when": ["gas.kitchen"]}, "suppress_when"),
        ({"id": "Gas Kitchen"}, "id"),
        ({"id": "device.clock"}, "id"),
        ({"levels": [{"severity": "critical", "ticket": {"category": "tea"}}]}, "levels[0].ticket.category"),
        ({"levels": []}, "levels"),
        ({"name_zh": "\x00"}, "name_zh"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    refusal = refused(seeded(), district(), fields(**changes), wish())
    assert refusal.code == "invalid"
    assert field in named(refusal)


def test_a_circle_of_suppressions_is_refused_though_each_change_is_sound_by_itself() -> None:
    store = seeded(rule("gas.a"), rule("gas.b", suppress_when=("gas.a",)))
    with pytest.raises(Refused) as refusal:
        change_rule(store, district(), "gas.a", 1, {"suppress_when": ["gas.b"]}, wish())
    assert named(refusal.value) == {"suppress_when": "gas.a → gas.b → gas.a"}
    assert store.get_rule("gas.a") == rule("gas.a")


class Racing(MemoryRules):
    """Somebody else's change comes between the judgement and the write."""

    def put_rule(self, rule: Rule, **more: Any) -> bool:
        if rule.id == "gas.a" and rule.version == 2:
            assert super().put_rule(msgspec.structs.replace(BETWEEN, version=2), by="other", now=NOW)
        return super().put_rule(rule, **more)


BETWEEN = rule("gas.b", suppress_when=("gas.a",))


def test_a_circle_that_closes_during_the_write_is_refused_too() -> None:
    store = Racing()
    for each in (rule("gas.a"), rule("gas.b")):
        store.put_rule(each, by="seed", now=NOW)
    with pytest.raises(Refused) as refusal:
        change_rule(store, district(), "gas.a", 1, {"suppress_when": ["gas.b"]}, wish())
    assert refusal.value.code == "invalid"
    assert store.get_rule("gas.a") == rule("gas.a")


def test_a_group_of_ten_thousand_devices_is_refused() -> None:
    crowd = [Device(f"gas-{n}", "gas", HERE, attributes={"main": "m1"}) for n in range(10_000)]
    found = named(refused(seeded(), district(*crowd), fields(group=["main"]), wish()))
    assert found == {"group": "main"}
    few = district(*crowd[:MOST_MEMBERS])
    assert create_rule(seeded(), few, fields(group=["main"]), wish()).revision.rule.group == ("main",)


def test_a_scope_without_devices_and_a_deadband_across_the_next_limit_are_warned_about() -> None:
    levels = [
        {"severity": "critical", "limit": 50.0, "deadband": 30.0},
        {"severity": "major", "limit": 25.0, "deadband": 5.0},
    ]
    draft = fields(levels=levels, scope={"model": "no-such-model"})
    judged = rehearse_rule(seeded(), district(), draft, user=SUPERVISOR)
    assert {problem.field for problem in judged.warnings} == {"scope", "levels[0].deadband"}
    assert not errors(judged.problems)
    assert judged.reach == Reach(0, 0)
    kept = create_rule(seeded(), district(), draft, wish())
    assert kept.warnings == judged.warnings


def test_a_rehearsal_keeps_nothing_and_counts_the_devices_it_wins() -> None:
    store = seeded()
    judged = rehearse_rule(store, district(), {**fields(), "scope": {"area": "990101001"}}, user=SUPERVISOR)
    assert judged.reach == Reach(1, 1, ("gas-1",))
    assert store.get_rule("gas.kitchen") is None
    changes = {"id": "gas.ch4", "metric": "nothing"}
    assert rehearse_rule(store, district(), changes, user=SUPERVISOR).problems[0].field == "metric"


def test_a_stale_version_is_told_the_current_one() -> None:
    store = seeded()
    change_rule(store, district(), "gas.ch4", 1, {"enabled": False}, wish(command="c1"))
    with pytest.raises(Refused) as refusal:
        change_rule(store, district(), "gas.ch4", 1, {"enabled": True}, wish(command="c2"))
    assert (refusal.value.code, refusal.value.extra["current"]) == ("version", 2)


def test_the_same_request_again_is_answered_as_before_and_another_under_its_key_is_refused() -> None:
    store = seeded()

    def disable(**more: Any) -> Kept:
        return change_rule(store, district(), "gas.ch4", 1, {"enabled": False}, wish(**more))

    first = disable()
    again = disable()
    assert (again.revision, again.repeated, first.repeated) == (first.revision, True, False)
    assert len(store.list_versions("gas.ch4")) == 2
    with pytest.raises(Refused) as refusal:
        disable(why="another reason")
    assert refusal.value.code == "idempotency"


def test_a_version_is_restored_as_a_new_one() -> None:
    store = seeded()
    change_rule(store, district(), "gas.ch4", 1, {"no_data_periods": 5}, wish(command="c1"))
    kept = restore_rule(store, district(), "gas.ch4", 2, 1, wish("改错了", command="c2"))
    assert kept.revision.rule == rule(version=3)
    assert [revision.why for revision in store.list_revisions("gas.ch4")] == ["改错了", "厂家更换探头", ""]


@pytest.mark.parametrize(
    ("user", "scope", "code"),
    [
        (MANAGER, {"area": "990101001"}, "role"),
        (LOCAL, {}, "scope"),
        (LOCAL, {"area": "990101002"}, "scope"),
    ],
)
def test_a_rule_is_written_by_those_who_may_within_their_area(user: User, scope: dict[str, str], code: str) -> None:
    assert refused(seeded(), district(), fields(scope=scope), wish(user=user)).code == code
    with pytest.raises(Refused) as refusal:
        change_rule(seeded(), district(), "gas.ch4", 1, {"scope": {"area": "990101001"}}, wish(user=LOCAL))
    assert refusal.value.code == "scope"
    mine = create_rule(seeded(), district(), fields(scope={"area": "990101001"}), wish(user=LOCAL))
    assert mine.revision.by == "local"


@pytest.mark.parametrize("why", ["", "  "])
def test_a_version_needs_a_reason(why: str) -> None:
    assert refused(seeded(), district(), fields(), wish(why=why)).extra["missing"] == ["reason"]


def test_what_is_there_already_is_not_created_again() -> None:
    store = seeded(rule("gas.kitchen"))
    assert refused(store, district(), fields(), wish()).code == "exists"


def test_a_device_is_told_what_applies_to_it_and_why() -> None:
    device = Device("gas-1", "gas", HERE, model="enlink", attributes={"room": "kitchen"})
    rules = [
        rule(),
        rule("gas.kitchen", family="gas.ch4", scope=Scope(attributes={"room": "kitchen"})),
        rule("gas.off", enabled=False),
        rule("gas.other_model", scope=Scope(model="shelly")),
        rule("gas.elsewhere", scope=Scope(area="990101002")),
        rule("gas.hall", scope=Scope(attributes={"room": "hall"})),
        rule("gas.single", scope=Scope(device="gas-9")),
        rule("light.lamp", kind="light"),
    ]
    found = {applied.rule.id: (applied.standing, applied.about) for applied in applying(device, rules)}
    assert found == {
        "gas.kitchen": (Standing.IN_FORCE, "kind=gas room=kitchen"),
        "gas.ch4": (Standing.BEATEN, "gas.kitchen"),
        "gas.off": (Standing.DISABLED, ""),
        "gas.other_model": (Standing.MODEL, "shelly"),
        "gas.elsewhere": (Standing.AREA, "990101002"),
        "gas.hall": (Standing.ATTRIBUTE, "room=hall"),
        "gas.single": (Standing.DEVICE, "gas-9"),
    }
    reach = reach_of(rules[0], rules, [device])
    assert (reach.covered, reach.won, reach.beaten_by) == (1, 0, (("gas.kitchen", 1),))
    assert [problem.field for problem in findings(rules[0], rules, reach) if problem.weight is Weight.WARNING][
        -1
    ] == "scope"


@pytest.mark.parametrize(("attributes", "asked"), [({}, True), ({"main": "M-1"}, False)])
def test_a_group_by_what_no_device_has_is_asked_about(attributes: dict[str, str], asked: bool) -> None:
    device = Device("gas-1", "gas", HERE, attributes=attributes)
    grouped = rule(group=("main",))
    told = findings(grouped, [grouped], reach_of(grouped, [grouped], [device]))
    assert [problem.value for problem in told if problem.field == "group"] == (["main"] if asked else [])
    assert all(problem.weight is Weight.WARNING for problem in told)
    alone = rule()
    assert not [each for each in findings(alone, [alone], reach_of(alone, [alone], [device])) if each.field == "group"]


def test_a_difference_names_field_values_and_unit() -> None:
    before = rule()
    after = msgspec.structs.replace(
        before, version=2, scope=Scope(attributes={"zone": "a"}),
        levels=(Level(Severity.CRITICAL, limit=40.0, off_delay_ms=600_000), Level(Severity.MAJOR, limit=20.0)),
    )  # fmt: skip
    found = {each.field: (each.before, each.after, each.unit) for each in differences(before, after)}
    assert found["levels[critical].limit"] == (50.0, 40.0, "%LEL")
    assert found["levels[major].limit"] == (None, 20.0, "%LEL")
    assert found["scope.attributes.zone"] == (None, "a", "")
    assert found["levels[major].on_delay_ms"] == (None, 0, "ms")
    assert not any(name.startswith("levels[critical]") and name != "levels[critical].limit" for name in found)
    assert differences(before, before) == []


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("no_data_periods", "three", "a whole number"),
        ("enabled", "yes", "true or false"),
        ("realarm_after_ms", "x", "a whole number or null for none"),
        ("name_zh", 1, "words"),
    ],
)
def test_a_value_of_the_wrong_type_is_told_in_words_what_fits(field: str, value: object, remedy: str) -> None:
    read, found = drafted({**plain(rule()), field: value})
    assert read is None
    assert [(each.field, each.value, each.remedy) for each in found] == [(field, value, remedy)]


def test_every_default_rule_survives_its_draft() -> None:
    for each in default_rules():
        read, found = drafted(plain(each))
        assert (read, found) == (msgspec.structs.replace(each, version=1), []), each.id
        assert unit_of(each) is not None
