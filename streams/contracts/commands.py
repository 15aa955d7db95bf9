"""Records of ``linli.commands``: what the platform asks a gateway to do."""

from enum import StrEnum

import msgspec


class CommandName(StrEnum):
    REPLAY = "replay"


class Command(msgspec.Struct, frozen=True):
    """Take ``payload`` through the codecs again as if it had arrived on ``topic`` at ``arrived``."""

    id: str
    action: CommandName
    topic: str
    payload: bytes
    arrived: int
    by: str
