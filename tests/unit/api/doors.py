"""Who may pass each door of the platform, and what they meet there of another area: the table of expectations.

One line an address, API and pages alike; the test beside it knows no address without a line. ``place``
says what keeps the address to a person's area:

- ``LIST``: it lists things of places, and names none of another area;
- ``ONE``: it is about one thing, and refuses (403 or 404) where that stands in another area;
- ``RULED``: the use case judges it by what the body says, which a test of its own proves (named beside it);
- ``NONE``: it says nothing of a place.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from services.registry.domain import PERMISSIONS, Permission, Role
from services.tickets.domain.profiles import DEFAULT

LIST, ONE, RULED, NONE = "list", "one", "ruled", "none"
EVERYBODY: Final = frozenset(Role)


@dataclass(frozen=True)
class Door:
    """``roles`` are let in; ``body`` is one that gets past the checks of form, so that the scope is what refuses."""

    roles: frozenset[Role]
    place: str = NONE
    body: Any = None
    query: str = ""


def may(*permissions: Permission) -> frozenset[Role]:
    return frozenset(role for role in Role if PERMISSIONS[role].intersection(permissions))


WATCH, REPORT = may(Permission.WATCH), may(Permission.REPORT)
TICKETS, MINE = may(Permission.TICKETS), may(Permission.TICKETS, Permission.REPORT)
DEVICES, LETTERS, PLATFORM = may(Permission.DEVICES), may(Permission.DEAD_LETTERS), may(Permission.PLATFORM)
ACK, RESET = may(Permission.ACKNOWLEDGE), may(Permission.RESET)
RULES, TARGETS = may(Permission.RULES), may(Permission.TARGETS)
EDITORS = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
CALLS_BACK = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
KEEPERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})
UNITS = frozenset({Role.UNIT_HANDLER, Role.UNIT_LEADER})
CALLERS = may(Permission.CALLERS)
AUDIT = may(Permission.AUDIT)
PEOPLE = may(Permission.PEOPLE)
POLICIES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
WHY = {"comment": "因为"}
HOLD = {"reason": "因为"}
PERIOD = "?from=1795309200000&to=1795312800000"
POLICY = msgspec.to_builtins(DEFAULT, str_keys=True)
FOREIGN_REPORT = {"title": "漏水", "area": "990101002001001"}

PUBLIC: Final = frozenset(
    {
        "GET /health", "GET /api/v1/health", "POST /api/v1/tokens", "GET /sign-in", "POST /sign-in",
        "GET /sign-in/demo", "GET /favicon.ico", "GET /static/{digest}/{name:path}",
        "GET /feedback/{token}", "POST /feedback/{token}",  # the signature is the right to answer, once
        # public as GeoReport v2 is; what a key lets see beyond that: tests/unit/api/test_api_open311.py
        "GET /open311/discovery.{form}", "GET /open311/v2/services.{form}",
        "GET /open311/v2/services/{service_code}.{form}", "GET /open311/v2/requests.{form}",
        "GET /open311/v2/requests/{service_request_id}.{form}", "POST /open311/v2/requests.{form}",
        "GET /open311/v2/tokens/{token}.{form}", "GET /open311/{rest:path}",
    }
)  # fmt: skip
"""Answered without a sign-in; nothing on them depends on who asks."""

DOORS: Final[dict[str, Door]] = {
    "GET /api/v1/me": Door(EVERYBODY),
    "PUT /api/v1/me/password": Door(EVERYBODY),
    # the register of people is of the whole district: nobody of a part of it keeps it
    "GET /api/v1/people": Door(PEOPLE, ONE),
    "POST /api/v1/people": Door(PEOPLE, ONE, {"id": "new", "name": "新人", "role": "operator"}),
    "GET /api/v1/people/{person}": Door(PEOPLE, ONE),
    "PATCH /api/v1/people/{person}": Door(PEOPLE, ONE, {"version": 1, "name": "x"}),
    "POST /api/v1/people/{person}/password": Door(PEOPLE, ONE),
    "GET /api/v1/sign-in-locks": Door(PEOPLE, ONE),
    "POST /api/v1/sign-in-locks/release": Door(PEOPLE, ONE, {"kind": "account", "name": "operator"}),
    # who is on duty is no secret in the city; whoever writes a roster is its unit's leader or administrates
    "GET /api/v1/units/{unit}/roster": Door(TICKETS),
    "POST /api/v1/units/{unit}/duties": Door(TICKETS, RULED),  # tests/unit/api/test_api_rosters.py
    "DELETE /api/v1/units/{unit}/duties/{duty}": Door(TICKETS, RULED),  # the same file
    "POST /api/v1/units/{unit}/substitutions": Door(TICKETS, RULED),  # the same file
    "DELETE /api/v1/units/{unit}/substitutions/{substitution}": Door(TICKETS, RULED),  # the same file
    "GET /api/v1/areas": Door(EVERYBODY, LIST),
    "GET /api/v1/areas/{code}": Door(EVERYBODY, ONE),
    "GET /api/v1/units": Door(EVERYBODY),
    "GET /api/v1/layers": Door(EVERYBODY),
    "GET /api/v1/devices": Door(WATCH, LIST),
    "GET /api/v1/devices/{device}": Door(WATCH, ONE),
    "POST /api/v1/devices": Door(DEVICES, ONE, {"id": "new", "kind": "gas", "area": "990101002001001"}),
    "PATCH /api/v1/devices/{device}": Door(DEVICES, ONE, {"version": 1, "name": "x"}),
    "GET /api/v1/devices/{device}/entry-card": Door(WATCH, ONE),
    "PUT /api/v1/devices/{device}/entry-card": Door(DEVICES, ONE, {"version": 0}),
    "GET /api/v1/areas/{code}/entry-card": Door(WATCH, ONE),
    "PUT /api/v1/areas/{code}/entry-card": Door(DEVICES, ONE, {"version": 0}),
    "GET /api/v1/readings": Door(WATCH, LIST),
    "GET /api/v1/devices/{device}/metrics/{metric}/chart": Door(WATCH, ONE, query=PERIOD),
    "GET /api/v1/devices/{device}/rules": Door(WATCH, ONE),
    # a rule may watch the whole district: everybody who watches may read it, whoever writes is judged by its area
    "GET /api/v1/rules": Door(WATCH),
    "GET /api/v1/rules/schema": Door(WATCH),
    "GET /api/v1/rules/{rule}": Door(WATCH),
    "GET /api/v1/rules/{rule}/versions": Door(WATCH),
    "GET /api/v1/rules/{rule}/versions/{version}": Door(WATCH),
    "GET /api/v1/rules/{rule}/diff": Door(WATCH),
    "POST /api/v1/rules/dry-run": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "POST /api/v1/rules": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "PATCH /api/v1/rules/{rule}": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "POST /api/v1/rules/{rule}/enable": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "POST /api/v1/rules/{rule}/disable": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "POST /api/v1/rules/{rule}/restore": Door(RULES, RULED),  # tests/unit/api/test_api_rules.py
    "POST /api/v1/rules/rehearsals": Door(WATCH, RULED),  # tests/unit/api/test_api_rehearsals.py
    "GET /api/v1/rules/rehearsals/{rehearsal}": Door(WATCH, RULED),  # one's own; the same file
    "DELETE /api/v1/rules/rehearsals/{rehearsal}": Door(WATCH, RULED),  # one's own; the same file
    "GET /api/v1/alarm-quality": Door(WATCH, LIST),
    "GET /api/v1/alarm-quality/targets": Door(WATCH),
    "PUT /api/v1/alarm-quality/targets": Door(TARGETS),
    "GET /api/v1/alarms": Door(WATCH, LIST),
    "GET /api/v1/alarms/{alarm}": Door(WATCH, ONE),
    "GET /api/v1/alarms/{alarm}/explanation": Door(WATCH, ONE),
    "GET /api/v1/alarms/{alarm}/ladder": Door(WATCH, ONE),
    "POST /api/v1/alarms/{alarm}/ack": Door(ACK, ONE, WHY),
    "POST /api/v1/alarms/{alarm}/reset": Door(RESET, ONE, WHY),
    "POST /api/v1/alarms/{alarm}/close": Door(RESET, ONE, WHY),
    "GET /api/v1/holds": Door(WATCH, LIST),
    "POST /api/v1/alarms/{alarm}/shelve": Door(RESET, ONE, {**HOLD, "until": 1_795_316_400_000}),
    "POST /api/v1/alarms/{alarm}/approve-out-of-service": Door(RESET, ONE),
    "POST /api/v1/alarms/{alarm}/approve-shelving": Door(RESET, ONE),
    "POST /api/v1/alarms/{alarm}/unshelve": Door(RESET, ONE, HOLD),
    "POST /api/v1/alarms/{alarm}/out-of-service": Door(RESET, ONE, HOLD),
    "POST /api/v1/alarms/{alarm}/in-service": Door(RESET, ONE, HOLD),
    "GET /api/v1/tickets": Door(MINE, LIST),
    "GET /api/v1/tickets/callbacks": Door(CALLERS, LIST),
    "GET /api/v1/tickets/{ticket}": Door(MINE, ONE),
    "POST /api/v1/tickets": Door(REPORT, ONE, FOREIGN_REPORT),
    "POST /api/v1/tickets/{ticket}/actions": Door(MINE, ONE, {"action": "note", "version": 1, "text": "x"}),
    "GET /api/v1/tickets/{ticket}/entry-card": Door(TICKETS, ONE),
    "POST /api/v1/tickets/{ticket}/key-holder": Door(TICKETS, ONE, {"reason": "上门前联系"}),
    "POST /api/v1/tickets/{ticket}/caller": Door(MINE, ONE, {"reason": "首次联系来电人"}),
    "POST /api/v1/tickets/{ticket}/photos": Door(MINE, RULED),  # tests/unit/api/test_api_photos.py
    "GET /api/v1/tickets/{ticket}/photos": Door(MINE, ONE),
    "GET /api/v1/tickets/{ticket}/photos/{photo}": Door(MINE, ONE),
    "GET /api/v1/tickets/{ticket}/photos/{photo}/thumbnail": Door(MINE, ONE),
    "GET /api/v1/audit": Door(AUDIT, ONE),  # of the whole district: nobody of a part of it reads it
    "GET /api/v1/audit/export": Door(AUDIT, ONE),
    "GET /api/v1/alike": Door(TICKETS, LIST, query="?text=%E7%87%83%E6%B0%94%E5%91%B3&area=990101001"),
    "GET /api/v1/tickets/{ticket}/alike": Door(TICKETS, ONE),
    "GET /api/v1/tickets/{ticket}/earlier": Door(TICKETS, ONE),
    "POST /api/v1/callers/tickets": Door(CALLS_BACK, RULED, {"phone": "13800000000"}),
    # what is answered to a question is the same in every street
    "GET /api/v1/answers": Door(TICKETS),
    "GET /api/v1/answers/{answer}/versions": Door(TICKETS),
    "POST /api/v1/answers": Door(EDITORS, NONE, {"question": "几点供暖", "text": "十一月一日"}),
    "PUT /api/v1/answers/{answer}": Door(TICKETS),
    "GET /api/v1/works": Door(TICKETS, LIST),
    "POST /api/v1/works": Door(TICKETS, RULED),
    "PUT /api/v1/works/{works}": Door(TICKETS, RULED),  # the same file
    "GET /knowledge": Door(TICKETS),
    "POST /knowledge": Door(TICKETS),
    "GET /knowledge/works": Door(TICKETS, LIST),
    "POST /knowledge/works": Door(TICKETS, RULED),
    "GET /api/v1/policies": Door(TICKETS),
    "GET /api/v1/policies/history": Door(TICKETS),
    "POST /api/v1/policies": Door(POLICIES, NONE, {**POLICY, "reason": "市里的决定"}),
    "POST /api/v1/policies/preview": Door(POLICIES, NONE, POLICY),
    "GET /policies": Door(TICKETS),
    "GET /policies/{name}": Door(TICKETS),
    "GET /policies/{name}/next": Door(POLICIES),
    "POST /policies/{name}/next": Door(POLICIES),
    "GET /policies/{name}/copy": Door(POLICIES),
    "POST /policies/{name}/copy": Door(POLICIES),
    "POST /policies/{name}/enforce": Door(POLICIES),
    "GET /api/v1/dead-letters": Door(LETTERS, LIST),
    "GET /api/v1/dead-letters/{letter}": Door(LETTERS, ONE),
    "GET /api/v1/dead-letters/{letter}/raw": Door(LETTERS, ONE),
    "POST /api/v1/dead-letters/{letter}/replay": Door(LETTERS, ONE),
    "GET /api/v1/quarantine": Door(DEVICES, LIST),
    "POST /api/v1/quarantine/{device}/adopt": Door(DEVICES, ONE, {"kind": "gas", "area": "990101002001001"}),
    "GET /api/v1/oncall/notifications": Door(PLATFORM),
    "GET /api/v1/oncall/notifications/{notification}": Door(PLATFORM),
    "POST /api/v1/oncall/notifications/{notification}/ack": Door(PLATFORM),
    # test_scope.py, message by message; a reporter's is test_live_of_reporters.py
    "GET /api/v1/events": Door(WATCH | REPORT, RULED),
    "GET /api/v1/openapi.json": Door(EVERYBODY),
    "GET /api/v1/asyncapi.json": Door(EVERYBODY),
    "GET /": Door(EVERYBODY),
    "POST /sign-out": Door(EVERYBODY),
    "POST /settings": Door(EVERYBODY),
    "GET /cockpit": Door(WATCH, LIST),
    "GET /cockpit/areas": Door(WATCH, LIST),
    "GET /cockpit/fleet": Door(WATCH, LIST),
    "GET /cockpit/abnormal": Door(WATCH, LIST),
    "GET /alarms": Door(WATCH, LIST),
    "GET /alarms/quality": Door(WATCH, LIST),
    "GET /alarms/{alarm}": Door(WATCH, ONE),
    "POST /alarms/{alarm}/acknowledge": Door(ACK, ONE, WHY),
    "POST /alarms/{alarm}/reset": Door(RESET, ONE, WHY),
    "POST /alarms/{alarm}/close": Door(RESET, ONE, HOLD),
    "POST /alarms/{alarm}/approve": Door(RESET, ONE),
    "POST /alarms/{alarm}/hold/{action}": Door(RESET, ONE, {**HOLD, "length": "900000"}),
    "GET /tickets": Door(MINE, LIST),
    "GET /tickets/new": Door(REPORT, LIST),
    "GET /tickets/new/map": Door(REPORT),  # the district's drawn layers, which everybody sees
    "POST /tickets/new": Door(REPORT, ONE, {"place": "x", "area": "990101002001001", "category": "noise", "text": "x"}),
    "POST /tickets/new/preview": Door(TICKETS, LIST, {"text": "燃气味很重", "place": "x"}),
    "GET /tickets/{ticket}": Door(MINE, ONE),
    "POST /tickets/{ticket}/actions": Door(MINE, ONE, {"action": "note", "version": "1", "text": "x"}),
    "POST /tickets/{ticket}/key-holder": Door(TICKETS, ONE, {"reason": "上门前联系"}),
    "POST /tickets/{ticket}/caller": Door(MINE, ONE, {"reason": "首次联系来电人"}),
    "GET /audit": Door(AUDIT, ONE),
    "GET /audit/export": Door(AUDIT, ONE),
    "GET /rosters": Door(TICKETS),
    "POST /rosters": Door(TICKETS, RULED),  # tests/unit/pages/test_roster_page.py
    "GET /people": Door(PEOPLE, ONE),
    "POST /people": Door(PEOPLE, ONE, {"kind": "account", "name": "operator"}),
    "GET /people/new": Door(PEOPLE, ONE),
    "POST /people/new": Door(PEOPLE, ONE, {"id": "new", "name": "新人", "role": "operator"}),
    "GET /people/{person}": Door(PEOPLE, ONE),
    "POST /people/{person}": Door(PEOPLE, ONE, {"version": "1", "name": "x", "role": "operator"}),
    "POST /people/{person}/password": Door(PEOPLE, ONE),
    "GET /password": Door(EVERYBODY),
    "POST /password": Door(EVERYBODY),
    "GET /tasks": Door(MINE, LIST),
    "GET /tasks/{ticket}": Door(MINE, ONE),
    "GET /devices": Door(WATCH, LIST),
    "GET /devices/{device}": Door(WATCH, ONE),
    "POST /devices/{device}/entry-card": Door(DEVICES, ONE, {"card": "device", "version": "0"}),
    "POST /devices/{device}/state": Door(DEVICES, ONE, {"state": "maintenance", "version": "1", "why": "换传感器"}),
    "GET /rules": Door(WATCH),
    "GET /rules/new": Door(RULES),
    "GET /rules/{rule}": Door(WATCH),
    "GET /rules/{rule}/versions": Door(WATCH),
    "GET /rules/{rule}/rehearse": Door(WATCH, RULED),  # tests/unit/pages/test_rehearsal_page.py
    "POST /rules/{rule}/rehearse": Door(WATCH, RULED),  # the same file
    "POST /rules/new": Door(RULES, RULED),  # tests/unit/pages/test_rule_pages.py
    "POST /rules/preview": Door(RULES, RULED),  # the same file
    "POST /rules/{rule}": Door(RULES, RULED),  # the same file
    "POST /rules/{rule}/restore": Door(RULES, RULED),  # the same file
    "GET /dead-letters": Door(LETTERS, LIST),
    "POST /dead-letters/{letter}/replay": Door(LETTERS, ONE),
    "GET /quarantine": Door(DEVICES, LIST),
    "POST /quarantine/{device}/adopt": Door(DEVICES, ONE, {"kind": "gas", "area": "990101002001001"}),
    "GET /oncall": Door(PLATFORM),
    "POST /oncall/{notice}/acknowledge": Door(PLATFORM),
    "GET /api/v1/categories": Door(TICKETS),
    # who is responsible is no secret in the city; whoever writes a line is judged by its area
    "GET /api/v1/catalogue/responsible": Door(TICKETS, query="?category=gas_leak&area=990101001001001"),
    "GET /api/v1/catalogue/holes": Door(TICKETS, LIST),
    "GET /api/v1/catalogue/lines": Door(TICKETS),
    "POST /api/v1/catalogue/lines": Door(TICKETS, RULED),  # tests/unit/api/test_api_catalogue.py
    "DELETE /api/v1/catalogue/lines/{line}": Door(TICKETS, RULED),  # the same file
    "GET /api/v1/catalogue/export": Door(TICKETS, LIST),
    "POST /api/v1/catalogue/import": Door(TICKETS, RULED),  # tests/unit/api/test_api_catalogue_sheet.py
    "GET /api/v1/catalogue/changes": Door(TICKETS, LIST),
    "GET /catalogue": Door(TICKETS),
    "GET /catalogue/history": Door(TICKETS, LIST),
    "GET /catalogue/import": Door(KEEPERS),
    "POST /catalogue/import": Door(KEEPERS, RULED),  # tests/unit/pages/test_catalogue_sheet_page.py
    "GET /places": Door(MINE, LIST, query="?q=%E5%8C%BA"),
    "POST /catalogue": Door(TICKETS, RULED),  # tests/unit/pages/test_catalogue_page.py
    "GET /api/v1/hotspots": Door(TICKETS - UNITS, LIST),
    "GET /tickets/hotspots": Door(TICKETS - UNITS, LIST),
    "GET /api/v1/shifts": Door(TICKETS, LIST),
    "POST /api/v1/shifts": Door(TICKETS, RULED),  # tests/unit/api/test_api_shifts.py
    "POST /api/v1/shifts/{shift}/taken": Door(TICKETS, RULED),  # the same file
    "GET /tickets/shifts": Door(TICKETS, LIST),
    "POST /tickets/shifts": Door(TICKETS, RULED),
    "POST /tickets/shifts/{shift}": Door(TICKETS, RULED),
    "GET /api/v1/kpi": Door(TICKETS, LIST),
    "GET /api/v1/kpi/export": Door(TICKETS, LIST),
    "GET /api/v1/kpi/tickets": Door(TICKETS, LIST),
    "GET /api/v1/kpi/rules": Door(TICKETS),
    "POST /api/v1/kpi/rules": Door(TICKETS, RULED),  # tests/unit/api/test_api_kpi.py
    "POST /api/v1/kpi/rules/preview": Door(TICKETS, RULED),  # tests/unit/api/test_api_kpi.py
    "GET /kpi": Door(TICKETS, LIST),
    "GET /kpi/file": Door(TICKETS, LIST),
    "GET /kpi/tickets": Door(TICKETS, LIST),
    "POST /api/v1/tickets/{ticket}/feedback-links": Door(CALLERS, ONE),
    "GET /tickets/{ticket}/feedback": Door(CALLERS, ONE),
    "GET /tickets/callbacks": Door(CALLERS, LIST),
    "POST /tickets/callbacks/{ticket}": Door(CALLERS, ONE),
    "POST /tickets/callbacks/{ticket}/caller": Door(CALLERS, ONE),
    "GET /tickets/supervision": Door(TICKETS, LIST),
    "GET /kpi/rules": Door(TICKETS),
    "POST /kpi/rules": Door(POLICIES),
    # one's own messages, and every one's for an administrator
    "GET /api/v1/notices": Door(EVERYBODY, RULED),  # tests/unit/api/test_api_notices.py
    "GET /api/v1/notices/channels": Door(EVERYBODY),
    "GET /api/v1/notices/{notice}": Door(EVERYBODY, RULED),
    "POST /api/v1/notices/{notice}/resend": Door(EVERYBODY, RULED),
    "GET /api/v1/notices/preferences/{person}": Door(EVERYBODY, ONE),
    "PUT /api/v1/notices/preferences/{person}": Door(EVERYBODY, RULED),
    "POST /api/v1/notices/preferences/{person}/test": Door(EVERYBODY, RULED),
    "GET /notices": Door(EVERYBODY, RULED),  # tests/unit/pages/test_notice_pages.py
    "GET /notices/box": Door(EVERYBODY, RULED),
    "GET /notices/settings": Door(EVERYBODY, RULED),
    "POST /notices/settings": Door(EVERYBODY, RULED),
    "POST /notices/{notice}/resend": Door(EVERYBODY, RULED),
    "GET /api/v1/tickets/export": Door(MINE, LIST),
    "GET /api/v1/tickets/filters": Door(MINE),  # one's own
    "PUT /api/v1/tickets/filters/{name}": Door(MINE),
    "DELETE /api/v1/tickets/filters/{name}": Door(MINE),
    "POST /api/v1/tickets/bulk": Door(MINE, RULED),  # each item as the single action
    "POST /api/v1/tickets/import": Door(CALLERS, RULED),  # tests/unit/api/test_api_ticket_import.py
    "GET /tickets/import": Door(CALLERS),
    "POST /tickets/import": Door(CALLERS, RULED),  # tests/unit/pages/test_import_page.py
    "GET /tickets/search": Door(MINE, LIST),
    "GET /tickets/search/export": Door(MINE, LIST),
    "POST /tickets/search/bulk": Door(MINE, RULED),
    "POST /tickets/search/filters": Door(MINE),
}
