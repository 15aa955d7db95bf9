"""Composition root of the on-call desk."""

import socket
from collections.abc import Sequence

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.adapters.retry import until_available
from services.oncall.postgres import PostgresNotifications
from services.oncall.settings import OncallSettings
from services.oncall.watch import watch
from services.oncall.webhook import create_app, serve

PURPOSE = "Takes what Prometheus says about the platform, and asks the people on the rota one after another."


def compose(settings: OncallSettings, runtime: Runtime) -> dict[str, Loop]:
    """The webhook and the watch; raises OSError at once where the webhook's port is taken."""
    clock = SystemClock()
    listener = socket.create_server((settings.webhook_host, settings.webhook_port))
    runtime.resources.callback(listener.close)
    pool = runtime.resources.enter_context(open_pool(settings.database_url.get_secret_value(), name="oncall"))
    store = PostgresNotifications(pool)
    until_available(runtime.stop, "rota", lambda: store.add_rota(settings.steps()))
    app = create_app(store, clock, settings.webhook_token.get_secret_value())
    disks = settings.disks.split(",")
    return {
        "webhook": lambda stop: serve(app, listener, stop),
        "watch": lambda stop: watch(store, disks, clock, runtime.health, stop),
    }


def main(argv: Sequence[str] | None = None) -> int:
    return run("oncall", OncallSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    raise SystemExit(main())
