"""What people see: templates, styles, scripts and translations, found beside this file."""

from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
TEMPLATES: Final = WEB / "templates"
STATIC: Final = WEB / "static"
TRANSLATIONS: Final = WEB / "translations"
