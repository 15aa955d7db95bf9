"""Composition root of the registry: seeds at its start, then relays its outbox and keeps its topics whole."""

from collections.abc import Sequence

from services.adapters.audit_watch import AuditWatch
from services.adapters.clock import SystemClock
from services.adapters.kafka import Sender
from services.adapters.outbox import Relay
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.adapters.retry import until_available
from services.registry import maintenance, seeding, sign_ins
from services.registry.kafka import Mirrored
from services.registry.looking import keep_looking
from services.registry.mirroring import Mirror, keep_whole
from services.registry.postgres import PostgresDevices, PostgresPeople, PostgresRules
from services.registry.settings import RegistrySettings
from streams.contracts.topics import DEVICES, RULES

PURPOSE = "Devices, areas, units, people and rules: seeds them, and mirrors them on Kafka."


def compose(settings: RegistrySettings, runtime: Runtime) -> dict[str, Loop]:
    """Seed, then hand back the loops; a stop while a server is away leaves by :class:`Stopped`."""
    clock = SystemClock()
    url = settings.database_url.get_secret_value()
    pool = runtime.resources.enter_context(open_pool(url, name="registry"))
    sender = Sender(settings.kafka_bootstrap_servers, client_id="linli-registry")
    runtime.resources.callback(sender.close)
    until_available(runtime.stop, "seed", lambda: seeding.prepare(settings, pool, clock))
    servers = settings.kafka_bootstrap_servers
    devices, people, rules = PostgresDevices(pool), PostgresPeople(pool), PostgresRules(pool)
    mirrors = [
        Mirror(RULES, rules, Mirrored(servers, RULES)),
        Mirror(DEVICES, devices, Mirrored(servers, DEVICES)),
    ]
    return {
        "outbox": Relay(url, "registry", sender, runtime.health).run,
        "tokens": lambda stop: keep_looking(stop, "tokens", lambda: sign_ins.look(people, clock.now()), runtime.health),
        "maintenance": lambda stop: keep_looking(
            stop, "maintenance", lambda: maintenance.look(devices, rules, clock.now()), runtime.health
        ),
        "mirror": lambda stop: keep_whole(stop, mirrors, runtime.health),
        "audit": AuditWatch(pool, "registry", clock, runtime.health).run,
    }


def main(argv: Sequence[str] | None = None) -> int:
    return run("registry", RegistrySettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    raise SystemExit(main())
