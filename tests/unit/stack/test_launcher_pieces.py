import json
import os
import socket
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from supervisor.datatypes import dict_of_key_value_pairs

from services.stack import addresses, keys, orphans, supervise, up
from services.stack.condition import SAMPLE, Process, Status
from services.stack.layout import DataDirectoryUnusable, Layout
from services.stack.platform import Options, Platform
from services.stack.program import Program
from services.stack.servers import kafka


def test_a_taken_port_is_replaced_and_the_choice_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    with addresses.chosen(file) as first:
        assert len(set(first.values())) == len(addresses.USUAL)
    with socket.socket() as holder:
        holder.bind((addresses.HOST, first["web"]))
        with addresses.chosen(file) as second:
            pass
    assert second["web"] != first["web"]
    assert {name: port for name, port in second.items() if name != "web"} == {
        name: port for name, port in first.items() if name != "web"
    }
    assert addresses.remembered(file) == second


def test_starts_at_the_same_moment_choose_apart_and_a_killed_one_keeps_nothing(tmp_path: Path) -> None:
    starting = (
        "import sys, pathlib; from services.stack import addresses\n"
        "with addresses.chosen(pathlib.Path(sys.argv[1])): print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starting, tmp_path / "one.json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        theirs = addresses.remembered(tmp_path / "one.json")
        with addresses.chosen(tmp_path / "two.json") as ours:
            assert not set(theirs.values()) & set(ours.values())
        other.kill()
    with addresses.chosen(tmp_path / "one.json") as again:
        assert set(theirs.items()) & set(again.items()), "nobody listens on them, and nobody claims them"


def test_a_damaged_port_file_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text("{half")
    assert addresses.remembered(file) == {}


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = keys.load_or_make(file)
    assert keys.load_or_make(file) == made
    assert file.stat().st_mode & 0o077 == 0
    words = [*made.database.values(), *made.mqtt.values(), *made.demo.values(), made.session, made.webhook]
    assert len(set(words)) == len(words)


def test_secrets_of_an_earlier_version_get_what_is_new_and_keep_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = keys.load_or_make(file)
    old = json.loads(file.read_text())
    del old["database"]["notices"]
    file.write_text(json.dumps(old))
    grown = keys.load_or_make(file)
    assert grown.database.keys() == made.database.keys()
    assert {**grown.database, "notices": ""} == {**made.database, "notices": ""}
    assert (grown.mqtt, grown.demo, grown.session, grown.webhook) == (made.mqtt, made.demo, made.session, made.webhook)
    assert keys.load_or_make(file) == grown
    assert file.stat().st_mode & 0o777 == 0o600


def test_damaged_secrets_say_what_that_means(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"database": ')
    with pytest.raises(keys.SecretsUnreadable, match="--data"):
        keys.load_or_make(file)


@pytest.mark.parametrize("name", ["d", "数"])
def test_a_data_directory_of_any_depth_has_a_socket_that_can_be_bound(name: str) -> None:
    """As the manager binds it: first with its process number behind the name. A character may be three bytes."""
    for depth in range(1, 130):
        place = os.fsencode(Layout(Path("/nowhere") / (name * depth)).socket) + b".4194304"
        with socket.socket(socket.AF_UNIX) as tried, pytest.raises(FileNotFoundError):
            tried.bind(place)
    assert Layout(Path("/x")).socket == Path("/x/run/control.sock")


def test_a_file_in_the_way_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DataDirectoryUnusable, match="--data"):
        Layout(tmp_path / "data").make()


def test_the_manager_config_survives_awkward_values(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    value = '{"a": "b%c\\d"}'
    program = Program("api", ("/bin/pro gram", "-m", "x"), 30, environment={"SECRET": value}, port=1)
    supervise.write_config(layout, [program])
    assert layout.supervisor_config.stat().st_mode & 0o077 == 0
    config = RawConfigParser()
    config.read(layout.supervisor_config)
    section = config["program:api"]
    assert section["command"].startswith('"/bin/pro gram"')
    read = dict_of_key_value_pairs(section["environment"].replace("%%", "%"))
    assert read["SECRET"] == value
    assert read[supervise.MARK] == str(tmp_path)


def test_restarts_are_counted_from_the_managers_log(tmp_path: Path) -> None:
    log = tmp_path / "supervisord.log"
    log.write_text(
        "2026-11-22 10:00:00,000 INFO spawned: 'kafka' with pid 7\n"
        "2026-11-22 10:00:01,000 INFO spawned: 'gateway' with pid 8\n"
        "2026-11-22 10:00:02,000 INFO exited: gateway (terminated by SIGKILL; not expected)\n"
        "2026-11-22 10:00:03,000 INFO spawned: 'gateway' with pid 9\n"
    )
    assert supervise.restarts(log) == {"kafka": 0, "gateway": 1}
    assert supervise.restarts(tmp_path / "none") == {}


def test_options_survive_a_restart_and_a_missing_file(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    assert Options.load(layout) == Options()
    asked = Options(devices=7, simulator=False, pace="real")
    asked.save(layout)
    assert Options.load(layout) == asked


def test_outside_servers_replace_the_embedded_ones(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    secrets = keys.load_or_make(tmp_path / "secrets.json")
    options = Options(
        kafka="k:9092", mqtt="mqtt://u:p@m:1883", database="postgresql://boss:pw@db:6543/postgres?sslmode=require"
    )
    platform = Platform(layout, dict(addresses.USUAL), secrets, options)
    assert platform.urls()["kafka"] == "k:9092"
    assert platform.mqtt("gateway") == "mqtt://u:p@m:1883"
    password = secrets.database["tickets"]
    assert platform.database("tickets") == f"postgresql://linli_tickets:{password}@db:6543/linli?sslmode=require"
    by_name = {program.name: program for program in platform.processes()}
    assert by_name["gateway"].environment["MQTT_URL"] == "mqtt://u:p@m:1883"
    assert "DATABASE_URL" not in by_name["gateway"].environment
    assert "DATABASE_URL" not in by_name["streams"].environment
    assert json.loads(by_name["registry"].environment["LINLI_DEMO_PASSWORDS"]) == dict(secrets.demo)


def test_only_processes_that_need_a_secret_get_it(tmp_path: Path) -> None:
    secrets = keys.load_or_make(tmp_path / "secrets.json")
    platform = Platform(Layout(tmp_path), dict(addresses.USUAL), secrets, Options())
    for program in platform.processes():
        text = json.dumps(dict(program.environment))
        assert (secrets.session in text) == (program.name in {"api", "notices"})
        assert (secrets.webhook in text) == (program.name == "oncall")
        assert secrets.database["admin"] not in text


def test_a_stale_postmaster_lock_is_removed_and_a_live_one_is_not(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    assert not orphans.remove_stale_lock(tmp_path)
    lock.write_text("999999999\n")
    assert orphans.remove_stale_lock(tmp_path)
    assert not lock.exists()
    lock.write_text("1\n")  # alive, but nobody's database
    assert orphans.remove_stale_lock(tmp_path)


def test_metric_lines_are_read_with_and_without_labels() -> None:
    text = 'linli_x_total{a="b"} 2.0\nlinli_x_total{a="c"} 1e+03\n# HELP linli_y y\nlinli_y 5.0\n'
    assert SAMPLE.findall(text) == [("linli_x_total", "2.0"), ("linli_x_total", "1e+03"), ("linli_y", "5.0")]


def test_a_kafka_identifier_never_looks_like_an_option() -> None:
    made = {kafka.cluster_id(Path(f"/data/{number}")) for number in range(2_000)}
    assert len(made) == 2_000
    assert {len(name) for name in made} == {22}
    assert not [name for name in made if name.startswith("-")]


def test_a_damaged_port_file_is_explained_to_every_command(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    keys.load_or_make(layout.secrets)
    layout.ports.write_text('{"web": 80')
    with pytest.raises(up.NotReady, match=r"ports\.json.*lacks .*web.*\./linli up"):
        up.platform_of(layout)
    with addresses.chosen(layout.ports):
        pass
    assert up.platform_of(layout).web.startswith("http://127.0.0.1:")


def test_who_watches_starts_last_and_stops_first(tmp_path: Path) -> None:
    secrets = keys.load_or_make(tmp_path / "secrets.json")
    platform = Platform(Layout(tmp_path), dict(addresses.USUAL), secrets, Options())
    watchers = platform.watchers()
    assert {program.name for program in watchers} == {"prometheus", "alertmanager"}
    assert min(each.order for each in watchers) > max(each.order for each in platform.processes())


def test_a_platform_is_well_when_every_named_process_is() -> None:
    row = {"pid": 1, "state": "running", "port": 1, "restarts": 0, "lag": None}
    rows = [Process(name="api", healthy=True, **row), Process(name="history", healthy=False, **row)]  # type: ignore[arg-type]
    now = Status(ready=False, processes=rows, urls={})
    assert now.well(["api"])
    assert not now.well(["api", "history"])
    assert not now.well(["gateway"])


def test_a_server_that_dies_again_and_again_is_given_up_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    layout.make()
    (layout.logs / "kafka.log").write_text("starting\nERROR the log directory is another broker's\n\tat kafka.Kafka\n")
    platform = Platform(layout, dict(addresses.USUAL), keys.load_or_make(layout.secrets), Options())
    looks = [0]

    def status(*_: object) -> Status:
        looks[0] += 1
        kafka = Process("kafka", 1, "backoff", 9092, restarts=looks[0], healthy=False, lag=None)
        postgres = Process("postgres", 2, "running", 5432, restarts=9, healthy=True, lag=None)
        return Status(ready=False, processes=[kafka, postgres], urls={})

    monkeypatch.setattr(up.condition, "status", status)
    monkeypatch.setattr(up.time, "sleep", lambda _s: None)
    with pytest.raises(up.NotReady, match=r"kafka \(backoff \)(?s:.*)another broker's$") as raised:
        up._until(platform, lambda now: now.ready, "servers")
    assert looks == [up.HOPELESS]
    assert "postgres" not in str(raised.value)


def test_a_command_is_told_as_it_has_to_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_DATA", "/srv/linli")
    assert Layout(Path("/srv/linli")).command("down") == "./linli down"
    assert Layout(Path("/srv/other")).command("tour gas-leak") == "./linli tour gas-leak --data /srv/other"
