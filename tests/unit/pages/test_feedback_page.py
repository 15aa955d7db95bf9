"""The signed link: asked by staff, answered once by whoever holds it, and refused when it is not ours."""

import asyncio
from typing import Any

import httpx
import pytest

from services.adapters.feedback_links import MAX_AGE_MS, feedback_token
from services.adapters.settings import DEMO_SECRET
from services.audit import AuditFilter, Did
from services.tickets.domain import Satisfaction, State, Ticket
from tests.fakes.city import MINUTE, MemoryCity
from tests.unit.pages.test_kpi_page import act, lives

GOOD = {"solved": "yes", "satisfied": "satisfied", "text": ""}
BAD = {"solved": "no", "satisfied": "dissatisfied", "text": "<script>alert(1)</script> 还是不亮"}


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def waiting(city: MemoryCity) -> Ticket:
    """A ticket that waits for its call-back."""
    name = lives(city, Satisfaction.SATISFIED, until="callback")
    city.clock.advance(20 * MINUTE)
    return ticket(city, name)


def ticket(city: MemoryCity, name: str) -> Ticket:
    with city.tickets.transaction() as work:
        found = work.ticket(name)
    assert found is not None
    return found


def send(city: MemoryCity, method: str, path: str, role: str = "", **more: Any) -> httpx.Response:
    """Somebody without an account, or with one."""

    async def go() -> httpx.Response:
        cookies = {"linli_session": city.session(role)} if role else {}
        transport = httpx.ASGITransport(app=city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            return await client.request(method, path, headers={"accept": "text/html"}, **more)

    return asyncio.run(go())


def link(city: MemoryCity, found: Ticket) -> str:
    return "/feedback/" + feedback_token(DEMO_SECRET, found.id, found.version, city.clock.now())[0]


def test_staff_make_a_link_with_text_and_qr_code(city: MemoryCity, waiting: Ticket) -> None:
    grant = city.identities.sign_in_as("operator", now=city.clock.now())
    assert grant is not None
    answer = send(city, "POST", f"/api/v1/tickets/{waiting.id}/feedback-links")
    assert answer.status_code == 401
    cookies = {"linli_session": grant.token}

    async def ask(name: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            address = f"/api/v1/tickets/{name}/feedback-links"
            return await client.post(address, headers={"X-CSRF-Token": grant.csrf})

    made = asyncio.run(ask(waiting.id))
    assert made.status_code == 200, made.text
    body = made.json()
    assert body["address"].startswith("http://linli/feedback/")
    assert body["address"] in body["text"]
    assert waiting.number in body["text"]
    assert waiting.title[:6] not in body["text"], "it passes through other people's servers"
    (kept,) = city.container().audit.list_entries(AuditFilter(did=Did.FEEDBACK_LINK), limit=9, after=None).items
    assert (kept.by, kept.subject) == ("operator", f"ticket {waiting.id}")
    assert body["address"].rpartition("/")[2] not in kept.detail
    assert body["until"] == city.clock.now() + MAX_AGE_MS
    assert body["qr"].startswith("<svg")
    assert send(city, "GET", body["address"].removeprefix("http://linli")).status_code == 200
    other = city.call(city.clock.now(), "噪声", "夜间", "三号楼", "李先生", "13812345622")
    assert asyncio.run(ask(other)).status_code == 409, "it waits for no call-back"


def test_a_reporter_answers_without_an_account_and_the_ticket_closes(city: MemoryCity, waiting: Ticket) -> None:
    address = link(city, waiting)
    page = send(city, "GET", address)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "13812345621" not in page.text
    done = send(city, "POST", address, data=GOOD)
    assert done.status_code == 200, done.text
    assert "谢谢，已记下" in done.text
    after = ticket(city, waiting.id)
    assert (after.state, after.satisfied) == (State.CLOSED, Satisfaction.SATISFIED)


def test_a_dissatisfied_answer_makes_a_redo_with_its_own_deadline(city: MemoryCity, waiting: Ticket) -> None:
    done = send(city, "POST", link(city, waiting), data=BAD)
    assert "会继续处理并再回访" in done.text
    after = ticket(city, waiting.id)
    assert (after.state, after.redos) == (State.REDO, 1)
    assert "redo" in {str(run.clock) for run in after.clocks}


def test_one_link_takes_one_answer(city: MemoryCity, waiting: Ticket) -> None:
    address = link(city, waiting)
    send(city, "POST", address, data=BAD)
    for again in (send(city, "GET", address), send(city, "POST", address, data=GOOD)):
        assert again.status_code == 410
        assert "这条链接不能再用了" in again.text
        assert 'href="tel:12345"' in again.text
        assert 'href="/"' not in again.text, "who has no account has no home page"
    assert ticket(city, waiting.id).state is State.REDO


def test_a_second_redo_stays_a_supervisors_and_the_link_is_used_all_the_same(city: MemoryCity) -> None:
    name = lives(city, Satisfaction.DISSATISFIED, solved=False)
    city.clock.advance(20 * MINUTE)
    for action, role, details in (
        ("arrive", "unit_handler", {"place": "三号楼"}),
        ("finish", "unit_handler", {"outcome": "再修", "photo": "照片"}),
        ("check_ok", "grid_worker", {}),
    ):
        act(city, name, action, role, city.clock.now(), **details)
    found = ticket(city, name)
    assert (found.state, found.redos) == (State.CALLBACK, 1)
    address = link(city, found)
    assert "会继续处理并再回访" in send(city, "POST", address, data=BAD).text
    assert ticket(city, name).state is State.CALLBACK, "the second redo is a supervisor's decision"
    assert send(city, "POST", address, data=GOOD).status_code == 410


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"solved": ""}, "解决了吗"), ({"satisfied": "x"}, "满意吗"), ({"satisfied": "dissatisfied"}, "哪里不满意")],
    ids=str,
)
def test_what_is_missing_is_asked_for_and_what_was_written_stays(
    city: MemoryCity, waiting: Ticket, changes: dict[str, str], word: str
) -> None:
    page = send(city, "POST", link(city, waiting), data={**GOOD, **changes})
    assert page.status_code == 422
    assert word in page.text
    assert ticket(city, waiting.id).state is State.CALLBACK


