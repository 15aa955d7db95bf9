"""Apache Kafka from its own jars: one KRaft node, no Docker, no archive to download."""

import os
import shutil
import subprocess
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from string import Template

from services.stack.addresses import HOST
from services.stack.program import Program
from streams.contracts import LinliError

VERSION = "4.3.1"
NAMES_ARE_UTF8 = {"LC_ALL": "C.UTF-8"}
"""Java takes the encoding of file names from the locale, and a bare one means ASCII."""


class KafkaNotPrepared(LinliError):
    """The storage directory could not be formatted; the message carries Kafka's own words."""


def libraries(tools: Path) -> Path:
    """Where the jars stand once they are installed."""
    return tools / f"kafka-{VERSION}"


def installed(tools: Path) -> bool:
    return any(libraries(tools).glob("kafka_2.13-*.jar"))


def install_command(checkout: Path, target: Path) -> list[str]:
    """The Maven call that resolves the jars with whatever repositories Maven is set up for."""
    return [
        "mvn", "-B", "-f", str(checkout / "deploy/kafka/pom.xml"), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={target}",
    ]  # fmt: skip


def prepare(
    *, tools: Path, templates: Path, home: Path, port: int, controller_port: int, heap_mb: int = 512
) -> Program:
    """Render the configuration and format the storage if it is new (or was left half-formatted).

    Raises:
        KafkaNotPrepared: the storage tool refused.
    """
    data = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    properties = home / "server.properties"
    template = Template((templates / "kafka/server.properties").read_text())
    values = {"host": HOST, "port": port, "controller_port": controller_port, "data_dir": data}
    properties.write_text(escaped(template.substitute(values)), encoding="ascii")
    if not (data / "meta.properties").exists():
        shutil.rmtree(data, ignore_errors=True)
        _format(tools, properties, home)
    return Program(
        name="kafka",
        argv=(*_java(tools, heap_mb), "kafka.Kafka", str(properties)),
        order=10,
        port=port,
        environment={**NAMES_ARE_UTF8, "LOG_DIR": str(home)},
    )


def _java(tools: Path, heap_mb: int) -> tuple[str, ...]:
    return (
        "java", f"-Xmx{heap_mb}m", f"-Xms{heap_mb // 2}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{libraries(tools)}/*",
    )  # fmt: skip


def escaped(text: str) -> str:
    r"""As a Java properties file wants it: ASCII, anything else as ``\uXXXX``."""
    units = text.encode("utf-16-be")
    codes = [units[at] << 8 | units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)


def cluster_id(home: Path) -> str:
    """A Kafka identifier (16 bytes, base64) of this directory; none may begin like an option."""
    digest = sha256(str(home).encode()).digest()
    return urlsafe_b64encode(bytes([digest[0] & 0x7F]) + digest[1:16]).decode().rstrip("=")


def _format(tools: Path, properties: Path, home: Path) -> None:
    cluster = cluster_id(home)
    done = subprocess.run(
        [*_java(tools, 256), "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)],
        env={**os.environ, **NAMES_ARE_UTF8},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KafkaNotPrepared(f"formatting {home}: {done.stderr.strip() or done.stdout.strip()}")
