"""A call ladder over real processes: two of them, one killed, and every step still told once."""

from collections import Counter
from pathlib import Path

import pytest

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.alarms.handlers import AskOfAlarm
from services.alarms.postgres import PostgresAlarmStore
from streams.contracts import ActionName, Notice, decode
from streams.contracts.topics import NOTICES
from tests.conftest import Database
from tests.fakes.alarm_events import raised
from tests.integration.alarm_chain_rig import Chain
from tests.support import eventually

QUICK = {"LINLI_LADDER_SECOND_AFTER_S": "2", "LINLI_LADDER_LEADER_AFTER_S": "4", "LINLI_LADDER_ON_SITE_WITHIN_S": "5"}
STEPS = "SELECT what FROM alarms.call_steps WHERE incident = %s ORDER BY number"


@pytest.fixture
def chain(kafka_servers: str, database: Database, tmp_path: Path) -> Chain:
    database.migrate("registry", "history", "alarms", "tickets")
    return Chain(kafka_servers, database, tmp_path)


def test_a_ladder_climbs_through_a_kill_with_two_processes_and_tells_each_step_once(chain: Chain) -> None:
    incident, clock = f"gas-leak:{chain.device}", SystemClock()

    def steps() -> list[str]:
        return [what for (what,) in chain.rows(STEPS, incident)]

    with chain.process("alarms", **QUICK):
        with chain.process("alarms", **QUICK) as doomed:
            chain.publish([raised(f"e-{chain.name}", device=chain.device, at=clock.now())])
            eventually(lambda: "second" in steps(), within_s=60, what="the second grid worker is called")
            doomed.kill()
        eventually(lambda: {"leader", "district"} <= set(steps()), within_s=60, what="the district is called")
        with open_pool(chain.database.url("linli_api"), name="test") as pool:
            ask = AskOfAlarm(PostgresAlarmStore(pool), clock)
            ask(f"e-{chain.name}", ActionName.ACKNOWLEDGE, by="ann", command=f"c-{chain.name}")
        assert "acknowledged" in steps()
        chain.arrive(incident, clock.now())
        eventually(lambda: "arrived" in steps(), within_s=60, what="the crew's arrival")
        eventually(lambda: not chain.rows("SELECT 1 FROM alarms.outbox WHERE sent_at IS NULL"), what="an empty outbox")
    assert Counter(steps()) == Counter(
        ["started", "fire_call", "second", "leader", "district", "acknowledged", "arrived"]
    )
    sent = {notice.id: notice for notice in (decode(record, Notice) for record in chain.records(NOTICES))}
    mine = [notice.role for notice in sent.values() if notice.incident == incident]
    assert Counter(mine) == Counter(
        [
            "resident", "property", "gas_company", "grid_worker", "fire_caller", "second_grid_worker", "street_duty",
            "street_leader", "district",
        ]
    )  # fmt: skip
