"""Composition root of a front door beside the first: the same pages, API and live push on the same port."""

import sys
from functools import partial

from services.adapters.process import Loop, Runtime, run
from services.api.answering import PURPOSE, answering
from services.api.companions import tied
from services.api.serving import listening
from services.api.settings import ApiSettings


def compose(lifeline: int, settings: ApiSettings, runtime: Runtime) -> dict[str, Loop]:
    listener = listening(settings.http_host, settings.http_port, beside=True)
    return {**answering(settings, runtime, listener).loops, "tied": tied(lifeline)}


def main(lifeline: int) -> int:
    """Answer until the first front door, which holds the other end of ``lifeline``, ends us or is gone."""
    return run("api", ApiSettings, partial(compose, lifeline), purpose=PURPOSE, argv=())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
