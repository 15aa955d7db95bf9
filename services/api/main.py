"""Composition root of ``linli-api``: pages, JSON API and live push on one port."""

import sys
from collections.abc import Sequence

from services.adapters.process import Loop, Runtime, run
from services.api import companions
from services.api.answering import PURPOSE, answering
from services.api.serving import listening
from services.api.settings import ApiSettings
from services.api.tickets.photo_keeping import Sweeping


def compose(settings: ApiSettings, runtime: Runtime) -> dict[str, Loop]:
    listener = listening(settings.http_host, settings.http_port, shared=bool(settings.http_companions))
    made = answering(settings, runtime, listener)
    loops = {**made.loops, "photos": Sweeping(made.nouns.photos, runtime.health).run}
    if settings.http_companions:
        port = listener.getsockname()[1]
        loops[companions.LOOP] = companions.Companions(settings.http_companions, port, runtime.health).run
    return loops


def main(argv: Sequence[str] | None = None) -> int:
    return run("api", ApiSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
