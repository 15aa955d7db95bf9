"""The two proofs that closing needs, as pages show them, and why a step that needs them was refused. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_views import called
from services.api.pages.ports import TicketRow
from services.api.pages.tickets.ticket_rows import ProofRow, SignalRow
from services.tickets.domain import Lack, Proof
from streams.contracts import Refused, Rule

LACKS: Final = {
    Lack.UNWATCHED: N_("这里没有传感器：办结要有现场照片或便携仪读数"),
    Lack.ALARM: N_("读数尚未恢复正常，{n} 台设备仍在告警"),
    Lack.LATCHED: N_("读数已恢复正常，{n} 台设备的告警等待复位"),
    Lack.ENDED: N_("告警由人结束，读数无法自证：办结要有现场照片或便携仪读数"),
    Lack.EARLY: N_("读数自 {time} 恢复正常，须保持到 {until}"),
}
REFUSED: Final = {
    Lack.UNWATCHED: N_("还缺少现场证据：这里没有传感器，请上传现场照片或填便携仪读数。"),
    Lack.ALARM: N_("还不能办结，仍在告警：{devices}。请等读数恢复正常；传感器已坏的，请勾选并附现场照片或便携仪读数。"),
    Lack.LATCHED: N_("还不能办结，告警等待复位：{devices}。险情排除后，请有权限的人在告警页上复位。"),
    Lack.ENDED: N_("还缺少现场证据：{devices} 的告警是由人结束的，读数无法自证，请上传现场照片或填便携仪读数。"),
    Lack.EARLY: N_("还不能办结：读数恢复正常后须保持到 {until}，请到时再提交。"),
}
HELD: Final = {
    Proof.SENSOR: N_("读数自 {time} 恢复正常"),
    Proof.EVIDENCE: N_("已有现场证据"),
    Proof.MASTER: N_("主单已办结，以主单的结果为准"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A device that is in the way; ``known`` where a page can be linked to."""

    id: str
    name: str
    said: str
    known: bool


@dataclass(frozen=True, slots=True)
class ProofView:
    """One of the two, done or not; ``devices`` are those that it waits for."""

    done: bool
    text: str
    devices: tuple[Standing, ...] = ()


def proofs(row: TicketRow, places: Mapping[str, str], rules: Mapping[str, Rule], now: int, t: Words) -> list[ProofView]:
    """Both proofs of a sensor's ticket; ``places`` are of the devices that the reader sees, by id."""
    if not row.episodes or row.proof is None:
        return []
    confirmed = row.confirmed_at
    second = t("{time} 由他人确认", time=fmt.near(confirmed, now, t)) if confirmed else t("待他人核查或回访确认")
    return [_first(row, row.proof, places, rules, now, t), ProofView(confirmed is not None, second)]


def _first(
    row: TicketRow, proof: ProofRow, places: Mapping[str, str], rules: Mapping[str, Rule], now: int, t: Words
) -> ProofView:
    since = fmt.near(row.sensor_normal_at, now, t) if row.sensor_normal_at is not None else ""
    if proof.held:
        return ProofView(True, t(HELD[Proof(proof.held)], time=since))
    waiting = [each for each in proof.standing if each.normal is (proof.lack == Lack.LATCHED)]
    devices = len({each.device for each in waiting})
    until = fmt.due(proof.until, now, t) if proof.until is not None else ""
    text = t(LACKS[Lack(proof.lack)], n=devices, time=since, until=until)
    return ProofView(False, text, tuple(_standing(each, places, rules, t) for each in waiting))


def _standing(signal: SignalRow, places: Mapping[str, str], rules: Mapping[str, Rule], t: Words) -> Standing:
    rule = rules.get(signal.rule)
    said = t.either(rule.name_zh, rule.name_en) if rule else signal.rule
    return Standing(signal.device, places.get(signal.device) or called(signal.device, t), said, signal.device in places)


def refused(error: Refused, now: int, t: Words) -> str:
    """Why proof 1 does not stand, and what helps, for whoever tried to finish."""
    because, until = str(error.extra.get("because", "")), error.extra.get("until")
    found = error.extra.get("devices")
    names = [called(str(each), t) for each in found] if isinstance(found, list) else []
    when = fmt.due(until, now, t) if isinstance(until, int) else ""
    return t(REFUSED[Lack(because)], devices=t("、").join(names), until=when)
