"""The rules that watch one device, ready for its steps: what touches what, and when nobody has to look."""

from collections.abc import Iterable
from typing import Final

from streams.contracts import Flagged, Members, Op, Rule, Value
from streams.rules.conditions import EVERYTHING, Interval, both, quiet_interval
from streams.rules.probes import Probe, Side, Watch

Givens = tuple[tuple[Side, ...], ...]
MOST_MIXES: Final = 64
"""Different sets of metrics a message may carry before they are worked out anew each time."""


class Plan:
    """Everything about a set of rules that does not depend on the device.

    ``rules`` are in the order of their steps: what suppresses before what is suppressed. ``bounds``
    holds, for each metric, the open interval in which no rule cares; ``watches`` are for rules that
    an interval cannot describe. Together they are the fast path's whole knowledge.
    """

    __slots__ = (
        "_by_metric", "_mixes", "bounds", "crowds", "gates", "givens", "has_reorder", "hides", "keys", "mute",
        "probes", "reports", "rules", "silent", "watches",
    )  # fmt: skip

    def __init__(self, rules: Iterable[Rule]) -> None:
        ordered = in_order(rules)
        self.rules: dict[str, Rule] = {rule.id: rule for rule in ordered}
        self.silent = tuple(rule for rule in ordered if rule.op is Op.SILENT)
        self.mute = frozenset(rule.id for rule in self.silent)
        self.crowds = tuple(rule for rule in ordered if isinstance(rule.measure, Members))
        self.reports = tuple(rule for rule in ordered if isinstance(rule.measure, Flagged))
        self.has_reorder = any(rule.reorder_wait_ms for rule in ordered)
        self.hides: dict[str, tuple[Rule, ...]] = {}
        self.probes: dict[str, Probe] = {}
        self.gates: dict[str, tuple[Side, ...]] = {}
        self.givens: dict[str, Givens] = {}
        self.bounds: dict[str, Interval] = {}
        self.watches: tuple[Watch, ...] = ()
        self._by_metric: dict[str, tuple[Rule, ...]] = {}
        self._mixes: dict[tuple[str, ...], tuple[Rule, ...]] = {}
        for rule in ordered:
            for name in rule.suppress_when:
                self.hides[name] = (*self.hides.get(name, ()), rule)
            if rule.op is not Op.SILENT:
                self._add(rule)
        self.keys = _keys(self.watches)

    def touched(self, metrics: tuple[str, ...]) -> tuple[Rule, ...]:
        """The rules that a message with these metrics steps, in order, each once."""
        found = self._mixes.get(metrics)
        if found is None:
            wanted = {rule.id for metric in metrics for rule in self._by_metric.get(metric, ())}
            found = tuple(rule for rule in self.rules.values() if rule.id in wanted)
            if len(self._mixes) < MOST_MIXES:
                self._mixes[metrics] = found
        return found

    def _add(self, rule: Rule) -> None:
        gates = self.gates[rule.id] = tuple(Side(rule, condition) for condition in rule.gate)
        for gate in gates:
            if gate.probe.key:
                self._watch(Watch(Probe(rule, gate.condition.metric, gate.condition.measure)))
        if isinstance(rule.measure, Members):
            self._add_crowd(rule, rule.measure, gates)
            return
        quiet = quiet_interval(rule.op, (level.limit for level in rule.levels))
        probe = self.probes[rule.id] = Probe(rule, rule.metric, rule.measure, quiet)
        if isinstance(rule.measure, Flagged):
            return
        if isinstance(rule.measure, Value) and not gates and rule.schedule is None:
            self._bound(rule.metric, quiet)
        else:
            self._watch(Watch(probe, gates, rule.schedule))
        for metric in dict.fromkeys((*probe.inputs, *self._beside(rule))):
            self._by_metric[metric] = (*self._by_metric.get(metric, ()), rule)

    def _add_crowd(self, rule: Rule, measure: Members, gates: tuple[Side, ...]) -> None:
        if measure.of is not None:
            quiet = quiet_interval(measure.op, (measure.limit,))
            probe = self.probes[rule.id] = Probe(rule, rule.metric, measure.of, quiet)
            self._watch(Watch(probe, gates, rule.schedule))

    def _beside(self, rule: Rule) -> list[str]:
        """Take in the side conditions of a rule's levels; gives the metrics they look at."""
        levels = tuple(tuple(Side(rule, condition) for condition in level.given) for level in rule.levels)
        if any(levels):
            self.givens[rule.id] = levels
        sides = [side for level in levels for side in level]
        for side in sides:
            if isinstance(side.condition.measure, Value):
                self._bound(side.condition.metric, side.probe.calm)
            else:
                self._watch(Watch(side.probe))
        return [metric for side in sides for metric in side.probe.inputs]

    def _bound(self, metric: str, quiet: Interval) -> None:
        self.bounds[metric] = both(self.bounds.get(metric, EVERYTHING), quiet)

    def _watch(self, watch: Watch) -> None:
        self.watches = (*self.watches, watch)


def _keys(watches: Iterable[Watch]) -> frozenset[str]:
    """The windows that some watch feeds."""
    return frozenset(watch.probe.key for watch in watches if watch.probe.key)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """By id, but every rule after those that suppress it; a circle, which nobody may make, is cut."""
    known = {rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)}
    done: dict[str, Rule] = {}
    for start in known:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            before = [other for other in known[name].suppress_when if other in known and other not in done]
            ahead = [other for other in before if other not in waiting]
            if ahead:
                waiting.append(ahead[0])
            else:
                done.setdefault(name, known[name])
                waiting.pop()
    return list(done.values())
