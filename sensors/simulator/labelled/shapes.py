"""How hazards and faults look from the sensor: curves over time, and what the network does to messages."""

from collections.abc import Callable
from dataclasses import replace
from math import exp
from typing import Final

from sensors.simulator.scenarios import Carry, Case, Message, Said, Shape

Curve = Callable[[float], float]
"""Seconds since the beginning -> the value that a perfect sensor would read."""


def ramp(top: float, over_s: float) -> Curve:
    """From nothing to ``top`` in a straight line, and stays."""
    return lambda t: top * min(1.0, t / over_s)


def jump(top: float, rise_s: float) -> Curve:
    """As a gas fills a room: steep, then flattening."""
    return lambda t: top * (1.0 - exp(-t / rise_s))


def pulses(top: float, low: float, *, on_s: float, every_s: float) -> Curve:
    """``top`` for ``on_s`` of every ``every_s``, ``low`` between."""
    return lambda t: top if t % every_s < on_s else low


def then(first: Curve, until_s: float, second: Curve) -> Curve:
    return lambda t: first(t) if t < until_s else second(t - until_s)


ALARM_AT_LEL: Final = 15.0


def gas(curve: Curve, *, own_alarm: bool = False, fade_s: float = 60.0, noise: float = 0.3) -> Shape:
    """Methane in %LEL; a transmitter has no alarm of its own, a household detector rings at 15."""

    def shape(case: Case, said: Said) -> Said | None:
        level = curve(case.since_s - case.over_s) * exp(-case.over_s / fade_s)
        level = max(0.0, level + case.rng.gauss(0.0, noise))
        values = {**said.values, "ch4_lel": round(level, 1)}
        if own_alarm:
            values["alarm"] = float(level >= ALARM_AT_LEL)
        else:
            values.pop("alarm", None)
        return replace(said, values=values)

    return shape


def methane(curve: Curve, *, fade_s: float = 1_800.0) -> Shape:
    """Methane of a tank in %VOL, on top of what is always there."""

    def shape(case: Case, said: Said) -> Said | None:
        level = curve(case.since_s - case.over_s) * exp(-case.over_s / fade_s) + case.rng.gauss(0.0, 0.015)
        base = min(0.3, said.values.get("ch4_vol", 0.3))
        return replace(said, values={**said.values, "ch4_vol": round(max(0.0, base + level), 2)})

    return shape


def fixed(**values: float) -> Shape:
    """These values, for as long as it lasts."""
    return lambda case, said: said if case.over_s > 0 else replace(said, values={**said.values, **values})


def flagged(*flags: str, **values: float) -> Shape:
    """These values under flags that say what they are worth."""
    return lambda case, said: (
        said if case.over_s > 0 else replace(said, values={**said.values, **values}, flags=(*said.flags, *flags))
    )


def switched(name: str, curve: Curve) -> Shape:
    """A boolean that follows a curve of zeros and ones."""

    def shape(case: Case, said: Said) -> Said | None:
        on = case.over_s == 0 and curve(case.since_s) >= 0.5
        return replace(said, values={**said.values, name: float(on)})

    return shape


def silent(case: Case, said: Said) -> Said | None:
    return said if case.over_s > 0 else None


def last_words(count: int, **values: float) -> Shape:
    """``count`` messages with these values, then nothing."""

    def shape(case: Case, said: Said) -> Said | None:
        if case.over_s > 0:
            return said
        case.memory["said"] = case.memory.get("said", 0) + 1
        return replace(said, values={**said.values, **values}) if case.memory["said"] <= count else None

    return shape


def spikes(metric: str, wild: tuple[float, ...], *, share: float) -> Shape:
    """Single wild values, never two in a row: what interference looks like."""

    def shape(case: Case, said: Said) -> Said | None:
        after = case.memory.pop("spiked", False)
        if case.over_s > 0 or after or case.rng.random() >= share:
            return said
        case.memory["spiked"] = True
        return replace(said, values={**said.values, metric: wild[int(case.rng.random() * len(wild))]})

    return shape


def clock_off(shift_s: float, *, jumps_at_s: float = 0.0) -> Shape:
    """A clock that is wrong by ``shift_s``, from ``jumps_at_s`` on."""

    def shape(case: Case, said: Said) -> Said | None:
        wrong = case.over_s == 0 and case.since_s >= jumps_at_s
        return replace(said, ts_shift_ms=int(shift_s * 1000)) if wrong else said

    return shape


def _moved(message: Message, by_s: float) -> Message:
    return replace(message, at=message.at + int(by_s * 1000))


def held(for_s: float) -> Carry:
    """Nothing arrives until ``for_s`` have passed; then everything does, in order, ten messages a second."""

    def carry(case: Case, message: Message) -> list[Message]:
        if case.over_s > 0:
            return [message]
        turn = case.memory["held"] = case.memory.get("held", 0) + 1
        return [_moved(message, for_s - case.since_s + 0.1 * turn)]

    return carry


def shaken(*, late_s: float, twice: float, lost: float = 0.0) -> Carry:
    """A bad radio link: each message up to ``late_s`` late, some of them twice, some never."""

    def carry(case: Case, message: Message) -> list[Message]:
        if case.over_s > 0:
            return [message]
        if case.rng.random() < lost:
            return []
        copies = 2 if case.rng.random() < twice else 1
        return [_moved(message, late_s * case.rng.random()) for _ in range(copies)]

    return carry
