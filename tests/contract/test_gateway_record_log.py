"""The gateway's log keeps one promise, in memory and on Kafka."""

import secrets
import threading
from collections.abc import Iterator

import pytest
from kafka.errors import OutOfOrderSequenceNumberError

from services.gateway.kafka import KafkaLog
from services.gateway.ports import Parcel, RecordLog
from streams.contracts import Tick, encode
from streams.contracts.topics import INPUTS
from tests.fakes.gateway import MemoryLog
from tests.integration.gateway_rig import tail_of
from tests.support import eventually


@pytest.fixture(params=["memory", "kafka"])
def log(request: pytest.FixtureRequest) -> Iterator[RecordLog]:
    if request.param == "memory":
        yield MemoryLog()
        return
    made = KafkaLog(request.getfixturevalue("kafka_servers"), client_id="contract", woken=lambda: None)
    assert made.start(threading.Event())
    yield made
    made.close()


def parcel(number: int, gateway: str = "contract-nobody") -> Parcel:
    return Parcel(INPUTS.name, b"contract", encode(Tick(gateway=gateway, at=number)), partition=3)


def collect(log: RecordLog, count: int) -> list[Parcel]:
    done: list[Parcel] = []

    def all_of_them() -> bool:
        done.extend(log.delivered())
        return len(done) >= count

    eventually(all_of_them)
    return done


def test_what_was_sent_is_delivered_once_in_order(log: RecordLog) -> None:
    parcels = [parcel(number) for number in range(200)]
    for sent in parcels:
        log.send(sent)
    assert collect(log, 200) == parcels
    assert log.delivered() in ((), [])
    assert log.waiting == 0
    assert log.waiting_bytes == 0


def test_what_waits_is_counted(log: RecordLog) -> None:
    first = parcel(1)
    log.send(first)
    assert log.waiting == 1
    assert log.waiting_bytes == len(first.value)
    collect(log, 1)
    assert log.waiting == 0


def test_a_producer_that_failed_for_good_is_replaced_and_all_of_it_sent_again(kafka_servers: str) -> None:
    name = f"gw-{secrets.token_hex(4)}"
    made = KafkaLog(kafka_servers, client_id="contract", woken=lambda: None)
    assert made.start(threading.Event())
    try:
        with tail_of(kafka_servers, name) as tail:
            parcels = [parcel(number, name) for number in range(10)]
            made._answers.append((0, parcels[0], OutOfOrderSequenceNumberError("planted")))
            for sent in parcels:
                made._waiting[sent] = None
                made._waiting_bytes += len(sent.value)
            assert collect(made, 10) == parcels
            eventually(lambda: len(tail.read().ticks) == 10)
            assert [tick.at for _, tick in tail.ticks] == list(range(10))
    finally:
        made.close()
