"""What is wrong among rules that hide each other: circles, and names of no rule."""

from collections.abc import Iterable, Mapping

from streams.contracts import Rule
from streams.rules.problems import Problem, Weight


def cycles(rules: Iterable[Rule]) -> list[Problem]:
    """Suppressions that lead back to where they began, and those that name no rule."""
    known = {rule.id: rule for rule in rules}
    found: list[Problem] = []
    for rule in known.values():
        found.extend(
            Problem("suppress_when", name, f"there is no rule {name!r}; name an existing one", Weight.WARNING)
            for name in rule.suppress_when
            if name not in known
        )
        path = _way_back(rule.id, known)
        if path:
            found.append(
                Problem("suppress_when", " → ".join(path), "rules may not hide each other in a circle; take one out")
            )
    return found


def _way_back(start: str, known: Mapping[str, Rule]) -> list[str]:
    """A path of suppressions from a rule to itself, or nothing."""
    paths = [[start]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        for name in known[path[-1]].suppress_when if path[-1] in known else ():
            if name == start:
                return [*path, start]
            if name not in seen:
                seen.add(name)
                paths.append([*path, name])
    return []
