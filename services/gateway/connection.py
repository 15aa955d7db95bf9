"""The socket below paho, read ahead and written together.

paho takes a message from its socket in four pieces and sends every acknowledgement by itself: five
system calls a message, more than all that the gateway does with it. Here a call of the system
fetches what has come, up to :data:`READ_AHEAD`, and one takes away the acknowledgements of a turn.
"""

import socket
import ssl
from typing import Any, Final

from paho.mqtt.client import Client

READ_AHEAD: Final = 64 * 1024
_LATER: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """A socket that does not block, as paho uses one; the owner calls :meth:`flush`.

    :meth:`send` always accepts. An error while flushing is raised by the next :meth:`send` or
    :meth:`recv`, where paho expects it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ahead = b""
        self._position = 0
        self._leaving = bytearray()
        self._error: OSError | None = None

    @property
    def unsent(self) -> bool:
        """Whether the system has not taken everything yet."""
        return bool(self._leaving)

    def recv(self, size: int) -> bytes:
        if self._position == len(self._ahead):
            self._raise_error()
            self._position = 0
            self._ahead = b""
            self._ahead = self._sock.recv(READ_AHEAD)
        begin = self._position
        piece = self._ahead[begin : begin + size]
        self._position = begin + len(piece)
        return piece

    def send(self, data: bytes | bytearray) -> int:
        self._raise_error()
        self._leaving += data
        return len(data)

    def flush(self) -> None:
        """Hand everything to the system, as far as it takes it now."""
        try:
            while self._leaving:
                del self._leaving[: self._sock.send(self._leaving)]
        except _LATER:
            return
        except OSError as error:
            self._error = error
            self._leaving.clear()

    def pending(self) -> int:
        """Bytes that were fetched already, and which the system therefore will not announce."""
        held = self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0
        return len(self._ahead) - self._position + held

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def close(self) -> None:
        """Send the last words (a DISCONNECT, usually) if they can go, and close."""
        self.flush()
        self._sock.close()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


class BufferedClient(Client):
    """paho's client on a :class:`Connection`; whoever writes with it flushes it."""

    def _create_socket(self) -> Any:
        return Connection(super()._create_socket())  # type: ignore[arg-type]

    @property
    def connection(self) -> Connection | None:
        sock: Any = self.socket()
        return sock if isinstance(sock, Connection) else None

    def write_together(self) -> None:
        """Write all that waits, in one call of the system."""
        if self.want_write():
            self.loop_write()
        if self.connection is not None:
            self.connection.flush()
