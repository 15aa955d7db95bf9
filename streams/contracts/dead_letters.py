"""Records of ``linli.dead-letters``: what could not be understood, kept whole."""

import msgspec


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Raw bytes that a hop refused, with the reason, the place and the time.

    ``source`` is the process (``gateway``, ``streams``, ``history`` …), ``origin`` the MQTT topic
    or ``topic/partition/offset`` it came from, ``id`` a digest of source, origin and payload, so
    that the same bytes from the same place are one letter. ``trace`` is set for a bug only.
    """

    id: str
    source: str
    origin: str
    reason: str
    detail: str
    payload: bytes
    at: int
    truncated: bool = False
    trace: str = ""
