"""Alertmanager's webhook body (version 4) as the domain's words."""

from datetime import datetime
from typing import Final

import msgspec

from services.oncall.domain import Incoming
from streams.contracts import Undecodable

EXAMPLE: Final = b"""{
  "version": "4", "groupKey": "{}:{alertname=\\"ProcessDown\\"}", "truncatedAlerts": 0, "status": "firing",
  "receiver": "oncall", "groupLabels": {"alertname": "ProcessDown"}, "commonLabels": {}, "commonAnnotations": {},
  "externalURL": "http://alertmanager", "alerts": [
    {"status": "firing", "fingerprint": "c4f1b2a39d7e0812", "generatorURL": "http://prometheus/graph",
     "labels": {"alertname": "ProcessDown", "process": "history", "severity": "critical"},
     "annotations": {"summary": "\xe8\xbf\x9b\xe7\xa8\x8b history \xe5\xb7\xb2\xe5\x81\x9c\xe6\xad\xa2",
                     "summary_en": "Process history is down", "runbook": "docs/runbooks/process-down.md"},
     "startsAt": "2026-11-22T02:41:07.123Z", "endsAt": "0001-01-01T00:00:00Z"}]}"""


class _Alert(msgspec.Struct):
    status: str
    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: datetime  # noqa: N815 - Alertmanager's name
    endsAt: datetime | None = None  # noqa: N815 - Alertmanager's name


class _Call(msgspec.Struct):
    version: str
    alerts: list[_Alert]


_decoder = msgspec.json.Decoder(_Call)


def read(body: bytes) -> list[Incoming]:
    """The alerts of one webhook call.

    Raises:
        Undecodable: the body is not a webhook call of version 4.
    """
    try:
        call = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Undecodable("schema", str(error)) from error
    if call.version != "4":
        raise Undecodable("version", f"webhook version {call.version}, this reads 4")
    return [_incoming(alert) for alert in call.alerts]


def _incoming(alert: _Alert) -> Incoming:
    started = _ms(alert.startsAt)
    ended = None
    if alert.status == "resolved":
        ended = max(started, _ms(alert.endsAt)) if alert.endsAt is not None else started
    return Incoming(alert.fingerprint, started, ended, alert.labels, alert.annotations)


def _ms(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise Undecodable("schema", "a time without a zone")
    return int(moment.timestamp() * 1000)
