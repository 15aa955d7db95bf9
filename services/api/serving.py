"""The web server inside the process: uvicorn on a thread, ended by the process's own stop signal."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.process import Loop
from services.api.live.hub import Hub

LOOP = "http"
GRACE_S = 5
BACKLOG = 256


def http(app: FastAPI, listener: socket.socket, hub: Hub, health: Health) -> Loop:
    """A loop that answers on ``listener``, and closes it in the end."""

    def run(stop: threading.Event) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        server = uvicorn.Server(config)
        host, port, *_ = listener.getsockname()
        logging.get(__name__).info("answering", host=host, port=port)
        watcher = threading.Thread(target=_watch, args=(server, stop, hub, health), name="http watcher", daemon=True)
        watcher.start()
        server.run(sockets=[listener])
        stop.set()

    return run


def listening(host: str, port: int, *, shared: bool = False, beside: bool = False) -> socket.socket:
    """A socket whose connections send at once what they are given.

    A ``shared`` one is the first of several that processes of ours listen on together, and ``beside`` such a one
    the others: the kernel deals connections out among them. The first sees to it that nobody else is among them.

    asyncio asks for that only where a socket names its protocol, and :func:`socket.create_server` names none.
    Without it the end of an answer waits until the other side has confirmed its beginning, which a peer may put
    off for 40 ms: every short answer on a connection that is kept open.

    Raises:
        OSError: the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if shared:
        with socket.create_server((host, port), family=family) as alone:
            port = alone.getsockname()[1]
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared or beside)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
    return listener


def _watch(server: uvicorn.Server, stop: threading.Event, hub: Hub, health: Health) -> None:
    while not stop.wait(1.0):
        if server.started:
            health.beat(LOOP)
    server.should_exit = True
    hub.close()  # open streams would hold the shutdown until its grace is over
