"""The transition table as a Mermaid diagram and a Markdown table, for the docs."""

from typing import Final

from services.tickets.domain.table import OPEN, ROWS, Row
from services.tickets.domain.words import Action, Clock, State

_OTHERWISE: Final = {
    Action.MERGE: "‖ all, held",
    Action.UNMERGE: "▸ what was held",
    Action.TASK_DONE: "− its task",
    Action.BOOK: "callback is moved",
    Action.EXTEND_OK: "− review; finish is moved",
    Action.CLASSIFY: "each min(old, now + new)",
    Action.RAISE: "each min(old, now + new)",
}
"""What the table's signs cannot say of an action's clocks."""
_MERGING: Final = frozenset({Action.MERGE, Action.UNMERGE})


def mermaid() -> str:
    """The rows that change a state. What keeps it, and merging, which every open state knows, is in the table."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in (row for row in ROWS if row.action not in _MERGING):
        for source in row.sources:
            if row.target is not None and row.target != source:
                arrows.setdefault((source or "[*]", row.target), []).append(row.action)
    lines = [
        f"    {source} --> {target}: {', '.join(dict.fromkeys(names))}" for (source, target), names in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines, f"    {State.ARCHIVED} --> [*]"])


def table() -> str:
    head = "| action | from | to | who | needs | clocks |\n|---|---|---|---|---|---|"
    return "\n".join([head, *dict.fromkeys(_line(row) for row in ROWS)])


def _target(row: Row) -> str:
    return "as before" if row.action is Action.UNMERGE else str(row.target or "same")


def _line(row: Row) -> str:
    sources = "open" if row.sources == OPEN else ", ".join(source or "–" for source in row.sources)
    signs = (("+", row.start), ("−", row.stop), ("‖", row.pause), ("▸", row.resume))
    said = {frozenset(Clock): "all", frozenset(Clock) - {Clock.FINISH}: "all but finish"}
    clocks = " ".join(f"{sign} {said.get(names) or ', '.join(sorted(names))}" for sign, names in signs if names)
    clocks = _OTHERWISE.get(row.action, clocks)
    needs = ", ".join(wanted.replace("|", " or ") for wanted in row.required)
    return f"| {row.action} | {sources} | {_target(row)} | {', '.join(row.roles)} | {needs} | {clocks} |"
