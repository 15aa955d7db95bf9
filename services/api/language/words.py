"""Two languages: Chinese as written in the source, English by catalogue.

``t("离线")`` is the Chinese itself or its translation from ``dashboards/web/translations/en.po``,
read straight from the text file, so there is nothing to compile and nothing to forget.
Placeholders are named: ``t("共 {n} 件", n=3)``.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from dashboards.web import TRANSLATIONS

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
HTML_LANG: Final = {"zh": "zh-CN", "en": "en"}


class Words:
    """Says things in one language."""

    def __init__(self, lang: Language, catalogue: Translations | None) -> None:
        self.lang = lang
        self._catalogue = catalogue

    def __call__(self, message: str, **values: object) -> str:
        text = message if self._catalogue is None else str(self._catalogue.gettext(message))
        return text.format(**values) if values else text

    def either(self, zh: str, en: str) -> str:
        """One of two names that data carries itself; the other where this one is missing."""
        return (zh or en) if self.lang == "zh" else (en or zh)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark a message for the catalogue where it stands in a table."""
    return message


@cache
def words(lang: Language) -> Words:
    """The one speaker of a language."""
    if lang == "zh":
        return Words(lang, None)
    return Words(lang, _read(Path(TRANSLATIONS) / f"{lang}.po"))


def language(cookie: str | None) -> Language:
    """The language a cookie asks for; Chinese unless it says otherwise."""
    return "en" if cookie == "en" else "zh"


def _read(path: Path) -> Translations:
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale="en"))
    compiled.seek(0)
    return Translations(compiled)
