"""What hides an alarm, in words short enough for a row: why nobody is called and no ticket comes. Pure."""

from collections.abc import Iterable, Mapping

from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_rows import AlarmRow


def hidden(row: AlarmRow, titles: Mapping[str, str], now: int, t: Words) -> str:
    """Why nobody is called because of it, as the engine last said; "" where somebody is.

    ``titles``: other alarms by episode; one at the same place is named by its rule alone.
    """
    if not row.hidden:
        return ""
    if row.shelved_until is not None:
        return t("已搁置到 {time}", time=fmt.moment(row.shelved_until, now, t))
    if row.suppressed_by:
        by = titles.get(row.suppressed_by) or t("另一条告警")
        return t("被“{alarm}”抑制", alarm=by.removeprefix(f"{row.place} ") if row.place else by)
    if row.out_of_service:
        return t("已停用")
    return t("设备检修中")


def unnamed(rows: Iterable[AlarmRow]) -> list[str]:
    """The episodes that hide some of ``rows`` and are none of them, each once."""
    listed = list(rows)
    known = {row.episode for row in listed}
    return sorted({row.suppressed_by for row in listed if row.suppressed_by} - known)
