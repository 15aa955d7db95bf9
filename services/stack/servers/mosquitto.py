"""mosquitto from the distribution: persistent, with accounts and access rules, no anonymous client."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

from services.stack.addresses import HOST
from services.stack.program import Program
from streams.contracts import LinliError

SYSTEM_USER = "mosquitto"
ACCOUNTS = ("gateway", "simulator", "demo")


class MosquittoNotPrepared(LinliError):
    """No broker is installed, or the password file could not be written."""


def program_path() -> str | None:
    """Debian puts the broker where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def prepare(*, templates: Path, home: Path, port: int, passwords: Mapping[str, str]) -> Program:
    """Render the configuration, the accounts and their access rules.

    Raises:
        MosquittoNotPrepared: mosquitto or mosquitto_passwd is missing or refused.
    """
    broker = program_path()
    if broker is None:
        raise MosquittoNotPrepared("mosquitto is not installed; apt-get install mosquitto")
    data, config = home / "data", home / "config"
    for folder in (home, data, config):
        folder.mkdir(parents=True, exist_ok=True)
    user = SYSTEM_USER if os.geteuid() == 0 else None
    values = {"host": HOST, "port": port, "data_dir": data, "config_dir": config, "user": SYSTEM_USER}
    template = Template((templates / "mosquitto/mosquitto.conf").read_text())
    (config / "mosquitto.conf").write_text(template.substitute(values))
    shutil.copyfile(templates / "mosquitto/acl", config / "acl")
    _write_passwords(config / "passwords", passwords)
    for path in (*config.iterdir(), config, data, *data.iterdir()):
        if user:
            shutil.chown(path, user, user)
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Program(
        name="mosquitto",
        argv=(broker, "-c", str(config / "mosquitto.conf")),
        order=10,
        user=user,
        port=port,
    )


def url(port: int, user: str, password: str) -> str:
    """An account's address."""
    return f"mqtt://{user}:{password}@{HOST}:{port}"


def _write_passwords(file: Path, passwords: Mapping[str, str]) -> None:
    file.write_text("".join(f"{name}:{password}\n" for name, password in passwords.items()))
    file.chmod(0o600)
    done = subprocess.run(["mosquitto_passwd", "-U", str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MosquittoNotPrepared(f"mosquitto_passwd: {done.stderr.strip()}")
