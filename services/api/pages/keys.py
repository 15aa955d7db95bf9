"""Which key does what on which page: the table that binds them and that ``?`` shows."""

from typing import Final

from services.api.language.words import N_

Key = tuple[str, str, str]

EVERYWHERE: Final[tuple[Key, ...]] = (("?", "help", N_("全部按键")),)
COCKPIT: Final[tuple[Key, ...]] = (
    ("J", "next", N_("下一项")),
    ("K", "previous", N_("上一项")),
    ("Enter", "open", N_("打开")),
    ("A", "acknowledge", N_("确认告警")),
    ("O", "ticket", N_("看工单")),
    ("G", "locate", N_("定位")),
    (".", "merge", N_("并入新项")),
)
TICKETS: Final[tuple[Key, ...]] = (
    ("J", "next", N_("下一项")),
    ("K", "previous", N_("上一项")),
    ("Enter", "open", N_("打开")),
    ("N", "new", N_("新建工单")),
    (".", "merge", N_("并入新项")),
)
CALLBACKS: Final[tuple[Key, ...]] = (
    ("J", "next", N_("下一项")),
    ("K", "previous", N_("上一项")),
    ("P", "reveal", N_("显示号码")),
    ("B", "book", N_("约定时间")),
    ("1", "answer1", N_("答第一项")),
    ("2", "answer2", N_("答第二项")),
    ("3", "answer3", N_("答第三项")),
    ("4", "answer4", N_("答第四项")),
    ("0", "again", N_("重新作答")),
    ("Enter", "open", N_("打开")),
)
SUPERVISION: Final[tuple[Key, ...]] = TICKETS[:3]
KEYS: Final = {
    "/cockpit": COCKPIT,
    "/tickets": TICKETS,
    "/tickets/callbacks": CALLBACKS,
    "/tickets/supervision": SUPERVISION,
}


def keys_of(path: str) -> tuple[Key, ...]:
    """The keys of a page; none where nothing is bound."""
    keys = KEYS.get(path, ()) or (CALLBACKS if path.startswith("/tickets/callbacks/") else ())
    return (*keys, *EVERYWHERE) if keys else ()
