"""The catalogue page works without script: a question, its answer, a line written, refused and taken away."""

import asyncio
import re

import httpx
import pytest

from tests.fakes.city import MemoryCity

STREET = "990101001"


def ask(city: MemoryCity, role: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(city.app)
        cookies = {"linli_session": city.session(role)}
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            shown = await client.get(path, headers={"Accept": "text/html"})
            if form is None:
                return shown
            found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
            word = {"csrf_token": found[1]} if found else {}
            return await client.post(path, data=word | form, headers={"Accept": "text/html"})

    return asyncio.run(send())


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def test_it_says_who_is_responsible_and_where_nobody_is(city: MemoryCity) -> None:
    page = ask(city, "operator", f"/catalogue?category=gas-leak&area={STREET}&urgency=2").text
    assert "澄湖燃气抢修</b>" in page
    assert "单位登记时自报承办这一类" in page
    none = ask(city, "operator", f"/catalogue?category=noise&area={STREET}").text
    assert "没有单位负责，由区级兜底" in none
    assert "噪声扰民" in none.partition("holes-title")[2]


@pytest.mark.parametrize(
    ("query", "said"),
    [(f"category=tea&area={STREET}", "没有这个类别"), ("category=noise&area=110101", "不在任何辖区内")],
)
def test_a_question_that_has_no_answer_says_why(city: MemoryCity, query: str, said: str) -> None:
    assert said in ask(city, "operator", f"/catalogue?{query}").text


def test_a_line_is_written_answers_and_is_taken_away(city: MemoryCity) -> None:
    form = {"category": "environment", "area": STREET, "lead": "gas-repair", "urgency": "", "policy": "beijing"}
    assert ask(city, "dispatcher", "/catalogue", form).status_code == 303
    page = ask(city, "operator", f"/catalogue?category=noise&area={STREET}").text
    assert "派单目录有这一条" in page
    links = re.findall(r'<a href="/policies/([a-z-]+)">([^<]+)</a>', page)
    assert ("beijing", "北京 第 1 版") in links  # of the answer, and of the line in the list
    assert ("default", "现行：平台默认 第 1 版") in links  # of the lines that name none
    assert '<option value="beijing">北京 第 1 版</option>' in ask(city, "dispatcher", "/catalogue").text
    name = next(iter(city.directory.written))
    assert ask(city, "dispatcher", "/catalogue", {"remove": name}).status_code == 303
    assert not city.directory.written


def test_a_unit_outside_its_area_is_refused_in_words_and_the_form_is_kept(city: MemoryCity) -> None:
    form = {"category": "noise", "area": "990101", "lead": next(iter(_of_a_street(city)))}
    answer = ask(city, "dispatcher", "/catalogue", form)
    assert answer.status_code == 422
    assert "它的辖区不含这个地点" in answer.text
    assert '<option value="noise" selected>' in answer.text


def _of_a_street(city: MemoryCity) -> list[str]:
    return [unit.id for unit in city.places.list_units(scope="") if unit.area == STREET]


def test_an_operator_reads_and_does_not_write(city: MemoryCity) -> None:
    assert "写入条目" not in ask(city, "operator", "/catalogue").text
    form = {"category": "noise", "area": STREET, "lead": "gas-repair"}
    assert ask(city, "operator", "/catalogue", form).status_code == 403
    assert ask(city, "citizen", "/catalogue").status_code == 403
