"""Real servers on loopback that keep what they are sent: a webhook and a mail server."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Call:
    """One POST as it arrived."""

    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Webhook:
    """Answers each POST with what ``answer`` makes of it: status and body."""

    answer: Callable[[Call], tuple[int, bytes]]
    calls: list[Call] = field(default_factory=list)
    base: str = ""


@contextmanager
def webhook(answer: Callable[[Call], tuple[int, bytes]]) -> Iterator[Webhook]:
    hook = Webhook(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["content-length"]))
            call = Call(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}, json.loads(body))
            hook.calls.append(call)
            status, said = hook.answer(call)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{hook.base}/elsewhere")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """Mails as (recipients, raw text); ``refuse`` answers 550 to every recipient."""

    port: int = 0
    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    refuse: bool = False


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """As much of RFC 5321 as a client needs."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(b"220 linli.test")
            to: list[str] = []
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.say(b"354 go on")
                    box.mails.append((list(to), self.mail()))
                    self.say(b"250 kept")
                elif word == b"RCPT" and box.refuse:
                    self.say(b"550 no such person")
                elif word == b"QUIT":
                    self.say(b"221 bye")
                    return
                else:
                    if word == b"RCPT":
                        to.append(line.split(b"<")[1].split(b">")[0].decode())
                    self.say(b"250 ok")

        def mail(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            return b"".join(lines)

        def say(self, text: bytes) -> None:
            self.wfile.write(text + b"\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
