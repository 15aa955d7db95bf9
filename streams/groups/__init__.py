"""The second stage: what concerns a whole group, as a pure function of ``linli.groups`` (ADR 16, 21).

A feeder or a gas main crosses grids, so its members meet in no partition of the first topic. Here
they do: candidates become members of **incidents** (alarms.md rule 9), conditions of single lamps
become the **feeder's own alarm**, and what such an alarm hides is told back to the first stage.

**Both stages, whole log of inputs** (scorers, rehearsals)::

    for event in alarms(records, Catalogue.of(rules, devices)): ...     # records: (partition, offset, bytes)
    chain = Chain(catalogue); chain.apply(record, partition, offset)    # one record, and what it leads to

**This stage's own log** (the replay command)::

    for outcome in replay(records, Catalogue.of(rules, devices)): ...

**One partition** (the agents)::

    shard = GroupShard(partition, catalogue, stored={})
    outcome = shard.apply(record, offset)                # record: Candidate | Member | Action | Tick
    outcome.events, outcome.inputs                       # to linli.alarms, and back to linli.inputs
    {code: shard.pack(code) for code in shard.dirty}     # bytes, to be given as ``stored`` again
"""

from streams.groups.chain import Chain, alarms
from streams.groups.incidents import FLOOD_IN, FLOOD_OUT, FLOOD_WINDOW_MS, JOIN_MS, Incident
from streams.groups.overflow import MOST_MEMBERS
from streams.groups.replay import replay
from streams.groups.roster import Roster
from streams.groups.shard import GroupShard

__all__ = [
    "FLOOD_IN",
    "FLOOD_OUT",
    "FLOOD_WINDOW_MS",
    "JOIN_MS",
    "MOST_MEMBERS",
    "Chain",
    "GroupShard",
    "Incident",
    "Roster",
    "alarms",
    "replay",
]
