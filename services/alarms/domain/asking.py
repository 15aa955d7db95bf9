"""What a person may ask of an alarm. The engine decides what becomes of it; this refuses nonsense early."""

from dataclasses import dataclass

from services.alarms.domain.alarm import Alarm
from streams.contracts import Action, ActionName, AlarmState, Refused


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was taken: its command, as sent to the engine, and the alarm as it stood."""

    command: Action
    alarm: Alarm


def check(alarm: Alarm, action: ActionName, *, by: str, why: str) -> None:
    """Refuse what cannot make sense now.

    Raises:
        Refused: ``cleared``, ``state``, ``standing`` or ``fields``, with the present state and remedy.
    """
    if not by:
        raise Refused("fields", f"{action} needs a named person", missing=["by"])
    if alarm.state is AlarmState.NORMAL:
        raise Refused(
            "cleared", "the alarm has cleared meanwhile; nothing is left to do",
            state=str(alarm.state), normal_since=alarm.normal_since,
        )  # fmt: skip
    if action is ActionName.ACKNOWLEDGE and alarm.state is AlarmState.ACTIVE_ACK:
        raise Refused("state", f"{alarm.acknowledged_by} acknowledged it already", state=str(alarm.state))
    if action is ActionName.RESET:
        _check_reset(alarm)
    if action is ActionName.CLOSE and not why.strip():
        raise Refused(
            "fields",
            "closing an alarm by hand needs a reason",
            missing=["comment"],
            remedy="Give the reason as comment.",
        )


def _check_reset(alarm: Alarm) -> None:
    if not alarm.latched:
        raise Refused("state", "only a latched alarm is reset; this one clears by itself", state=str(alarm.state))
    if alarm.normal_since is None:
        raise Refused("standing", "its condition still stands: make it safe first", state=str(alarm.state))
