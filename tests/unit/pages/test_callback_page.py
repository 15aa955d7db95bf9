"""Calling back on one page: what is due first, what to say, three answers, another time, the number for a reason."""

import re

import pytest

from services.api.language.words import words
from services.api.pages.tickets import callback_views as views
from services.tickets.domain import Satisfaction, Scale, State, Ticket
from services.tickets.domain.figures import SHIPPED, Published
from services.tickets.domain.figures.scoring import Scoring
from services.tickets.handlers import CountFigures
from tests.fakes.city import HOUR, MINUTE, MemoryCity
from tests.fakes.clock import ManualClock
from tests.fakes.figures import MemoryFigures
from tests.fakes.tickets import MemoryTicketStore
from tests.unit.pages.test_feedback_page import ticket
from tests.unit.pages.test_kpi_page import act, lives
from tests.unit.pages.test_rule_pages import Visitor

HERE = "/tickets/callbacks"
PHONE = "13812345621"
GOOD = {"contacted": "yes", "solved": "yes", "satisfied": "satisfied", "text": ""}


def called() -> MemoryCity:
    """Two tickets that wait for their call-back, and one that is not there yet."""
    made = MemoryCity()
    lives(made, Satisfaction.SATISFIED, until="callback")
    lives(made, Satisfaction.SATISFIED, until="callback", title="下水堵塞<script>")
    lives(made, Satisfaction.SATISFIED, until="check_ok", title="还在核查")
    made.clock.advance(20 * MINUTE)
    return made


@pytest.fixture(scope="module")
def still() -> MemoryCity:
    """For tests that change no ticket: a city takes its time."""
    return called()


@pytest.fixture
def city() -> MemoryCity:
    return called()


@pytest.fixture
def operator(city: MemoryCity) -> Visitor:
    return Visitor(city, "operator")


def shown(page: str) -> list[str]:
    """The calls of the list, top to bottom."""
    return re.findall(r'role="option"[^>]*id="ticket-([^"]+)"', page)


def send(operator: Visitor, name: str, version: int, **fields: str) -> tuple[int, str]:
    answer = operator.send("POST", f"{HERE}/{name}", {**operator.csrf, "version": str(version), **fields})
    return answer.status_code, answer.headers.get("location", "") or answer.text


def waiting(city: MemoryCity, operator: Visitor) -> list[Ticket]:
    return [ticket(city, name) for name in shown(operator.send("GET", HERE).text)]


def test_the_list_has_what_waits_the_one_due_first_on_top_and_no_number_whole(
    city: MemoryCity, operator: Visitor
) -> None:
    first, second = waiting(city, operator)
    assert {first.state, second.state} == {State.CALLBACK}
    act(city, second.id, "book", "operator", city.clock.now(), until=city.clock.now() + HOUR)
    page = operator.send("GET", HERE).text
    assert shown(page) == [second.id, first.id], "what is booked comes by its time"
    assert "约定 11:01" in page
    assert PHONE not in page
    assert "138****5621" in page
    assert "<script>" not in page.partition('<section class="ll-panel ll-ticket-list"')[2].partition("</section>")[0]


def test_the_script_says_the_tickets_facts_in_order(still: MemoryCity) -> None:
    operator = Visitor(still, "operator")
    first = waiting(still, operator)[0]
    page = operator.send("GET", f"{HERE}?ticket={first.id}").text
    steps = re.findall(r"<li><b>(.*?)</b><p class=\"ll-words\">(.*?)</p>", page)
    assert [what for what, _ in steps] == ["核对", "说明", "解决", "满意", "收尾"]
    assert "王女士" in steps[0][1]
    for fact in (first.title.replace("<", "&lt;").replace(">", "&gt;"), "09:41", "已修复"):
        assert fact in steps[1][1]


def test_a_content_answer_closes_it_and_the_next_one_is_there(city: MemoryCity, operator: Visitor) -> None:
    first, second = waiting(city, operator)
    assert send(operator, first.id, first.version, action="callback", **GOOD) == (303, f"{HERE}?said=called")
    assert ticket(city, first.id).state is State.CLOSED
    assert shown(operator.send("GET", HERE).text) == [second.id]
    late, page = send(operator, first.id, first.version, action="callback", **GOOD)
    assert late == 409
    assert "这件工单已不在回访" in page


