"""What asks a person to look once more before a rule is kept: somebody else's version, and what it is warned of."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.api.language.words import Words
from services.api.pages.entrance import whole
from services.api.pages.rules import rule_forms as forms
from services.api.pages.rules import rule_views as views
from services.api.pages.rules.rule_merging import merged
from services.api.pages.rules.rule_source import RuleDesk
from streams.contracts import Severity
from streams.rules.problems import Problem

DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Conflict:
    """Who was quicker and why, which of their changes are in the form now, and where both changed the same."""

    by: str
    why: str
    version: int
    taken: tuple[str, ...]
    both: tuple[tuple[str, str, str], ...]


def together(book: RuleDesk, rule: str, values: Mapping[str, str], t: Words) -> tuple[dict[str, str], Conflict]:
    """The sent form with what others kept meanwhile, based on their version: sending it again keeps both."""
    listed = book.revisions(rule)
    newest = listed[0]
    begun = next((each.rule for each in listed if each.rule.version == whole(values.get("version", ""))), newest.rule)
    theirs = forms.values_of(newest.rule)
    found = merged(forms.values_of(begun), values, theirs)
    both = tuple((name, _name(name, t), theirs.get(name, "") or t("空")) for name in found.both if _shows(name))
    conflict = Conflict(
        by=book.names().get(newest.by, newest.by),
        why=newest.why,
        version=newest.rule.version,
        taken=tuple(dict.fromkeys(_name(name, t) for name in found.taken if _shows(name))),
        both=both,
    )
    return {**found.values, "version": str(newest.rule.version)}, conflict


def warned_of(warnings: Iterable[Problem]) -> str:
    """Stands for exactly these warnings: a form that carries it was sent by somebody who had read them."""
    told = sorted(f"{problem.field}={problem.value}" for problem in warnings)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGITS] if told else ""


def _shows(name: str) -> bool:
    return not name.endswith((".unit", ".was"))


def _name(name: str, t: Words) -> str:
    head, _, rest = name.partition(".")
    if rest == "on":
        return views.field_name(f"levels[{head}].severity", t)
    return views.field_name(f"levels[{head}].{rest}" if head in list(Severity) else name, t)
