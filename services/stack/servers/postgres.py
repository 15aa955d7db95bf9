"""PostgreSQL from the distribution, on a data directory of its own, never as root."""

import os
import shutil
import subprocess
from pathlib import Path

from services.stack.addresses import HOST
from services.stack.program import Program
from streams.contracts import LinliError

SYSTEM_USER = "postgres"
ADMIN = "linli_admin"
PLACES = Path("/usr/lib/postgresql")


class PostgresNotPrepared(LinliError):
    """The data directory could not be made; the message carries initdb's own words."""


def binaries() -> Path | None:
    """The newest installed server's programs, where the distribution puts them."""
    found = sorted(
        (path.parent for path in PLACES.glob("*/bin/postgres")), key=lambda path: int(path.parent.name), reverse=True
    )
    if found:
        return found[0]
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def system_user() -> str | None:
    """PostgreSQL refuses to run as root: then it gets its own user, else ours."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def prepare(*, home: Path, port: int, password: str, fast: bool = False) -> Program:
    """Make the data directory if it is new (or was left half-made) and write its settings.

    ``fast`` gives up durability: for tests on throw-away directories only.

    Raises:
        PostgresNotPrepared: no server is installed, or initdb refused.
    """
    programs = binaries()
    if programs is None:
        raise PostgresNotPrepared("no PostgreSQL server is installed; apt-get install postgresql")
    data = home / "data"
    user = system_user()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "initialised").exists():
        shutil.rmtree(data, ignore_errors=True)
        _initialise(programs, home, data, password, user)
        (home / "initialised").touch()
    settings = [
        f"listen_addresses = '{HOST}'",
        f"port = {port}",
        "unix_socket_directories = ''",
        "max_connections = 120",
        "shared_buffers = 256MB",
        "log_min_messages = warning",
        "timezone = 'UTC'",
        "password_encryption = 'scram-sha-256'",
        *(["fsync = off", "synchronous_commit = off", "full_page_writes = off"] if fast else []),
    ]
    extra = data / "linli.conf"
    extra.write_text("\n".join(settings) + "\n")
    return Program(
        name="postgres",
        argv=(str(programs / "postgres"), "-D", str(data)),
        order=10,
        user=user,
        port=port,
        stop_signal="INT",  # fast shutdown: sessions are cut, nothing is lost
    )


def admin_url(port: int, password: str, database: str = "postgres") -> str:
    """The superuser's address."""
    return f"postgresql://{ADMIN}:{password}@{HOST}:{port}/{database}"


def _initialise(programs: Path, home: Path, data: Path, password: str, user: str | None) -> None:
    secret = home / "initdb-password"
    secret.write_text(password)
    if user:
        for path in (home, secret):
            shutil.chown(path, user, user)
    try:
        done = subprocess.run(
            [
                str(programs / "initdb"), "-D", str(data), "-U", ADMIN, "--pwfile", str(secret), "-A", "scram-sha-256",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
            ],
            capture_output=True,
            text=True,
            user=user,
            group=user,
            check=False,
        )  # fmt: skip
    finally:
        secret.unlink()
    if done.returncode:
        raise PostgresNotPrepared(f"initdb in {data}: {done.stderr.strip()}")
    with (data / "postgresql.conf").open("a") as main:
        main.write("include_if_exists 'linli.conf'\n")
