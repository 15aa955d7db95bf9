"""The rule that ``linli-rehearse`` is given: a file, or standard input."""

import sys
from pathlib import Path

import msgspec

from streams.contracts import Refused, Rule


def rule_in(file: Path) -> Rule:
    """Raises: Refused, ``file``, it cannot be read or is no rule."""
    try:
        given = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return msgspec.json.decode(given, type=Rule)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused("file", f"{file} is no rule: {error}; take one from GET /api/v1/rules") from error
