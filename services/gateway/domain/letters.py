"""Dead letters: what could not be read, kept so that a person can look at it and send it again."""

from hashlib import sha256
from typing import Final

from streams.contracts import DeadLetter

SOURCE: Final = "gateway"
MAX_KEPT_BYTES: Final = 262_144
"""More than any sensor sends; base64 of this stays below Kafka's 1 MB a record."""
MAX_DETAIL: Final = 1_000
MAX_TRACE: Final = 8_000
MAX_ORIGIN: Final = 1_000


def letter(topic: str, payload: bytes, reason: str, detail: str, *, at: int, trace: str = "") -> DeadLetter:
    """Keep ``payload`` as it came from ``topic``, up to :data:`MAX_KEPT_BYTES`.

    The id is a digest of the whole payload, so that a redelivery is the same letter.
    """
    digest = sha256(b"\0".join((SOURCE.encode(), topic.encode(errors="replace"), payload))).hexdigest()
    return DeadLetter(
        id=digest[:32],
        source=SOURCE,
        origin=_clean(topic)[:MAX_ORIGIN],
        reason=reason,
        detail=_clean(detail)[:MAX_DETAIL],
        payload=payload[:MAX_KEPT_BYTES],
        at=at,
        truncated=len(payload) > MAX_KEPT_BYTES,
        trace=_clean(trace)[-MAX_TRACE:],
    )


def _clean(text: str) -> str:
    """Text as UTF-8 can carry it: a message about broken characters may quote them."""
    return text.encode(errors="replace").decode()
