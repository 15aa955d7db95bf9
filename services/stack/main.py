"""``./linli``: the commands of the launcher."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run one command: 0 fine, 1 failed with a clear reason, 2 wrong usage, 130 interrupted."""
    try:
        return _run()
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
    except KeyboardInterrupt:
        pass
    sys.stderr.write("\n已中断 Interrupted\n")
    return INTERRUPTED


def _run() -> int:
    """Everything is loaded in here, so that Ctrl-C while it loads is no traceback either."""
    from services.stack.commands import app
    from services.stack.say import failure
    from streams.contracts import LinliError

    try:
        app(standalone_mode=True, prog_name="linli")
    except LinliError as error:
        failure(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
