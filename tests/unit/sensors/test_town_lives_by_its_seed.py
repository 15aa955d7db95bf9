"""The simulated district: one seed, the same messages; hazards and faults as ordered."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sensors.codecs import ROUTES, read
from sensors.simulator.dialects import speak
from sensors.simulator.district import District, build
from sensors.simulator.ledger import entries
from sensors.simulator.orders import Order, read_order, targets
from sensors.simulator.scenarios import CLEAR, GARBAGE, SCENARIOS, Message, Said
from sensors.simulator.town import FIRST_WORDS_MS, Town, messages
from sensors.simulator.truth import Chronicle, Truth
from streams.contracts import Flag, Sample, Undecodable

START = 1_795_311_683_000
MINUTE = 60_000


@pytest.fixture(scope="module")
def district() -> District:
    return build(1, 200)


def play(district: District, *orders: tuple[int, Order], minutes: float = 3) -> list[Message]:
    timed = [(START + after, order) for after, order in orders]
    return list(messages(district, start=START, end=START + int(minutes * MINUTE), orders=timed))


def samples(district: District, said: list[Message], device: str = "") -> list[Sample]:
    known = {d.id: d for d in district.devices}
    made = []
    for message in said:
        if device in {"", message.device}:
            made += [
                r.sample for r in read(ROUTES, message.topic, message.payload, at=message.at, lookup=known.get).samples
            ]
    return made


def test_one_seed_gives_the_same_messages_and_another_seed_others(district: District) -> None:
    order = (20_000, Order("gas-leak"))
    assert play(district, order) == play(build(1, 200), order)
    assert play(district, minutes=0.2) != list(messages(district, start=START, end=START + 12_000, seed=2))


def test_messages_come_in_order_of_time(district: District) -> None:
    times = [message.at for message in play(district)]
    assert times == sorted(times)


def test_everybody_speaks_once_in_the_first_seconds(district: District) -> None:
    first = [message for message in play(district) if message.at <= START + FIRST_WORDS_MS]
    assert {message.device for message in first} == {device.id for device in district.devices}


def test_every_message_of_an_ordinary_day_is_read_and_belongs_to_its_device(district: District) -> None:
    for message in play(district):
        (sample,) = samples(district, [message])
        assert (sample.device, sample.at) == (message.device, message.at)
        assert set(sample.quality) <= {"battery_voltage"}


def test_a_faster_rate_means_more_messages(district: District) -> None:
    usual = len(play(district, minutes=5))
    fast = len(list(messages(district, start=START, end=START + 5 * MINUTE, rate=3.0)))
    assert 2 < fast / usual < 3.5


def test_a_gas_leak_passes_sixty_within_twenty_seconds_and_ends(district: District) -> None:
    said = play(district, (20_000, Order("gas-leak", for_s=60)), minutes=4)
    leak = samples(district, said, "gas-000001")
    early = [s for s in leak if START + 20_000 <= s.at <= START + 40_000]
    assert len(early) >= 15
    assert max(s.values["ch4_lel"] for s in early) > 60
    assert leak[-1].values["ch4_lel"] < 5
    assert leak[-1].values["alarm"] == 0
    neighbours = [s for d in ("gas-000002", "gas-000003") for s in samples(district, said, d)]
    assert 2 < max(s.values["ch4_lel"] for s in neighbours) < 10


def test_a_detector_that_speaks_another_dialect_can_leak_too(district: District) -> None:
    said = play(district, (10_000, Order("gas-leak", device="gas-000015")), minutes=1)
    assert max(s.values["ch4_lel"] for s in samples(district, said, "gas-000015")) > 60


def test_a_septic_tank_builds_up_slowly(district: District) -> None:
    said = play(district, (0, Order("septic-build-up", device="sep-000001")), minutes=12)
    curve = [s.values["ch4_vol"] for s in samples(district, said, "sep-000001")]
    assert curve[0] < 1.25
    assert max(curve) > 5.0
    half = curve[: len(curve) // 4]
    assert half[-1] > half[0]


def test_a_feeder_goes_dark_or_silent_and_comes_back(district: District) -> None:
    lamps = targets(Order("feeder-blackout"), district.devices)
    assert len(lamps) > 5
    said = play(district, (20_000, Order("feeder-blackout", for_s=60)), minutes=4)
    dark, silent = lamps[0].id, lamps[1].id
    during = [s for s in samples(district, said, dark) if START + 20_000 < s.at < START + 80_000]
    assert all(s.values["voltage_v"] == 0 for s in during)
    flags = [s.flags[0] for s in samples(district, said, silent) if s.flags and not s.values]
    assert flags == ["offline", "online"]
    gap = [s for s in samples(district, said, silent) if START + 26_000 < s.at < START + 80_000]
    assert gap == []
    assert samples(district, said, silent)[-1].values["voltage_v"] > 200


def test_a_fire_lane_is_blocked_for_as_long_as_ordered(district: District) -> None:
    (lane,) = targets(Order("blocked-fire-lane"), district.devices)
    said = play(district, (20_000, Order("blocked-fire-lane", for_s=60)), minutes=3)
    states = {s.at: s.values["occupied"] for s in samples(district, said, lane.id)}
    assert all(
        occupied == (START + 20_000 <= at < START + 80_000 or at == START + 80_000) for at, occupied in states.items()
    )


def test_silence_is_silence(district: District) -> None:
    said = play(district, (10_000, Order("silent", device="gas-000001", for_s=120)), minutes=3)
    assert [m for m in said if m.device == "gas-000001" and START + 10_000 < m.at < START + 130_000] == []
    assert [m for m in said if m.device == "gas-000001" and m.at > START + 131_000] != []


def test_a_stuck_sensor_repeats_itself(district: District) -> None:
    said = play(district, (10_000, Order("stuck", device="sep-000001", for_s=60)), minutes=1)
    values = [s.values for s in samples(district, said, "sep-000001") if s.at >= START + 10_000]
    assert len(values) > 10
    assert all(value == values[0] for value in values)


def test_a_noisy_sensor_has_wild_values_among_good_ones(district: District) -> None:
    said = play(district, (0, Order("noisy", device="gas-000001")), minutes=3)
    values = [s.values["ch4_lel"] for s in samples(district, said, "gas-000001")]
    wild = [value for value in values if value in {-100.0, 48.0, 9_999.0}]
    assert 0 < len(wild) < len(values) / 2


def test_duplicates_are_the_very_same_message(district: District) -> None:
    said = [m for m in play(district, (0, Order("duplicated", device="gas-000001"))) if m.device == "gas-000001"]
    assert said[0] == said[1]
    assert len(set(said)) == len(said) // 2


def test_messages_out_of_order_are_swapped_and_none_is_lost(district: District) -> None:
    order = (0, Order("out-of-order", device="gas-000001", for_s=60))
    times = [s.ts for s in samples(district, play(district, order), "gas-000001")]
    assert times != sorted(times)
    assert len(times) == len(set(times))
    numbers = [s.seq for s in samples(district, play(district, order), "gas-000001")]
    assert sorted(n for n in numbers if n is not None) == list(range(len(numbers)))


def test_a_clock_runs_fifty_one_seconds_ahead(district: District) -> None:
    said = play(district, (0, Order("clock-ahead", device="gas-000001")), minutes=1)
    assert {s.ts - s.at for s in samples(district, said, "gas-000001")} == {51_000}


def test_garbage_is_refused_and_the_real_messages_still_come(district: District) -> None:
    said = [m for m in play(district, (0, Order("garbage", device="gas-000001"))) if m.device == "gas-000001"]
    refused = 0
    for message in said:
        try:
            samples(district, [message])
        except Undecodable:
            refused += 1
            assert entries(message, {}) == []
    assert refused > len(GARBAGE)
    assert len(said) - refused > len(GARBAGE)


def test_a_self_test_is_flagged(district: District) -> None:
    said = play(district, (10_000, Order("self-test", device="gas-000001", for_s=20)), minutes=1)
    tested = [s for s in samples(district, said, "gas-000001") if s.values["ch4_lel"] == 55.0]
    assert tested
    assert all(s.flags == (Flag.TEST,) for s in tested)


def test_clearing_ends_what_runs(district: District) -> None:
    said = play(district, (0, Order("gas-leak", for_s=3_000)), (40_000, Order(CLEAR)), minutes=3)
    assert samples(district, said, "gas-000001")[-1].values["ch4_lel"] < 5


def test_the_town_tells_what_really_happened_once_it_is_over(district: District) -> None:
    town = Town(district, start=START)
    struck = town.order(Order("gas-leak", for_s=60), now=START + 1_000)
    town.order(Order("silent", device="sep-000001", for_s=600), now=START + 2_000)
    assert town.over(START + 60_999) == []
    (leak,) = town.over(START + 61_000)
    assert leak == Truth(tuple(d.id for d in struck), "gas-leak", START + 1_000, START + 61_000, ticket=True)
    assert town.over(START + 61_001) == []
    assert town.unfinished(START + 90_000) == [
        Truth(("sep-000001",), "silent", START + 2_000, START + 90_000, ticket=False)
    ]


def test_a_hazard_that_was_cleared_too_soon_deserves_no_ticket(district: District) -> None:
    town = Town(district, start=START)
    town.order(Order("blocked-fire-lane"), now=START)
    town.order(Order(CLEAR), now=START + 60_000)
    (truth,) = town.over(START + 60_000)
    assert (truth.cause, truth.end, truth.ticket) == ("fire-lane", START + 60_000, False)


def test_an_order_repeated_ends_the_first_event_and_begins_another(district: District) -> None:
    town = Town(district, start=START)
    for at in (0, 30_000):
        town.order(Order("septic-build-up", for_s=100), now=START + at)
    spans = [(truth.start - START, truth.end - START) for truth in town.over(START + 1_000_000)]
    assert spans == [(0, 30_000), (30_000, 130_000)]


def test_the_chronicle_is_written_in_the_words_of_the_format(tmp_path: Path) -> None:
    with Chronicle(tmp_path / "truth.jsonl") as chronicle:
        chronicle.write([Truth(("gas-000001",), "gas-leak", 1, 2, ticket=True)])
        chronicle.write([])
        text = (tmp_path / "truth.jsonl").read_text()
    assert text == '{"devices":["gas-000001"],"cause":"gas-leak","from":1,"to":2,"ticket":true}\n'


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense",
        b'{"scenario":"earthquake"}',
        b'{"scenario":"gas-leak","device":"nobody"}',
        b'{"scenario":"gas-leak","for_s":-1}',
        b'{"scenario":"gas-leak","for_s":"long"}',
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_reason(district: District, payload: bytes) -> None:
    with pytest.raises(Undecodable):
        read_order(payload, district.devices)


def test_a_lamp_cannot_leak_gas(district: District) -> None:
    order = read_order(b'{"scenario":"gas-leak","device":"lamp-000001"}', district.devices)
    with pytest.raises(Undecodable, match="cannot strike"):
        targets(order, district.devices)


def test_every_scenario_finds_its_device_in_the_default_district() -> None:
    devices = build(1, 400).devices
    assert all(targets(Order(key), devices) for key in SCENARIOS)


def test_an_order_in_a_district_without_the_kind_strikes_nobody() -> None:
    assert targets(Order("septic-build-up"), build(1, 1).devices) == []


def test_the_ledger_owes_exactly_the_readings_of_a_message(district: District) -> None:
    device = district.devices[0]
    message = speak(device, Said({"ch4_lel": 1.5, "alarm": 0.0}), at=START, seq=1)
    owed = entries(message, {device.id: device})
    assert [(e.device, e.metric, e.ts, e.value) for e in owed] == [
        ("gas-000001", "ch4_lel", START, 1.5),
        ("gas-000001", "alarm", START, 0.0),
    ]
    assert entries(replace(message, payload=b"?"), {}) == []


def test_the_howto_names_every_scenario_with_its_time() -> None:
    page = (Path(__file__).parents[3] / "docs" / "howto" / "order-a-hazard.md").read_text()
    for scenario in SCENARIOS.values():
        duration = f"{scenario.for_s / 60:.0f} min" if scenario.for_s >= 60 else f"{scenario.for_s:.0f} s"
        assert re.search(rf"\| `{scenario.key}` \| {scenario.name_zh} \| [^|]+ \| {duration} \|", page), scenario.key
