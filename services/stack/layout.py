"""Where everything stands: the checkout, the data directory, and what is in it."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from streams.contracts import LinliError

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET = 107 - len(".4194304")
"""Bytes of a socket's path that the system takes, less the process number that the manager first binds it with."""
UNUSABLE = frozenset("%,'\"\\\n")
LEAST_FREE = 1_000_000_000


class DataDirectoryUnusable(LinliError):
    """The data directory cannot be written, or its disk is full; the message has the remedy."""


def default_data() -> Path:
    """PostgreSQL and mosquitto run as their own users and cannot enter root's home."""
    return Path("/var/lib/linli") if os.geteuid() == 0 else CHECKOUT / ".linli"


@dataclass(frozen=True, slots=True)
class Layout:
    """The data directory, from which every other path follows."""

    data: Path

    @classmethod
    def of(cls, data: Path | None) -> "Layout":
        """From ``--data``, else ``LINLI_DATA``, else the default."""
        chosen = data or Path(os.environ.get("LINLI_DATA") or default_data())
        return cls(chosen.expanduser().absolute())

    def command(self, words: str) -> str:
        """``./linli words`` as it has to be typed to reach this data directory."""
        return f"./linli {words}" + ("" if self.data == Layout.of(None).data else f" --data {self.data}")

    @property
    def tools(self) -> Path:
        """What set-up downloads for every data directory of this checkout."""
        return Path(os.environ.get("LINLI_TOOLS") or CHECKOUT / ".tools")

    @property
    def templates(self) -> Path:
        return CHECKOUT / "deploy"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def ports(self) -> Path:
        return self.data / "ports.json"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets.json"

    @property
    def options(self) -> Path:
        """What the last ``up`` was asked for."""
        return self.run / "options.json"

    @property
    def supervisor_config(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def supervisor_log(self) -> Path:
        return self.logs / "supervisord.log"

    @property
    def socket(self) -> Path:
        """The process manager's socket, elsewhere where the data directory's path is too long for one."""
        usual = self.run / "control.sock"
        if len(os.fsencode(usual)) <= LONGEST_SOCKET:
            return usual
        name = sha256(str(self.data).encode()).hexdigest()[:16]
        return Path(gettempdir()) / f"linli-{os.geteuid()}-{name}" / "control.sock"

    def make(self) -> None:
        """Create the folders.

        Raises:
            DataDirectoryUnusable: its path has odd characters, it cannot be written, or less than 1 GB is free.
        """
        if found := UNUSABLE.intersection(str(self.data)):
            raise DataDirectoryUnusable(
                f"数据目录 {self.data} 的路径含有不能使用的字符 / the data directory's path has characters that the "
                f"servers' settings cannot hold: {' '.join(sorted(found))}; name another with --data DIR"
            )
        try:
            for folder in (self.data, self.run, self.logs, self.socket.parent):
                folder.mkdir(parents=True, exist_ok=True)
            self.data.chmod(0o711)  # other users pass through to their own folder and list nothing
            for folder in (self.run, self.logs, self.socket.parent):
                folder.chmod(0o700)
            probe = self.run / "writable"
            probe.write_bytes(b"x" * 4096)
            probe.unlink()
        except OSError as error:
            raise DataDirectoryUnusable(
                f"数据目录 {self.data} 不能写入（{error.strerror}）；请换一个：./linli up --data DIR / "
                f"cannot write the data directory {self.data} ({error.strerror}); name another with --data DIR"
            ) from error
        system = os.statvfs(self.data)
        free = system.f_bavail * system.f_frsize
        if free < LEAST_FREE:
            raise DataDirectoryUnusable(
                f"{self.data} 所在磁盘只剩 {free // 1_000_000} MB，至少需要 1000 MB / only {free // 1_000_000} MB are "
                f"free where {self.data} stands and 1000 MB are needed; free some, or name another with --data DIR"
            )
