"""What leaves the house as a file is in the audit log: tickets, figures, the log itself."""

import json
from hashlib import sha256

import pytest

from services.audit import GENESIS, Kept, chained
from tests.fakes.api import MemoryPlatform


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def exported(platform: MemoryPlatform) -> list[tuple[str, str, dict[str, object]]]:
    items = platform.as_("administrator").get("/api/v1/audit", did="export").json()["items"]
    return [(item["by"], item["subject"], item["detail"]) for item in items]


def test_an_export_of_tickets_keeps_who_and_by_which_filter_but_not_what_was_searched_for(
    platform: MemoryPlatform,
) -> None:
    answer = platform.as_("operator").get("/api/v1/tickets/export", format="jsonl", stage="dispatch", text="王女士")
    assert answer.status_code == 200
    assert exported(platform) == [("operator", "export tickets", {"format": "jsonl", "stage": "dispatch", "text": "…"})]


def test_a_wrong_export_is_none(platform: MemoryPlatform) -> None:
    assert platform.as_("operator").get("/api/v1/tickets/export", state="lost").status_code == 422
    assert platform.as_("grid_worker").get("/api/v1/audit/export").status_code == 403
    assert exported(platform) == []


def test_an_export_of_figures_is_kept_with_its_period_and_area(platform: MemoryPlatform) -> None:
    platform.as_("grid_manager").get("/api/v1/kpi/export", period="2026-11", by="unit", format="xlsx")
    (found,) = exported(platform)
    assert found == (
        "grid_manager", "export kpi", {"period": "2026-11", "by": "unit", "format": "xlsx", "area": "990101001"}
    )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_of_the_log_is_an_entry_itself_and_verifies_elsewhere(platform: MemoryPlatform, form: str) -> None:
    supervisor = platform.as_("supervisor")
    answer = supervisor.get("/api/v1/audit/export", format=form, by="supervisor")
    assert answer.status_code == 200
    assert exported(platform) == [("supervisor", "export audit", {"by": "supervisor", "format": form})]
    if form == "csv":
        assert "supervisor" in answer.text
        return
    (line,) = [json.loads(line) for line in answer.text.splitlines() if '"token"' in line]
    raw = {**line, "previous": bytes.fromhex(line["previous"]), "hash": bytes.fromhex(line["hash"])}
    assert chained(Kept(**raw)) == raw["hash"] != GENESIS
    assert len(raw["hash"]) == sha256().digest_size
