"""Rules and devices as a worker reads them: whole, before anything is told of them."""

import asyncio

import msgspec

from streams.agents.follower import Follower
from streams.contracts import Device, Level, Op, Rule, Severity
from tests.integration.streams_rig import Log


def test_nobody_is_told_of_a_version_that_has_long_been_replaced(kafka_servers: str, log: Log) -> None:
    rule = Rule(f"{log.run}.level", 1, log.run, "level", Op.GE, (Level(Severity.MINOR, 3),), "level", "液位", "Level")
    device = Device(f"{log.run}-1", log.run, "990103001001001")
    versions = range(1, 6)
    log.register(
        [msgspec.structs.replace(rule, version=version) for version in versions],
        [msgspec.structs.replace(device, version=version) for version in versions],
    )
    told: list[tuple[int, int]] = []

    async def follow() -> None:
        follower = Follower(
            kafka_servers,
            lambda read: told.append((read.rules[rule.id].version, read.devices[device.id].version)),
            most=1,
        )
        following = asyncio.create_task(follower.run())
        await asyncio.wait(
            {following, asyncio.create_task(follower.ready.wait())}, timeout=60, return_when="FIRST_COMPLETED"
        )
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(follow())
    assert told == [(5, 5)]
