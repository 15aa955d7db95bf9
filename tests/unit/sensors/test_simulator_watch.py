"""What the simulator says of itself, and that its settings keep their secret."""

import json

import pytest

from sensors.simulator.settings import load
from sensors.simulator.watch import Watch


def test_it_is_healthy_while_its_loop_turns_and_the_broker_is_there() -> None:
    broker = [True]
    watch = Watch(lambda: broker[0])
    assert watch.report() == {"healthy": False, "connected": True, "loops": {}}, "its loop has not turned yet"
    watch.beat()
    assert watch.report()["healthy"] is True
    broker[0] = False
    assert watch.report()["healthy"] is False
    assert watch.report()["connected"] is False


def test_print_config_hides_the_brokers_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQTT_URL", "mqtt://simulator:hidden@broker:1883")
    with pytest.raises(SystemExit) as left:
        load(["--print-config"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert "hidden" not in told
    assert json.loads(told)["mqtt_url"] == "**********"
