"""What the API's description shows: a whole body of every request, and what each parameter means.

An example is data that the address takes as it stands: a test sends every one. A parameter that says
more about itself where it is declared keeps that; this is what its name means everywhere.
"""

from typing import Any, Final

import msgspec

from services.alarms.domain.quality_targets import Targets
from services.tickets.domain.profiles import DEFAULT

MORNING: Final = "2026-11-23T08:00:00+08:00"
EVENING: Final = "2026-11-23T18:00:00+08:00"
HOLD: Final = {"reason": "探头更换中，18:00 前恢复"}
POLICY: Final[dict[str, Any]] = {**msgspec.to_builtins(DEFAULT, str_keys=True), "version": 2}
RULE: Final[dict[str, Any]] = {
    "id": "gas.kitchen", "kind": "gas", "family": "gas.ch4", "metric": "ch4_lel", "cause": "gas-leak", "op": "ge",
    "name_zh": "厨房燃气", "name_en": "Kitchen gas", "scope": {"attributes": {"room": "kitchen"}},
    "levels": [{"severity": "major", "limit": 20.0, "on_delay_ms": 30_000, "deadband": 5.0, "repeat": 2}],
}  # fmt: skip
SCORING: Final[dict[str, Any]] = {
    "weights": {"response": 0.1, "solution": 0.5, "satisfaction": 0.4}, "mostly": 0.9, "scale": "three",
    "day_begins": 720, "month_begins": 19, "targets": {"solution": 0.95},
}  # fmt: skip
DEVICE: Final[dict[str, Any]] = {
    "kind": "gas", "area": "990101001001001", "place": "机床厂宿舍 7栋 302", "lon": 109.986, "lat": 30.001,
    "period_s": 300, "attributes": {"room": "kitchen"},
}  # fmt: skip

BODIES: Final[dict[str, Any]] = {
    "ActionAsked": {"action": "urge", "version": 3, "text": "居民再次来电"},
    "Adoption": {**DEVICE, "id": "gas-0007"},
    "AnswerAsked": {"question": "居住证去哪里办理？", "text": "带身份证到户籍地派出所，三个工作日内办好。"},
    "AskedTargets": {"version": 0, "targets": msgspec.to_builtins(Targets())},
    "BulkAsked": {
        "tickets": [{"ticket": "LY-20261122-0029", "version": 3}, {"ticket": "LY-20261122-0031", "version": 1}],
        "action": {"action": "urge", "version": 1, "text": "居民再次来电"},
    },
    "CallerQuery": {"phone": "13800000000"},
    "CardAsked": {
        "version": 0, "holder": "楼长 王芳", "phone": "138 0000 0000", "valve": "一层楼梯间燃气阀门箱",
        "avoid": "地下室有电动车充电棚，勿由此进入",
    },
    "ChangedDevice": {"version": 1, "state": "maintenance", "why": "更换传感器"},
    "ChangedPerson": {"version": 1, "role": "unit_leader", "unit": "gas-repair"},
    "ChangedRule": {"version": 1, "rule": {"enabled": False}, "reason": "检修期间停用"},
    "Comment": {"comment": "已通知燃气公司"},
    "DraftAsked": SCORING,
    "DraftRule": {"rule": RULE},
    "DutyAsked": {"person": "unit_handler", "days": [1, 2, 3, 4, 5], "begins": "08:00", "ends": "18:00"},
    "FilterAsked": {"query": {"category": "gas-leak", "sort": "deadline"}},
    "HandOverAsked": {"text": "12栋燃气单等燃气公司回电；王女士 19 点后回访"},
    "ImportAsked": {
        "system": "kaifeng", "format": "csv", "dry_run": True,
        "mapping": {"number": "工单编号", "title": "标题", "text": "诉求内容"},
        "content": "工单编号,标题,诉求内容\nKF-1,路灯不亮,三号楼前路灯不亮\n",
    },
    "LineAsked": {"area": "990101001", "category": "lighting", "lead": "lighting"},
    "NewDevice": {**DEVICE, "id": "gas-0007"},
    "NewPerson": {"id": "chen.qiang", "name": "陈强", "role": "unit_handler", "unit": "gas-repair"},
    "NewRule": {"rule": RULE, "reason": "厨房探头误报少，限值可以更严"},
    "NewTicket": {
        "title": "楼道有燃气味", "text": "三单元二楼楼道，今早开始", "place": "纺织新村 12栋",
        "area": "990101001001001", "category": "gas-leak", "urgency": 1,
        "caller": {"name": "王女士", "phone": "13800000000", "confidential": False},
    },
    "OwnPassword": {"current": "三天有效的一次性密码", "password": "三号楼下的老槐树还开花吗"},
    "PolicyAsked": {**POLICY, "reason": "按 2026 年热线办理规定第 12 条", "enforce": False},
    "PreferencesAsked": {
        "version": 0, "channels": ["box"], "by_subject": {"card": ["box"]}, "muted": ["decided"],
        "quiet": {"from": 1_320, "to": 420}, "language": "zh", "addresses": {},
    },
    "PreviewAsked": {**POLICY, "opens_at": MORNING},
    "Reason-Input": HOLD,
    "RehearsalOrder": {"rule": "gas.ch4", "from": MORNING, "to": EVENING, "area": "990101001"},
    "Release": HOLD,
    "ReleaseAsked": {"kind": "account", "name": "operator"},
    "RestoredRule": {"version": 3, "restore": 1, "reason": "新限值误报太多"},
    "ScoringAsked": {**SCORING, "version": 1, "reason": "按 2026 年考核办法第 12 条"},
    "SheetAsked": {"content": "category,area,lead\nlighting,990101001,lighting\n", "dry_run": True},
    "Shelving": {**HOLD, "until": EVENING},
    "SignIn": {"name": "operator", "password": "三号楼下的老槐树还开花吗"},
    "SubstitutionAsked": {"person": "unit_handler", "substitute": "unit_leader", "since": MORNING, "until": EVENING},
    "SwitchedRule": {"version": 1, "reason": "检修期间停用"},
    "TakeOverAsked": {"remark": "已知悉"},
    "UnmaskAsked": {"reason": "首次联系来电人"},
    "WorksAsked": {
        "kind": "gas", "area": "990101001001001", "start": MORNING, "end": EVENING,
        "text": "燃气管道碰口，部分楼栋停气，可能闻到少量气味",
    },
}  # fmt: skip
"""By the name of the body's shape."""

