"""Who sees a caller: masks by role, asking with a reason, what the audit log keeps, and locked sign-ins."""

import json

import pytest

from services.api.live.messages import of_ticket
from services.audit import Did
from services.registry.domain import Role
from services.registry.domain.lockout import ACCOUNT
from services.tickets import domain
from services.tickets.domain import Caller as ReportedBy
from services.tickets.domain import Role as Part
from services.tickets.domain import caller_for, may_unmask
from streams.contracts import TicketEvent
from tests.fakes.api import HERE, MemoryPlatform
from tests.unit.api.test_api_loop import problem

PHONE, NAME = "13812345621", "王女士"
SEES = {Part.OPERATOR, Part.DISPATCHER, Part.SUPERVISOR}


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def reported(platform: MemoryPlatform, *, confidential: bool, by: str = "operator") -> str:
    body = {
        "title": "漏水",
        "text": "楼道在漏水",
        "area": HERE,
        "caller": {"name": NAME, "phone": PHONE, "confidential": confidential},
    }
    made = platform.as_(by).post("/api/v1/tickets", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_confidential_caller_is_there_for_those_who_call_back_alone_and_masked() -> None:
    """tickets.md: caller phone and confidentiality flag are masked by role."""
    caller = ReportedBy(NAME, PHONE, confidential=True)
    for role in Part:
        seen = caller_for(role, caller)
        assert seen == (ReportedBy("***", "138****5621", confidential=True) if role in SEES else None)
        assert may_unmask(role, caller) is (role in SEES)


def test_nothing_of_a_confidential_reporter_comes_out_to_the_others(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=True, by="citizen")
    for role in set(Role) - {Role.CITIZEN, Role.ONCALL, Role.UNIT_HANDLER, Role.UNIT_LEADER}:
        for path in (f"/api/v1/tickets/{ticket}", "/api/v1/tickets"):
            said = platform.as_(role).get(path).text
            assert PHONE not in said, (role, path)
            assert NAME not in said, (role, path)
        seen = platform.as_(role).get(f"/api/v1/tickets/{ticket}").json()
        hidden = Part(role) not in SEES
        assert (seen["reporter"] == "", seen["caller"] is None) == (hidden, hidden), role
        assert ("citizen" in {event["by"] for event in seen["events"]}) is not hidden, role
    mine = platform.as_("citizen").get(f"/api/v1/tickets/{ticket}").json()
    assert mine["reporter"] == "citizen"


def test_the_live_stream_names_no_resident() -> None:
    event = TicketEvent(
        "e", "t", "LY-1", 1, "report", None, "reported", "discovery", "citizen", HERE, 0, 1, "li", "citizen"
    )
    assert of_ticket(event)["by"] == ""


def test_seeing_a_number_is_a_request_of_its_own_with_a_reason_and_kept(platform: MemoryPlatform) -> None:
    """tickets.md: every unmasking is logged (PIPL)."""
    ticket = reported(platform, confidential=False)
    worker = platform.as_("grid_worker")
    before = worker.get(f"/api/v1/tickets/{ticket}").json()
    assert (before["caller"]["phone"], before["unmaskable"]) == ("138****5621", True)
    seen = worker.post(f"/api/v1/tickets/{ticket}/caller", {"reason": "上门前联系"})
    assert (seen.status_code, seen.json()["phone"]) == (200, PHONE)
    assert worker.get(f"/api/v1/tickets/{ticket}").json()["caller"]["phone"] == "138****5621"
    [entry] = [e for e in platform.tickets.state.audit.entries if e.did == Did.UNMASK]
    assert (entry.by, entry.role, entry.subject) == ("grid_worker", "grid_worker", f"ticket {ticket}")
    detail = json.loads(entry.detail)
    assert (detail["fields"], detail["why"]) == (["name", "phone"], "上门前联系")
    assert PHONE not in entry.detail


@pytest.mark.parametrize("reason", ["x", "    ", " 看 "])
def test_without_a_reason_nothing_is_shown_and_nothing_kept(platform: MemoryPlatform, reason: str) -> None:
    ticket = reported(platform, confidential=False)
    refused = platform.as_("grid_worker").post(f"/api/v1/tickets/{ticket}/caller", {"reason": reason})
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert not platform.tickets.state.audit.entries


def test_who_has_nothing_to_do_with_callers_may_not_ask(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=True)
    for role in ("administrator", "grid_worker"):
        refused = platform.as_(role).post(f"/api/v1/tickets/{ticket}/caller", {"reason": "想看一看"})
        assert refused.status_code == 403
        assert PHONE not in refused.text
    shown = platform.as_("operator").post(f"/api/v1/tickets/{ticket}/caller", {"reason": "回访来电人"})
    assert shown.json() == {"name": NAME, "phone": PHONE, "confidential": True}


def test_the_audit_log_is_for_the_whole_districts_supervisors_and_administrators(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=False)
    platform.as_("grid_worker").post(f"/api/v1/tickets/{ticket}/caller", {"reason": "上门前联系"})
    entries = platform.as_("supervisor").get("/api/v1/audit", did="unmask").json()["items"]
    assert [(entry["by"], entry["detail"]["why"]) for entry in entries] == [("grid_worker", "上门前联系")]
    made = platform.as_("administrator").get("/api/v1/audit", did="token", by="grid_worker").json()["items"]
    assert {entry["did"] for entry in made} == {"token"}
    assert platform.as_("administrator").get("/api/v1/audit", did="nothing").status_code == 422


def test_after_too_many_failures_a_sign_in_is_not_looked_at_until_time_has_passed(platform: MemoryPlatform) -> None:
    def attempt(password: str, name: str = "operator") -> tuple[int, dict[str, object]]:
        answer = platform.ask("POST", "/api/v1/tokens", json={"name": name, "password": password})
        return answer.status_code, {**answer.json(), "retry": answer.headers.get("retry-after")}

    assert [attempt("wrong")[0] for _ in range(ACCOUNT.failures)] == [401] * ACCOUNT.failures
    status, said = attempt("operator")
    assert (status, said["code"], said["retry"]) == (429, "locked", str(ACCOUNT.lock_ms // 1000))
    assert "15 min" in str(said["detail"])
    assert attempt("dispatcher", "dispatcher")[0] == 201
    page = platform.ask("POST", "/sign-in", data={"name": "operator", "password": "operator"})
    assert page.status_code == 429
    assert "15" in page.text
    platform.clock.advance(ACCOUNT.lock_ms + 1)
    assert attempt("operator")[0] == 201
    refusals = [e for e in platform.people.chain.entries if e.did == Did.SIGN_IN_REFUSED]
    assert len(refusals) == ACCOUNT.failures + 1
    assert "locked_until" in refusals[-1].detail


def test_a_name_that_is_nobodys_is_locked_alike_and_not_kept(platform: MemoryPlatform) -> None:
    """People type their password where the name goes; and a lock must not tell which names there are."""
    answers = [platform.ask("POST", "/api/v1/tokens", json={"name": "s3cret", "password": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert "s3cret" not in repr([(e.by, e.detail) for e in platform.people.chain.entries])


def test_a_page_shows_the_caller_in_its_answer_alone(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=False)
    grant = platform.container().identities.sign_in_as("grid_worker", now=platform.clock.now())
    assert grant is not None
    cookie = {"Cookie": f"linli_session={grant.token}", "Accept": "text/html"}
    page = platform.ask("GET", f"/tickets/{ticket}", headers=cookie)
    assert f'action="/tickets/{ticket}/caller"' in page.text
    assert PHONE not in page.text
    sent = {"csrf_token": grant.csrf, "reason": "上门前联系"}
    shown = platform.ask("POST", f"/tickets/{ticket}/caller", headers=cookie, data=sent)
    assert shown.status_code == 200
    assert PHONE in shown.text
    vague = platform.ask("POST", f"/tickets/{ticket}/caller", headers=cookie, data={**sent, "reason": "x"})
    assert (vague.status_code, PHONE in vague.text) == (422, False)


def test_the_audit_page_filters_and_says_it_in_words(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=False)
    platform.as_("grid_worker").post(f"/api/v1/tickets/{ticket}/caller", {"reason": "上门前联系"})
    grant = platform.container().identities.sign_in_as("supervisor", now=platform.clock.now())
    assert grant is not None
    cookie = {"Cookie": f"linli_session={grant.token}", "Accept": "text/html"}
    page = platform.ask("GET", "/audit?did=unmask&by=grid_worker", headers=cookie).text
    assert "上门前联系" in page
    assert "tickets 1" in page
    assert "没有这样的记录" in platform.ask("GET", "/audit?did=unmask&by=nobody", headers=cookie).text


def archived(platform: MemoryPlatform, *, by: str = "operator") -> tuple[str, int]:
    """A call that was withdrawn and archived: its id and version."""
    ticket = reported(platform, confidential=False, by=by)
    asked = {"action": "withdraw", "version": 1, "reason": "修好了"}
    moved = platform.as_(by).post(f"/api/v1/tickets/{ticket}/actions", asked)
    assert moved.status_code == 200, moved.text
    with platform.tickets.transaction() as work:
        found = work.ticket(ticket)
        assert found is not None
        work.save(*domain.archived(found, now=platform.clock.now()))
    return ticket, found.version + 1


def test_an_administrator_erases_an_archived_ticket_with_a_reason_and_for_good(platform: MemoryPlatform) -> None:
    ticket, version = archived(platform)
    path, asked = f"/api/v1/tickets/{ticket}/actions", {"action": "erase", "version": version}
    assert platform.as_("operator").post(path, {**asked, "reason": "来电人要求"}).status_code == 403
    administrator = platform.as_("administrator")
    assert problem(administrator.post(path, asked), 422)["field"] == "reason"
    erased = administrator.post(path, {**asked, "reason": "来电人要求"}).json()
    assert (erased["title"], erased["text"], erased["caller"]["name"]) == ("已清除", "已清除", "已清除")
    assert erased["erased_at"] == platform.clock.now()
    for role in ("operator", "administrator", "grid_worker"):
        said = platform.as_(role).get(f"/api/v1/tickets/{ticket}").text
        assert NAME not in said
        assert "5621" not in said
        assert "漏水" not in said
    again = problem(administrator.post(path, {**asked, "version": version + 1, "reason": "来电人要求"}), 409)
    assert again["because"] == "once"
    newest = platform.as_("supervisor").get("/api/v1/audit").json()["items"][0]
    assert (newest["did"], newest["by"], newest["subject"]) == ("erase", "administrator", f"ticket {ticket}")


def test_what_is_not_archived_is_in_use_and_cannot_be_erased(platform: MemoryPlatform) -> None:
    ticket = reported(platform, confidential=False)
    asked = {"action": "erase", "version": 1, "reason": "来电人要求"}
    problem(platform.as_("administrator").post(f"/api/v1/tickets/{ticket}/actions", asked), 409)