def test_a_forged_link_is_none_of_ours(city: MemoryCity, waiting: Ticket) -> None:
    token = feedback_token("another secret", waiting.id, waiting.version, city.clock.now())[0]
    real = link(city, waiting)
    for address in (f"/feedback/{token}", f"{real}x", real[:-3], "/feedback/x", "/feedback/..%2ftickets"):
        answer = send(city, "POST", address, data=GOOD)
        assert answer.status_code == 404, address
        assert "12345" in answer.text
        if address.count("/") == 2 and ".." not in address:
            assert "请从短信里重新点开" in answer.text
            assert "This link" not in answer.text
    assert ticket(city, waiting.id).state is State.CALLBACK


def test_an_expired_link_says_so(city: MemoryCity, waiting: Ticket) -> None:
    address = link(city, waiting)
    city.clock.advance(MAX_AGE_MS)
    answer = send(city, "GET", address)
    assert answer.status_code == 410
    assert "已过期" in answer.text


def test_a_reporter_reads_english_where_they_choose_it(city: MemoryCity, waiting: Ticket) -> None:
    address = link(city, waiting)
    assert 'href="?language=en"' in send(city, "GET", address).text
    chosen = send(city, "GET", f"{address}?language=en")
    assert (chosen.status_code, chosen.headers["location"]) == (303, address)
    assert "linli_language=en" in chosen.headers["set-cookie"]
    assert chosen.headers["referrer-policy"] == "no-referrer", "the address is the key"


def test_after_a_reopening_an_old_link_is_over_and_a_new_one_is_not(city: MemoryCity, waiting: Ticket) -> None:
    old = link(city, waiting)
    for action, role, details in (
        ("callback", "operator", {"contacted": True, "solved": True, "satisfied": "satisfied"}),
        ("reopen", "supervisor", {"reason": "又不亮"}),
    ):
        act(city, waiting.id, action, role, city.clock.now(), **details)
    assert "已在重新办理" in send(city, "POST", old, data=GOOD).text
    for action, role, details in (
        ("arrive", "unit_handler", {"place": "三号楼"}),
        ("finish", "unit_handler", {"outcome": "再修", "photo": "照片"}),
        ("check_ok", "grid_worker", {}),
    ):
        act(city, waiting.id, action, role, city.clock.now(), **details)
    assert "谢谢，已记下" in send(city, "POST", link(city, ticket(city, waiting.id)), data=GOOD).text
    assert ticket(city, waiting.id).state is State.CLOSED


def test_a_link_opens_nothing_else(city: MemoryCity, waiting: Ticket) -> None:
    assert send(city, "GET", f"/tickets/{waiting.id}").status_code == 303
    assert send(city, "DELETE", link(city, waiting)).status_code == 401


def test_whoever_calls_back_finds_the_link_on_the_tickets_page(city: MemoryCity, waiting: Ticket) -> None:
    address = f"/tickets/{waiting.id}/feedback"
    assert f'href="{address}"' in send(city, "GET", f"/tickets/{waiting.id}", "operator").text
    page = send(city, "GET", address, "operator")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "http://linli/feedback/" in page.text
    assert f'href="{address}"' not in send(city, "GET", f"/tickets/{waiting.id}", "grid_manager").text
    assert send(city, "GET", address, "grid_manager").status_code == 403