PARAMETERS: Final = {
    "Idempotency-Key": "Any text of yours, new for each intention: the same one again does it once and answers alike.",
    "Last-Event-ID": "The last id that you have seen; the stream goes on behind it.",
    "alarm": "The episode's id.",
    "answer": "The knowledge-base entry's id.",
    "area": "An area's code, and what lies in it.",
    "at": "The moment it is asked for; now where it is left out.",
    "building": "A building's code.",
    "by": "What it is told apart, or done, by.",
    "card": "The card it shows: yellow or red.",
    "category": "A category of the catalogue, by its code.",
    "channel": "A configured channel, by its name.",
    "closed": "Of the tickets closed in the period, not of those received.",
    "code": "An area's code.",
    "days": "How many days back.",
    "device": "A device's id.",
    "did": "What was done.",
    "duty": "A duty's id.",
    "format": "The kind of file.",
    "from": "From then on, that moment included: epoch ms or ISO 8601 with a zone.",
    "incident": "The incident's id, which alarms and their ticket share.",
    "kind": "The kind of sensor, or of device.",
    "lat": "Latitude, WGS 84; with `lon`.",
    "letter": "The dead letter's id.",
    "level": "The level of the area.",
    "limit": "At most so many.",
    "line": "A line of the catalogue, by its id.",
    "measure": "The figure whose tickets are meant.",
    "metric": "What is measured, as in `ch4_lel`.",
    "name": "The name that you gave it.",
    "notice": "The message's id.",
    "notification": "The notification's id.",
    "open": "Only what is open, or only what is not.",
    "past": "With what is over.",
    "period": "A day 2026-11-22, a month 2026-11, a year 2026, or 2026-11-01..2026-11-22.",
    "person": "A sign-in name.",
    "photo": "The photo's id, which is the hash of what was kept.",
    "place": "An address in words.",
    "quality": "How good the reading is.",
    "reason": "Why it could not be taken.",
    "rehearsal": "The rehearsal's id.",
    "replayed": "Only what was replayed, or only what was not.",
    "rule": "A rule's id.",
    "severity": "How severe.",
    "shelved": "Only what is shelved, or only what is not.",
    "shift": "The hand-over's id.",
    "source": "Where it came from.",
    "stage": "One of the four public stages.",
    "state": "A state it is in; several with commas between, where several are taken.",
    "subject": "What it was done to, as the log has it.",
    "substitution": "The substitution's id.",
    "supervised": "Only what is under supervision, or only what is not.",
    "text": "Words to look for.",
    "ticket": "A ticket, by id or number.",
    "to": "Up to then, that moment not included: epoch ms or ISO 8601 with a zone.",
    "unit": "A unit's id.",
    "urgency": "0 ordinary, 1 major, 2 critical.",
    "version": "The version that is meant.",
    "works": "The announcement's id.",
}
"""By the parameter's name."""


def explain(operation: dict[str, Any]) -> None:
    """Put the example of its body and the meaning of its parameters into an operation's description."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"].lower() == "idempotency-key":
            parameter["name"] = "Idempotency-Key"
        if meaning := PARAMETERS.get(parameter["name"]):
            parameter.setdefault("description", meaning)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name in BODIES:
            content["example"] = BODIES[name]
