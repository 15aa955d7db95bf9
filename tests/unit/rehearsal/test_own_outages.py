"""The platform's own outage is nobody's silence, in a rehearsal as live; a silence during it that goes on is one."""

from collections.abc import Collection

import pytest

from sensors.kinds import KINDS
from services.rehearsal.domain import Episode, Outages, Scope, Stored, records
from services.rehearsal.domain.feed import TICK_MS
from services.rehearsal.domain.report import Away
from services.rehearsal.handlers import RehearseRule, Result
from streams.contracts import Device, Op, Rule
from streams.rules import DEFAULT_CLOCK
from tests.fakes.archive import MemoryArchive
from tests.unit.rehearsal.test_group_rehearsals import FEEDER, LAMPS, says
from tests.unit.rehearsal.test_rehearsals import GRID, T0, H, M, S

SILENT = next(rule for kind in KINDS.values() for rule in kind.rules if rule.op is Op.SILENT and rule.kind == "gas")
GAS = [Device(f"g{n}", "gas", GRID, period_s=60) for n in range(4)]
AWAY = (2 * H, 5 * H)
END = 12 * H
NIGHT = range(-6 * H, END, M)


def heard(*away: tuple[int, int]) -> set[int]:
    """A tick each second, but while the platform was away; one in each ten seconds says as much."""
    return {T0 + at for at in range(-6 * H, END, 10 * S) if not any(a <= at < b for a, b in away)}


def silent(away: Collection[tuple[int, int]], dark: Collection[tuple[int, int]] = ()) -> MemoryArchive:
    """Four detectors, once a minute; ``g0`` says nothing while it is ``dark``."""
    stored = [
        Stored(T0 + at + 100, device.id, T0 + at, "ch4_lel", 1.0, "good", ())
        for device in GAS for at in NIGHT
        if not any(a <= at < b for a, b in [*away, *(dark if device.id == "g0" else ())])
    ]  # fmt: skip
    return MemoryArchive(sorted(stored), {SILENT.id: SILENT}, list(GAS), heard(*away))


def lamps(away: Collection[tuple[int, int]], dark: Collection[tuple[int, int]]) -> MemoryArchive:
    """Ten lamps of one feeder, once a minute."""
    stored: list[Stored] = []
    for number, lamp in enumerate(LAMPS):
        for at in range(-2 * H, 7 * H, M):
            after = at + number * 3 * S + 400
            if not any(a <= after < b for a, b in [*away, *dark]):
                stored += says(lamp, T0 + after, 58.0)
    return MemoryArchive(sorted(stored), {FEEDER.id: FEEDER}, list(LAMPS), heard(*away))


def run(rule: Rule, archive: MemoryArchive, **scope: str) -> Result:
    return RehearseRule(archive)(rule, Scope(T0, T0 + END, **scope))


def feeders(archive: MemoryArchive) -> list[Episode]:
    return RehearseRule(archive)(FEEDER, Scope(T0, T0 + 7 * H)).rehearsed


def test_an_outage_of_the_platform_is_nobodys_silence() -> None:
    archive = silent([AWAY])
    assert run(SILENT, archive).rehearsed == []
    archive.heard = heard()
    assert len(run(SILENT, archive).rehearsed) == 4, "with ticks the same readings are four silences"


def test_a_rehearsal_says_how_long_the_platform_was_away() -> None:
    result = run(SILENT, silent([AWAY, (8 * H, 8 * H + 30 * M)]))
    assert result.away == Away(2, 3 * H + 30 * M, T0 - 6 * H)
    assert not result.away.unknown_before(T0)


def test_a_device_that_stays_dark_behind_the_outage_is_silent_from_then_on() -> None:
    (episode,) = run(SILENT, silent([AWAY], dark=[(H + 30 * M, 9 * H)]), device="g0").rehearsed
    assert episode.device == "g0"
    assert episode.at >= T0 + AWAY[1] + SILENT.no_data_after_ms, "its whole period counts from the return"


def test_who_is_dark_while_only_its_own_scope_is_quiet_is_silent() -> None:
    """Nothing of the scope arrived for as long as in an outage; but the log went on."""
    archive = silent([], dark=[AWAY])
    (episode,) = run(SILENT, archive, device="g0").rehearsed
    assert T0 + AWAY[0] < episode.at < T0 + AWAY[1]


def test_an_outage_is_no_feeder_outage_and_a_dark_feeder_is_one_meanwhile() -> None:
    assert feeders(lamps([AWAY], [])) == []
    (alone,) = feeders(lamps([], [AWAY]))
    assert AWAY[0] < alone.at - T0 < AWAY[0] + 10 * M
    (both,) = feeders(lamps([AWAY], [(AWAY[0] - 30 * S, AWAY[1] + H)]))
    assert AWAY[1] < both.at - T0 < AWAY[1] + 10 * M, "judged when there is a log again"


@pytest.mark.parametrize("length", [110 * S, 130 * S, 3 * M, 4 * M, 5 * M, 7 * M])
@pytest.mark.parametrize("phase", [0, 43 * S])
def test_however_short_an_outage_is_no_feeder_is_out_because_of_it(length: int, phase: int) -> None:
    """Three periods of silence and the rule's delay must not both fit in before the lamps can speak again."""
    begin = AWAY[0] + phase
    assert feeders(lamps([(begin, begin + length)], [])) == []


def test_nothing_runs_out_for_a_group_while_nobody_wrote_time() -> None:
    """Lamps fall silent four minutes before the platform goes: live, that is judged when it is back."""
    dark = (AWAY[0] - 4 * M, AWAY[1] + H)
    (episode,) = feeders(lamps([AWAY], [dark]))
    assert not T0 + AWAY[0] < episode.at < T0 + AWAY[1]


def test_a_hole_as_short_as_chance_is_none() -> None:
    archive = silent([(2 * H, 2 * H + DEFAULT_CLOCK.outage)])
    assert run(SILENT, archive).away.stretches == 0


def test_what_was_before_the_first_note_is_taken_for_presence_and_said() -> None:
    archive = silent([AWAY])
    archive.heard = {at for at in archive.heard if at >= T0 + 6 * H}
    result = run(SILENT, archive)
    assert (len(result.rehearsed), result.away.stretches) == (4, 0)
    assert result.away.unknown_before(T0)
    archive.heard = set()
    assert run(SILENT, archive).away == Away(0, 0, None)


def test_an_outage_at_the_end_of_the_period_is_told_as_far_as_it_goes() -> None:
    result = run(SILENT, silent([(10 * H, END)]))
    assert (result.rehearsed, result.away.ms) == ([], 2 * H)


def test_ticks_stop_where_the_platform_went_and_go_on_where_it_came_back() -> None:
    hole = (T0 + 90 * S, T0 + 10 * M + 7 * S)
    made = [record.at - T0 for record in records([], {}, T0, T0 + 12 * M, away=[hole])]
    back = 10 * M + 7 * S
    assert made == [0, TICK_MS, 90 * S, back, back + TICK_MS, 12 * M]


def test_outages_are_cut_to_the_period() -> None:
    stretches = ((T0 - H, T0 + M), (T0 + H, T0 + H + M), (T0 + 2 * H, T0 + 3 * H))
    assert Away.of(Outages(stretches, T0 - 9 * H), T0, T0 + 2 * H + M) == Away(3, 3 * M, T0 - 9 * H)
    assert Away.of(Outages(stretches, None), T0 + 4 * H, T0 + 5 * H) == Away(0, 0, None)
