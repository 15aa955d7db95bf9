"""Links by which a reporter answers the call-back without an account: signed, dated, one answer each. Pure."""

from typing import Final, NamedTuple

from itsdangerous import BadData, URLSafeSerializer

SALT: Final = "linli-feedback-link"
MAX_AGE_MS: Final = 7 * 86_400_000


class FeedbackLink(NamedTuple):
    """``version``: the ticket's when the link was made, so that each round of call-backs has its own."""

    ticket: str
    version: int
    until: int


def feedback_token(secret: str, ticket: str, version: int, now: int) -> tuple[str, int]:
    """The last part of ``/feedback/…``, and when it ends (epoch ms)."""
    until = now + MAX_AGE_MS
    return str(URLSafeSerializer(secret, salt=SALT).dumps([ticket, version, until])), until


def feedback_address(base: str, secret: str, ticket: str, version: int, now: int) -> tuple[str, int]:
    """The whole address under ``base`` (scheme and host), and when it ends (epoch ms)."""
    token, until = feedback_token(secret, ticket, version, now)
    return f"{base.rstrip('/')}/feedback/{token}", until


def read_feedback_token(secret: str, token: str) -> FeedbackLink | None:
    """What a link is for, whether it has ended or not; None where it is forged."""
    try:
        ticket, version, until = URLSafeSerializer(secret, salt=SALT).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    if not isinstance(ticket, str) or not isinstance(version, int) or not isinstance(until, int):
        return None
    return FeedbackLink(ticket, version, until)
