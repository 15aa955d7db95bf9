"""The published language: record types, topics, error words. Pure; imported by everyone."""

from streams.contracts.alarms import AlarmEvent, AlarmState, Cause, Source
from streams.contracts.codec import Record, decode, decode_input, encode
from streams.contracts.commands import Command, CommandName
from streams.contracts.dead_letters import DeadLetter
from streams.contracts.devices import Device, DeviceState
from streams.contracts.errors import LinliError, Refused, Unavailable, Undecodable
from streams.contracts.inputs import Action, ActionName, Batch, Flag, Input, Quality, Sample, Tick, time_flag
from streams.contracts.rules import Level, Op, Rule, Severity, TicketPolicy
from streams.contracts.tickets import TicketEvent

__all__ = [
    "Action",
    "ActionName",
    "AlarmEvent",
    "AlarmState",
    "Batch",
    "Cause",
    "Command",
    "CommandName",
    "DeadLetter",
    "Device",
    "DeviceState",
    "Flag",
    "Input",
    "Level",
    "LinliError",
    "Op",
    "Quality",
    "Record",
    "Refused",
    "Rule",
    "Sample",
    "Severity",
    "Source",
    "Tick",
    "TicketEvent",
    "TicketPolicy",
    "Unavailable",
    "Undecodable",
    "decode",
    "decode_input",
    "encode",
    "time_flag",
]
