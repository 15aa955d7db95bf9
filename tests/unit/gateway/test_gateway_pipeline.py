"""The gateway between a broker and a Kafka that are both in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.gateway import handlers
from services.gateway.domain.letters import MAX_KEPT_BYTES, letter
from services.gateway.domain.limits import Limits
from services.gateway.domain.linger import Linger
from services.gateway.handlers import Gateway
from services.gateway.ports import Parcel
from services.gateway.replay import Replay
from streams.contracts import Batch, Command, CommandName, DeadLetter, Device, Tick, decode, decode_input, encode
from streams.contracts.topics import DEAD_LETTERS, INPUTS, QUARANTINE_KEY
from tests.fakes.gateway import ManualClock, MemoryLog

GRID = "990101001001001"
TOPIC = f"linli/v1/{GRID}/gas/gas-1/telemetry"


@dataclass
class Rig:
    """A gateway with its surroundings."""

    log: MemoryLog = field(default_factory=MemoryLog)
    clock: ManualClock = field(default_factory=ManualClock)
    devices: dict[str, Device] = field(default_factory=dict)
    beats: int = 0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.gateway = Gateway(
            name="gw",
            log=self.log,
            find=self.devices.get,
            clock=self.clock,
            beat=self._beat,
            linger=Linger(30),
            limits=self.limits,
        )

    def _beat(self) -> None:
        self.beats += 1

    def say(self, mid: int, topic: str = TOPIC, **message: Any) -> None:
        self.gateway.receive(mid, topic, json.dumps({"values": {"ch4_lel": 1.0}} | message).encode())

    def acknowledged(self, after_ms: int = 30) -> list[int]:
        """Let the window pass and Kafka answer."""
        self.clock.advance(after_ms)
        ready = self.gateway.turn()
        return [arrival.mid for arrival in ready + self.gateway.turn()]

    def batches(self) -> list[Batch]:
        return [r for r in map(_input, self.log.kept) if isinstance(r, Batch)]

    def letters(self) -> list[DeadLetter]:
        return [decode(p.value, DeadLetter) for p in self.log.kept if p.topic == DEAD_LETTERS.name]


def _input(parcel: Parcel) -> object:
    return decode_input(parcel.value) if parcel.topic == INPUTS.name else None


def test_a_registered_device_speaks_for_its_registered_grid() -> None:
    rig = Rig(devices={"gas-1": Device(id="gas-1", kind="gas", area="990101001001009")})
    rig.say(1, seq=1)
    assert rig.acknowledged() == [1]
    (batch,) = rig.batches()
    assert batch.grid == "990101001001009"
    assert [p.key for p in rig.log.kept if p.partition is None] == [b"990101001001009"]


def test_an_unknown_device_is_kept_in_quarantine() -> None:
    rig = Rig()
    rig.say(1)
    assert rig.acknowledged() == [1]
    assert rig.batches()[0].grid == QUARANTINE_KEY


def test_nothing_is_acknowledged_while_kafka_is_away_and_everything_afterwards() -> None:
    rig = Rig()
    rig.log.away = True
    for mid in range(1, 6):
        rig.say(mid)
        assert rig.acknowledged() == []
    rig.log.away = False
    assert rig.acknowledged() == [1, 2, 3, 4, 5]


def test_garbage_is_acknowledged_once_its_letter_is_safe() -> None:
    rig = Rig()
    rig.log.away = True
    rig.gateway.receive(1, TOPIC, b"\xff")
    rig.say(2)
    assert rig.acknowledged() == []
    rig.log.away = False
    assert rig.acknowledged() == [1, 2]
    (dead,) = rig.letters()
    assert (dead.reason, dead.payload, dead.origin) == ("utf-8", b"\xff", TOPIC)


def test_a_bug_costs_one_message_and_not_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    with monkeypatch.context() as patched:
        patched.setattr(handlers, "read", broken)
        rig.say(1)
    rig.say(2)
    assert rig.acknowledged() == [1, 2]
    (dead,) = rig.letters()
    assert dead.reason == "bug"
    assert "planted" in dead.trace
    assert len(rig.batches()) == 1


def test_a_tick_goes_to_every_partition_behind_what_came_before() -> None:
    rig = Rig()
    rig.gateway.turn()
    rig.clock.advance(999)
    rig.say(1)
    rig.clock.advance(1)
    rig.gateway.turn()
    rig.gateway.turn()
    kinds = [type(_input(parcel)) for parcel in rig.log.kept[INPUTS.partitions :]]
    assert kinds == [Batch] + [Tick] * INPUTS.partitions
    assert [p.partition for p in rig.log.kept[-INPUTS.partitions :]] == list(range(INPUTS.partitions))
    assert rig.beats == 2 * INPUTS.partitions


def test_ticks_do_not_pile_up_while_kafka_is_away() -> None:
    rig = Rig()
    rig.log.away = True
    for _ in range(600):
        rig.clock.advance(1_000)
        rig.gateway.turn()
    assert rig.log.waiting == INPUTS.partitions
    rig.log.away = False
    rig.clock.advance(1_000)
    rig.gateway.turn()
    rig.gateway.turn()
    newest = [decode_input(p.value) for p in rig.log.kept[-INPUTS.partitions :]]
    assert {tick.at for tick in newest if isinstance(tick, Tick)} == {rig.clock.now()}


def test_the_gateway_is_full_by_messages_and_by_bytes() -> None:
    few = Rig(limits=Limits(messages=2, bytes=1_000_000))
    few.log.away = True
    few.say(1)
    assert not few.gateway.full
    few.say(2)
    assert few.gateway.full
    small = Rig(limits=Limits(messages=1_000, bytes=2_000))
    small.log.away = True
    small.say(1, filler="x" * 2_000)
    assert small.gateway.full


def test_a_lost_connection_leaves_only_what_is_on_its_way_to_kafka() -> None:
    rig = Rig()
    rig.log.away = True
    rig.say(1)
    rig.clock.advance(30)
    rig.gateway.turn()
    rig.say(2)
    rig.gateway.disconnected()
    assert rig.gateway.waiting == 0
    rig.log.away = False
    assert rig.acknowledged() == []
    rig.say(2)
    assert rig.acknowledged() == [2]
    assert len(rig.batches()) == 2


def test_a_bundle_too_large_for_kafka_is_halved() -> None:
    rig = Rig(devices={})
    wide = {f"metric-{number:03}-{'x' * 90}": 1.0 for number in range(200)}
    body = json.dumps([{"values": wide, "seq": seq} for seq in range(10)]).encode()
    assert len(body) < MAX_KEPT_BYTES
    for mid in range(1, 7):
        rig.gateway.receive(mid, TOPIC, body)
    assert rig.acknowledged() == [1, 2, 3, 4, 5, 6]
    assert len([s for batch in rig.batches() for s in batch.samples]) == 60
    assert max(len(p.value) for p in rig.log.kept) < 1_000_000


def test_a_letter_is_the_same_letter_when_the_same_bytes_come_again() -> None:
    first = letter(TOPIC, b"x" * 300_000, "size", "too large", at=1)
    again = letter(TOPIC, b"x" * 300_000, "size", "too large", at=2)
    assert first.id == again.id
    assert first.truncated
    assert len(first.payload) == MAX_KEPT_BYTES
    assert len(encode(first)) < 900_000
    assert letter(TOPIC + "/b", b"x", "json", "\udcff", at=1).detail == "?"


def test_a_replayed_letter_keeps_its_arrival_and_an_unreadable_one_stays_a_letter() -> None:
    sent: list[tuple[str, bytes, bytes]] = []
    replay = Replay(name="gw", find=lambda _: None, clock=ManualClock(5_000), send=lambda *r: sent.append(r))
    good = Command(id="1", action=CommandName.REPLAY, topic=TOPIC, payload=b'{"values":{"a":1}}', arrived=7, by="op")
    bad = Command(id="2", action=CommandName.REPLAY, topic=TOPIC, payload=b"{", arrived=8, by="op")
    replay([encode(good), b"not a command", encode(bad)])
    (inputs, _, first), (letters, _, second) = sent
    assert (inputs, letters) == (INPUTS.name, DEAD_LETTERS.name)
    batch = decode(first, Batch)
    assert (batch.at, batch.samples[0].at) == (5_000, 7)
    assert decode(second, DeadLetter).at == 8
