"""The transition table as a Mermaid diagram and a Markdown table, for the docs."""

from typing import Final

from services.tickets.domain.table import OPEN, ROWS, Row
from services.tickets.domain.words import Action, Clock, State

_OTHERWISE: Final = {
    Action.MERGE: "‖ all, held",
    Action.UNMERGE: "▸ what was held",
    Action.TASK_DONE: "− its task",
    Action.EXTEND_OK: "− review; finish is moved",
    Action.CLASSIFY: "each min(old, now + new)",
    Action.RAISE: "each min(old, now + new)",
}
"""What the table's signs cannot say of an action's clocks."""


def mermaid() -> str:
    """Only the rows that change a state; what keeps it is in the table below the diagram."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in ROWS:
        for source in row.sources:
            if row.target is not None and row.target != source:
                arrows.setdefault((source or "[*]", row.target), []).append(row.action)
    lines = [
        f"    {source} --> {target}: {', '.join(dict.fromkeys(names))}" for (source, target), names in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines, f"    {State.ARCHIVED} --> [*]"])


def table() -> str:
    head = "| action | from | to | who | needs | clocks |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(_line(row) for row in ROWS)])


def _line(row: Row) -> str:
    sources = "open" if row.sources == OPEN else ", ".join(source or "–" for source in row.sources)
    signs = (("+", row.start), ("−", row.stop), ("‖", row.pause), ("▸", row.resume))
    said = {frozenset(Clock): "all", frozenset(Clock) - {Clock.FINISH}: "all but finish"}
    clocks = " ".join(f"{sign} {said.get(names) or ', '.join(sorted(names))}" for sign, names in signs if names)
    clocks = _OTHERWISE.get(row.action, clocks)
    needs = ", ".join(wanted.replace("|", " or ") for wanted in row.required)
    return f"| {row.action} | {sources} | {row.target or 'same'} | {', '.join(row.roles)} | {needs} | {clocks} |"
