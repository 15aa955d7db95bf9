"""Every process of docker-compose.yml, started with the environment that stands there: production, not the demo."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.stack import addresses
from tests.architecture.test_compose_file import PROCESSES, SECRETS, WORD, read
from tests.conftest import Database, MqttBroker, running_kafka
from tests.support import eventually

BIN = Path(sys.executable).parent
PORTS = ("LINLI_METRICS_PORT", "LINLI_HTTP_PORT", "LINLI_HTTP_COMPANIONS", "LINLI_WEBHOOK_PORT")


@pytest.fixture
def own_kafka(server_directory: Path) -> Iterator[str]:
    """A broker of its own: what these processes publish is nobody else's to read."""
    for broker in running_kafka(server_directory / "kafka-compose"):
        yield broker.bootstrap


@pytest.fixture
def environments(
    own_kafka: str, mqtt_broker: MqttBroker, database: Database, tmp_path: Path
) -> dict[str, dict[str, str]]:
    """By process what compose gives it; of that only addresses, ports and folders are this machine's."""
    secrets = {
        **dict.fromkeys(SECRETS, WORD),
        **{f"{role.upper()}_PASSWORD": word for role, word in database.passwords.items()},
        "LINLI_MQTT_GATEWAY_PASSWORD": mqtt_broker.passwords["gateway"],
        "LINLI_MQTT_SIMULATOR_PASSWORD": mqtt_broker.passwords["simulator"],
    }
    done = read(**secrets)
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    here = {
        r"\bkafka:9092\b": own_kafka,
        r"@mosquitto:1883\b": f"@{addresses.HOST}:{mqtt_broker.port}",
        r"@postgres:5432/linli\b": f"@{addresses.HOST}:{database.server.port}/{database.name}",
        r"^/var/lib/linli/streams$": str(tmp_path / "streams"),
        r"/watched/\w+": str(tmp_path),
    }
    taken = set(addresses.USUAL.values())
    found: dict[str, dict[str, str]] = {}
    for name in ("provision", *PROCESSES):
        mine = {key: str(value) for key, value in services[name]["environment"].items()}
        for variable, value in mine.items():
            for there, replacement in here.items():
                mine[variable] = value = re.sub(there, replacement, value)  # noqa: PLW2901 - one after the other
            if variable in PORTS:
                taken.add(port := addresses.any_free(taken))
                mine[variable] = str(port)
        found[name] = mine
    found["provision"] |= {
        "LINLI_ADMIN_DATABASE_URL": database.server.admin_url(),
        "LINLI_DATABASE_NAME": database.name,
    }
    return found


@pytest.mark.slow
def test_each_process_starts_is_healthy_and_ends_with_exactly_its_environment(
    environments: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    def start(name: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.log").open("wb") as log:
            environment = {"PATH": os.environ["PATH"], **environments[name]}
            return subprocess.Popen([BIN / f"linli-{name}"], env=environment, cwd=tmp_path, stdout=log, stderr=log)

    def words(name: str) -> str:
        return (tmp_path / f"{name}.log").read_text(errors="replace")[-2000:]

    assert start("provision").wait(timeout=120) == 0, words("provision")
    running = {name: start(name) for name in PROCESSES}
    try:
        for name, process in running.items():
            address = f"http://{addresses.HOST}:{environments[name]['LINLI_METRICS_PORT']}"

            def healthy(process: subprocess.Popen[bytes] = process, name: str = name, at: str = address) -> bool:
                assert process.poll() is None, words(name)
                try:
                    return httpx.get(f"{at}/health", timeout=5, trust_env=False).status_code == httpx.codes.OK
                except httpx.TransportError:
                    return False

            eventually(healthy, within_s=120, every_s=0.2, what=f"{name} is healthy")
            assert "linli_" in httpx.get(f"{address}/metrics", timeout=5, trust_env=False).text, name
        web = f"http://{addresses.HOST}:{environments['api']['LINLI_HTTP_PORT']}"
        assert httpx.get(f"{web}/sign-in", timeout=10, trust_env=False).status_code == httpx.codes.OK
        administrator = {"name": "administrator", "password": WORD}
        signed = eventually(
            lambda: _signed_in(web, administrator), within_s=60, every_s=0.5, what="the administrator signs in"
        )
        assert json.loads(signed)["token"]
        demo = httpx.post(
            f"{web}/api/v1/tokens", json={"name": "operator", "password": WORD}, timeout=10, trust_env=False
        )
        assert demo.status_code == httpx.codes.UNAUTHORIZED
    finally:
        for process in running.values():
            process.terminate()
        ended = {name: process.wait(timeout=60) for name, process in running.items()}
    assert ended == dict.fromkeys(PROCESSES, 0)


def _signed_in(web: str, who: dict[str, str]) -> str:
    answer = httpx.post(f"{web}/api/v1/tokens", json=who, timeout=10, trust_env=False)
    return answer.text if answer.is_success else ""
