"""How large a request may be, by its address: photos and files are larger than what people write."""

import re
from collections.abc import Callable
from typing import Final

from services.api.settings import ApiSettings

PHOTO: Final = re.compile(r"/api/v1/tickets/[^/]+/photos")
FORMS: Final = re.compile(r"/tickets/(?:new|[^/]+/actions)")
MOST_IN_FORM: Final = 3
"""Photos that one form sends; a look, a detail and the place."""
WRAPPING: Final = 65_536
"""Bytes for the other fields of a form, and what multipart puts around each."""


def body_limits(settings: ApiSettings) -> Callable[[str], int]:
    """A function from a request's path to the most bytes that its body may have."""
    most, photo = settings.max_body_bytes, settings.photo_max_bytes

    def limit_of(path: str) -> int:
        if PHOTO.fullmatch(path):
            return photo + WRAPPING
        if FORMS.fullmatch(path):
            return max(most, MOST_IN_FORM * photo + WRAPPING)
        return most

    return limit_of
