"""The commands of docs/howto/send-a-reading.md, run as they stand there, reach Kafka."""

import re
import secrets
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.gateway_rig import GRID, running_gateway, tail_of
from tests.support import eventually

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "send-a-reading.md"
SENSOR = "my-first-sensor"


def commands() -> list[str]:
    """Each ``mosquitto_pub`` of the page's shell blocks, continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("mosquitto_pub ")]


def test_the_commands_of_the_page_send_what_it_says(kafka_servers: str, mqtt_broker: Any, tmp_path: Path) -> None:
    shell = shutil.which("bash")
    if shell is None or shutil.which("mosquitto_pub") is None:
        pytest.fail("mosquitto_pub is needed to follow the page: apt-get install mosquitto-clients")
    wanted = commands()
    assert len(wanted) == 2
    sensor = f"{SENSOR}-{secrets.token_hex(4)}"
    name = f"gw-{secrets.token_hex(4)}"
    address = f"URL={shlex.quote(mqtt_broker.url('demo'))}; "
    with (
        tail_of(kafka_servers, name) as tail,
        running_gateway(kafka_servers, mqtt_broker.url("gateway"), name, tmp_path / "log"),
    ):
        for command in wanted:
            assert f"/{GRID}/gas/{SENSOR}/telemetry" in command
            subprocess.run([shell, "-ec", address + command.replace(SENSOR, sensor)], check=True, timeout=60)
        samples = eventually(lambda: found if len(found := tail.samples(sensor)) == 2 else None)
    assert [sample.values for sample in samples] == [{"ch4_lel": 3.1, "battery_pct": 97.0}, {"ch4_lel": 55.0}]
    assert {sample.kind for sample in samples} == {"gas"}
    assert not any(sample.quality for sample in samples)
