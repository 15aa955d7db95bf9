"""The whole platform of one data directory: every program with its exact environment."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit, urlunsplit

from services.stack.addresses import HOST
from services.stack.keys import Secrets
from services.stack.layout import Layout
from services.stack.program import Program
from services.stack.servers import alerting, kafka, mosquitto, postgres


@dataclass(frozen=True, slots=True)
class Options:
    """What ``up`` was asked for; the three addresses replace the embedded servers."""

    simulator: bool = True
    devices: int = 400
    seed: int = 1
    pace: str = "demo"
    kafka: str = ""
    mqtt: str = ""
    database: str = ""

    @classmethod
    def with_environment(cls, **asked: object) -> "Options":
        return cls(
            kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""),
            mqtt=os.environ.get("MQTT_URL", ""),
            database=os.environ.get("DATABASE_URL", ""),
            **asked,  # type: ignore[arg-type]
        )

    def save(self, layout: Layout) -> None:
        layout.options.touch(mode=0o600)
        layout.options.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, layout: Layout) -> "Options":
        try:
            return cls(**json.loads(layout.options.read_text()))
        except (OSError, ValueError, TypeError):
            return cls()


class Platform:
    """Addresses and programs that follow from a data directory, its ports, secrets and options."""

    def __init__(self, layout: Layout, ports: Mapping[str, int], secrets: Secrets, options: Options) -> None:
        self.layout = layout
        self.ports = ports
        self.secrets = secrets
        self.options = options

    @property
    def kafka(self) -> str:
        return self.options.kafka or f"{HOST}:{self.ports['kafka']}"

    @property
    def admin_database(self) -> str:
        return self.options.database or postgres.admin_url(self.ports["postgres"], self.secrets.database["admin"])

    @property
    def web(self) -> str:
        return f"http://{HOST}:{self.ports['web']}"

    def mqtt(self, account: str) -> str:
        return self.options.mqtt or mosquitto.url(self.ports["mqtt"], account, self.secrets.mqtt[account])

    def database(self, service: str) -> str:
        """The address of a service's own role."""
        parts = urlsplit(self.admin_database)
        place = f"{parts.hostname}:{parts.port or 5432}"
        login = f"linli_{service}:{self.secrets.database[service]}"
        return urlunsplit(("postgresql", f"{login}@{place}", "/linli", parts.query, ""))

    def urls(self) -> dict[str, str]:
        """Every address complete, with a demo account's credentials where one is needed."""
        return {
            "web": self.web,
            "mqtt": self.mqtt("demo"),
            "kafka": self.kafka,
            "database": self.database("api"),
            "prometheus": f"http://{HOST}:{self.ports['prometheus']}",
            "alertmanager": f"http://{HOST}:{self.ports['alertmanager']}",
        }

    def servers(self) -> list[Program]:
        """Prepare the embedded servers' directories; those that are given from outside are left out."""
        layout, ports, secrets = self.layout, self.ports, self.secrets
        made: list[Program] = []
        if not self.options.kafka:
            made.append(
                kafka.prepare(
                    tools=layout.tools,
                    templates=layout.templates,
                    home=layout.data / "kafka",
                    port=ports["kafka"],
                    controller_port=ports["kafka-controller"],
                )
            )
        if not self.options.database:
            home = layout.data / "postgres"
            made.append(postgres.prepare(home=home, port=ports["postgres"], password=secrets.database["admin"]))
        if not self.options.mqtt:
            made.append(
                mosquitto.prepare(
                    templates=layout.templates,
                    home=layout.data / "mosquitto",
                    port=ports["mqtt"],
                    passwords=secrets.mqtt,
                )
            )
        return made

    def watchers(self) -> list[Program]:
        """Who tells of a process that is down: last to start and first to stop, when none is down yet."""
        layout, ports = self.layout, self.ports
        return [
            alerting.prepare_prometheus(templates=layout.templates, home=layout.data / "prometheus", ports=ports),
            alerting.prepare_alertmanager(
                templates=layout.templates,
                home=layout.data / "alertmanager",
                ports=ports,
                token=self.secrets.webhook,
            ),
        ]

    def processes(self) -> list[Program]:
        """Linli's own processes, in the order in which they start."""
        demo_passwords = json.dumps(dict(self.secrets.demo), separators=(",", ":"))
        district = {"LINLI_DEVICES": str(self.options.devices), "LINLI_SEED": str(self.options.seed)}
        wanted = [
            self._process(
                "registry",
                30,
                LINLI_PACE=self.options.pace,
                LINLI_DEMO_PASSWORDS=demo_passwords,
                **district,
            ),
            self._process("history", 30),
            self._process("alarms", 30),
            self._process("tickets", 30),
            self._process(
                "notices", 30, LINLI_SESSION_SECRET=self.secrets.session,
                LINLI_PUBLIC_URL=f"http://{HOST}:{self._port('web')}",
            ),
            self._process(
                "oncall", 30, LINLI_WEBHOOK_PORT=self._port("oncall-webhook"),
                LINLI_WEBHOOK_TOKEN=self.secrets.webhook, LINLI_DISKS=str(self.layout.data),
            ),
            self._process(
                "api", 30, LINLI_HTTP_HOST=HOST, LINLI_HTTP_PORT=self._port("web"),
                LINLI_HTTP_COMPANIONS=self._port("api-beside"),
                LINLI_SESSION_SECRET=self.secrets.session, LINLI_PHOTO_DIR=str(self.layout.data / "photos"),
            ),
            self._process("streams", 40, LINLI_STATE_DIR=str(self.layout.data / "streams")),
            self._process("gateway", 50, MQTT_URL=self.mqtt("gateway")),
        ]  # fmt: skip
        if self.options.simulator:
            wanted.append(
                self._process(
                    "simulator",
                    60,
                    MQTT_URL=self.mqtt("simulator"),
                    LINLI_SIMULATOR_DEVICES=str(self.options.devices),
                    LINLI_SIMULATOR_SEED=str(self.options.seed),
                )
            )
        return wanted

    def provision(self) -> tuple[list[str], dict[str, str]]:
        """Command and environment of the one-shot that makes topics, roles and schemas."""
        passwords = {
            f"LINLI_{service.upper()}_PASSWORD": password
            for service, password in self.secrets.database.items()
            if service != "admin"
        }
        return [sys.executable, "-m", "services.provision.main"], {
            **self._shared(),
            "LINLI_ADMIN_DATABASE_URL": self.admin_database,
            **passwords,
        }

    def _port(self, name: str) -> str:
        return str(self.ports[name])

    def _shared(self) -> dict[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": self.kafka, "LINLI_DEMO": "1"}

    def _process(self, name: str, order: int, **environment: str) -> Program:
        module = "streams.app" if name == "streams" else f"services.{name}.main"
        if name == "simulator":
            module = "sensors.simulator.main"
        if name in self.secrets.database:
            environment["DATABASE_URL"] = self.database(name)
        return Program(
            name=name,
            argv=(sys.executable, "-m", module),
            order=order,
            environment={**self._shared(), "LINLI_METRICS_PORT": self._port(name), **environment},
            port=self.ports[name],
            health="/health",
        )
