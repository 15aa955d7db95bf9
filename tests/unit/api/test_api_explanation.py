"""Why an alarm fired, through the front door."""

import pytest

from services.adapters.clock import RandomIds
from services.alarms.handlers import RecordTransitions
from services.history.domain import readings_of
from streams.contracts import AlarmState, Cause, Evidence, Sample
from tests.fakes.alarm_events import acknowledged
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform

S = 1_000


@pytest.fixture
def platform() -> MemoryPlatform:
    """A leak that three samples decided, acknowledged since, and one that is not ours."""
    made = MemoryPlatform()
    values = (52.0, 55.0, 60.0)
    samples = tuple(
        Evidence(NOW - 20_000 + n * 10_000, NOW - 19_900 + n * 10_000, value, partition=3, offset=70 + n)
        for n, value in enumerate(values)
    )
    made.leak("e2", "gas-1", HERE, since=samples[0].ts, samples=samples, value=60.0)
    made.leak("e3", "gas-2", THERE)
    for sample in samples:
        made.history.store(readings_of(Sample("gas-1", "gas", sample.ts, sample.at, {"ch4_lel": sample.value})), [])
    RecordTransitions(made.alarms, RandomIds())([acknowledged("e2", device="gas-1", grid=HERE, at=NOW + 30 * S)])
    return made


def test_it_names_the_rule_the_limit_the_delay_and_the_samples_with_their_records(platform: MemoryPlatform) -> None:
    body = platform.as_("grid_manager").get("/api/v1/alarms/e2/explanation").json()
    assert (body["rule"], body["rule_version"], body["limit"], body["unit"]) == ("gas.ch4", 1, 50.0, "%LEL")
    assert (body["since"], body["decided_at"], body["severity"]) == (NOW - 20_000, NOW, "critical")
    rule = platform.rules.get_rule("gas.ch4")
    assert rule is not None
    level = rule.levels[0]
    assert body["delay"]["on_delay_ms"] == level.on_delay_ms
    assert body["delay"]["clear_at"] == 50.0 - level.deadband
    assert [(s["value"], s["partition"], s["offset"], s["held_ms"]) for s in body["samples"]] == [
        (52.0, 3, 70, 0), (55.0, 3, 71, 10_000), (60.0, 3, 72, 20_000),
    ]  # fmt: skip
    assert [s["left_ms"] for s in body["samples"]] == [max(0, level.on_delay_ms - n * 10_000) for n in range(3)]


def test_it_is_told_in_both_languages_step_by_step_with_the_chart(platform: MemoryPlatform) -> None:
    body = platform.as_("grid_manager").get("/api/v1/alarms/e2/explanation").json()
    assert "≥ 50 %LEL" in body["text"]["zh"]
    assert "≥ 50 %LEL" in body["text"]["en"]
    assert [step["cause"] for step in body["steps"]] == [Cause.CONFIRMED, Cause.ACKNOWLEDGED]
    assert "duty 在" in body["steps"][1]["text"]["zh"]
    assert "duty acknowledged it" in body["steps"][1]["text"]["en"]
    assert {52.0, 55.0, 60.0} <= {point["value"] for point in body["chart"]["points"]}
    assert (body["chart"]["metric"], body["chart"]["unit"]) == ("ch4_lel", "%LEL")


def test_a_version_that_is_no_longer_kept_leaves_what_depends_on_it_null(platform: MemoryPlatform) -> None:
    platform.leak("e4", "gas-1", HERE, rule_version=9, old=AlarmState.NORMAL)
    body = platform.as_("grid_manager").get("/api/v1/alarms/e4/explanation").json()
    assert (body["delay"], body["condition"], body["rule_name"], body["rule_version"]) == (None, None, None, 9)
    assert "no longer kept" in body["text"]["en"]


@pytest.mark.parametrize(("alarm", "role", "status"), [
    ("e3", "grid_manager", 403), ("none", "grid_manager", 404), ("e2", "citizen", 403),
])  # fmt: skip
def test_who_may_not_see_an_alarm_is_not_told_why(platform: MemoryPlatform, alarm: str, role: str, status: int) -> None:
    answer = platform.as_(role).get(f"/api/v1/alarms/{alarm}/explanation")
    assert answer.status_code == status
    assert answer.json()["remedy"]
