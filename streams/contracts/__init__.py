"""The published language: record types, topics, error words. Pure; imported by everyone."""

from streams.contracts.alarms import MOST_EVIDENCE, AlarmEvent, AlarmState, Cause, Evidence, Page, Source
from streams.contracts.codec import Record, decode, decode_group, decode_input, encode
from streams.contracts.commands import Command, CommandName
from streams.contracts.dead_letters import DeadLetter
from streams.contracts.devices import Device, DeviceState
from streams.contracts.errors import LinliError, Refused, Unavailable, Undecodable
from streams.contracts.groups import Candidate, GroupRecord, Member, group_key
from streams.contracts.inputs import Action, ActionName, Batch, Flag, Input, Sample, Tick, time_flag
from streams.contracts.measures import (
    SLOTS,
    Condition,
    Flagged,
    Jump,
    Measure,
    Members,
    Noise,
    Nominal,
    Op,
    Rate,
    Ratio,
    Share,
    Single,
    Sum,
    Unchanged,
    Value,
)
from streams.contracts.notices import Notice
from streams.contracts.quality import Quality
from streams.contracts.rules import Days, Level, Rule, Schedule, Scope, Severity, TicketPolicy
from streams.contracts.tickets import TicketEvent

__all__ = [
    "MOST_EVIDENCE",
    "SLOTS",
    "Action",
    "ActionName",
    "AlarmEvent",
    "AlarmState",
    "Batch",
    "Candidate",
    "Cause",
    "Command",
    "CommandName",
    "Condition",
    "Days",
    "DeadLetter",
    "Device",
    "DeviceState",
    "Evidence",
    "Flag",
    "Flagged",
    "GroupRecord",
    "Input",
    "Jump",
    "Level",
    "LinliError",
    "Measure",
    "Member",
    "Members",
    "Noise",
    "Nominal",
    "Notice",
    "Op",
    "Page",
    "Quality",
    "Rate",
    "Ratio",
    "Record",
    "Refused",
    "Rule",
    "Sample",
    "Schedule",
    "Scope",
    "Severity",
    "Share",
    "Single",
    "Source",
    "Sum",
    "Tick",
    "TicketEvent",
    "TicketPolicy",
    "Unavailable",
    "Unchanged",
    "Undecodable",
    "Value",
    "decode",
    "decode_group",
    "decode_input",
    "encode",
    "group_key",
    "time_flag",
]
