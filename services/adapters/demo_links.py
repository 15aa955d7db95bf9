"""One-role sign-in links of the demo: signed, dated, and refused outside it. Pure."""

from typing import Final

from itsdangerous import BadData, URLSafeSerializer

SALT: Final = "linli-demo-link"
MAX_AGE_MS: Final = 7 * 86_400_000


def demo_link_token(secret: str, role: str, now: int) -> str:
    """The ``token`` of ``/sign-in/demo?token=…`` for the demo user of ``role``, from ``now`` (epoch ms)."""
    return str(URLSafeSerializer(secret, salt=SALT).dumps([role, now]))


def read_demo_link_token(secret: str, token: str, now: int) -> str | None:
    """The role that a link signs in, or None where it is forged or older than a week."""
    try:
        role, made = URLSafeSerializer(secret, salt=SALT).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    if not isinstance(role, str) or not isinstance(made, int) or not 0 <= now - made <= MAX_AGE_MS:
        return None
    return role
