"""Detection: rules on one metric of one device, as a pure function of a log (alarms.md).

Nothing here reads a clock, draws a random number or does I/O: ``now`` comes only from records.

**Whole log** (simulator's scorer, back-tests, the replay command)::

    catalogue = Catalogue.of(rules, devices)             # contracts.Rule, contracts.Device
    for event in replay(records, catalogue): ...         # records: (partition, offset, bytes)

**One partition** (the agents, the benches)::

    shard = Shard(partition, catalogue, owns=lambda grid: partition_of(grid) == partition, stored={})
    outcome = shard.apply(record, offset)                # record: Batch | Tick | Action
    outcome.events, outcome.faults, outcome.samples, outcome.late, outcome.duplicates, outcome.strangers
    shard.adopt(catalogue.with_changes({"gas.ch4": rule}))   # in force at the next Tick
    {code: shard.pack(code) for code in shard.dirty}     # bytes, to be given as ``stored`` again

Give it a Tick each second, as gateways do: a log without records for longer than
``ClockPolicy.outage`` counts as an outage, in which no device's silence proves anything.

**One rule, one device** (:mod:`streams.rules.acts`): ``step(slot, input, rule, device, now)`` gives
``(slot, transitions)`` and never changes the slot it is given; ``input`` is a :class:`Reading`, an
:class:`~streams.contracts.Action`, or None for time alone.

What an event means downstream:

- ``old``/``new`` follow alarms.md; PENDING is never published. ``id`` is ``<episode>-<n>``.
- A **latched** alarm whose condition has gone keeps its state: an event with ``cause=returned``,
  ``old == new``, ``latched`` and ``normal_since`` set says so; ``cause=realarm`` with
  ``normal_since`` None takes it back. A reset then ends it (``new=normal``, ``cause=reset``); a
  reset while the condition stands has no effect.
- ``cause=realarm``, ``old=rtn_unack``: the condition came back before anyone acknowledged; the
  episode is the same.
- ``cause=confirmed``, ``old == new``, ``backlog`` false: an alarm that was raised from a backlog
  is confirmed by a live sample; from here on it is "now".
- ``quality`` is ``arrival_time`` where the device's clock was not believed, ``over_range`` where
  the sensor was beyond its range.
- Two rules are built in and need no record: ``device.clock`` (minor, no ticket) while a device's
  clock is steadily wrong, ``engine.isolated`` (critical, no ticket) while a bug has disabled a
  rule for a device.
"""

from streams.contracts.partition import partition_of
from streams.rules.acts import step
from streams.rules.built_in import BUILT_IN
from streams.rules.catalogue import Catalogue, Withdrawn
from streams.rules.circles import cycles
from streams.rules.clock import DEFAULT_CLOCK, Clock, ClockPolicy
from streams.rules.grid import Grid
from streams.rules.machine import new_slot
from streams.rules.outcome import Beyond, Fault, Outcome, page_of
from streams.rules.plan import Plan
from streams.rules.problems import Problem, Ranges, Weight, problems
from streams.rules.replay import outcomes, replay, replay_bytes
from streams.rules.shard import Shard, TooManyFaults, partition_of_code
from streams.rules.slots import ARRIVAL, Reading, Slot, Transition
from streams.rules.stored import ForeignState, Lacking
from streams.rules.transitions import episode_id

__all__ = [
    "ARRIVAL",
    "BUILT_IN",
    "DEFAULT_CLOCK",
    "Beyond",
    "Catalogue",
    "Clock",
    "ClockPolicy",
    "Fault",
    "ForeignState",
    "Grid",
    "Lacking",
    "Outcome",
    "Plan",
    "Problem",
    "Ranges",
    "Reading",
    "Shard",
    "Slot",
    "TooManyFaults",
    "Transition",
    "Weight",
    "Withdrawn",
    "cycles",
    "episode_id",
    "new_slot",
    "outcomes",
    "page_of",
    "partition_of",
    "partition_of_code",
    "problems",
    "replay",
    "replay_bytes",
    "step",
]
