"""A PostgreSQL of a bench's own, gone when it ends."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from services.stack import addresses, program
from services.stack.servers import postgres


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """Its administrator's address; it listens, and may still be about to answer.

    ``durable``: a commit waits for the disk, as a city's does.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linli-bench-")))
        home.chmod(0o755)
        port, password = addresses.any_free(set(addresses.USUAL.values())), secrets.token_urlsafe(9)
        prepared = postgres.prepare(home=home / "postgres", port=port, password=password, fast=not durable)
        process = program.spawn(prepared, home / "log")
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        program.wait_for("postgres", lambda: program.listening(port), alive=lambda: process.poll() is None)
        yield postgres.admin_url(port, password)