def test_a_call_in_vain_is_kept_as_one(city: MemoryCity, operator: Visitor) -> None:
    first = waiting(city, operator)[0]
    assert send(operator, first.id, first.version, action="callback", contacted="no")[1] == f"{HERE}?said=missed"
    after = ticket(city, first.id)
    assert (after.state, after.misses) == (State.CALLBACK, (city.clock.now(),))
    assert "未接通 1 次" in operator.send("GET", HERE).text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"contacted": ""}, "没有接通也要登记"),
        ({"solved": ""}, "请选一项：解决了吗"),
        ({"satisfied": "splendid"}, "请选一项：满意吗"),
        ({"satisfied": "dissatisfied"}, "哪里不满意"),
        ({"solved": "no"}, "哪里不满意"),
    ],
    ids=str,
)
def test_what_is_missing_is_asked_for_and_every_answer_stays(
    still: MemoryCity, changes: dict[str, str], word: str
) -> None:
    operator = Visitor(still, "operator")
    first = waiting(still, operator)[0]
    given = {**GOOD, "text": "", **changes}
    status, page = send(operator, first.id, first.version, action="callback", **given)
    assert status == 422
    assert word in page
    if given["solved"]:
        assert re.search(rf'name="solved" value="{given["solved"]}"[^>]* checked', page)
    assert ticket(still, first.id).version == first.version


def test_a_dissatisfied_answer_with_its_reason_is_redone(city: MemoryCity, operator: Visitor) -> None:
    first = waiting(city, operator)[0]
    send(operator, first.id, first.version, action="callback", **GOOD | {"satisfied": "dissatisfied", "text": "仍返水"})
    assert ticket(city, first.id).state is State.REDO


def test_another_time_is_booked_from_the_page_within_its_bounds(city: MemoryCity, operator: Visitor) -> None:
    first = waiting(city, operator)[0]
    assert send(operator, first.id, first.version, action="book", until="2026-11-23T19:30")[1] == f"{HERE}?said=booked"
    booked = ticket(city, first.id)
    assert booked.booked == 1_795_433_400_000
    for until, word in (
        ("", "请选约定的日期和时间"),
        ("2026-11-22T09:00", "日期须在"),
        ("2026-12-25T09:00", "日期须在"),
    ):
        status, page = send(operator, first.id, booked.version, action="book", until=until)
        assert status in {409, 422}
        assert word in page
    assert send(operator, first.id, booked.version, action="close_unresolved")[0] == 422, "the page's own two alone"


def test_the_number_is_shown_in_one_answer_and_the_audit_log_has_it(still: MemoryCity) -> None:
    operator = Visitor(still, "operator")
    first = waiting(still, operator)[0]
    page = operator.send("POST", f"{HERE}/{first.id}/caller", operator.csrf).text
    assert f'href="tel:{PHONE}"' in page
    assert "data-answers" in page, "and the call goes on there, with its keys"
    assert '"answer1"' in page
    entry = still.tickets.state.audit.entries[-1]
    assert (entry.by, entry.subject) == ("operator", f"ticket {first.id}")
    assert first.number in entry.detail
    assert PHONE not in entry.detail
    assert PHONE not in operator.send("GET", HERE).text


def test_whoever_calls_nobody_back_sees_none_of_it(still: MemoryCity) -> None:
    operator = Visitor(still, "operator")
    first = waiting(still, operator)[0]
    for role in ("unit_handler", "grid_manager", "citizen"):
        visitor = Visitor(still, role)
        assert visitor.send("GET", HERE).status_code == 403
        assert visitor.send("POST", f"{HERE}/{first.id}", {**visitor.csrf, "action": "callback"}).status_code == 403
        assert visitor.send("POST", f"{HERE}/{first.id}/caller", visitor.csrf).status_code == 403
    seen = Visitor(still, "dispatcher").send("GET", f"{HERE}?ticket={first.id}").text
    assert "回访由话务员或督办来打" in seen
    assert "data-answers" not in seen
    assert HERE in operator.send("GET", "/tickets").text
    assert HERE not in Visitor(still, "grid_manager").send("GET", "/tickets").text


def test_four_answers_are_asked_where_the_rules_say_so_and_all_four_are_taken() -> None:
    figures, clock = MemoryFigures(MemoryTicketStore()), ManualClock(1)
    assert CountFigures(figures, clock).scale() is Scale.THREE
    figures.publish(Published(Scoring(version=2, scale=Scale.FOUR), "supervisor", 1, "上海口径"))
    assert CountFigures(figures, clock).scale() is Scale.FOUR
    asked = views.questions([(str(answer), "") for answer in Scale.FOUR.answers], words("zh"))[2]
    assert [value for value, _ in asked.options] == ["very_satisfied", "satisfied", "mostly", "dissatisfied"]
    assert SHIPPED.scale is Scale.THREE
    assert views.wrong({**GOOD, "satisfied": "very_satisfied"}, words("zh")) == {}
