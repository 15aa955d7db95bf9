"""The worker's task page colours a reading and shows the way only while somebody must act."""

import asyncio

import httpx

from streams.contracts import AlarmState, Cause
from tests.fakes.city import HOUR, MemoryCity

ALARMING = 'class="ll-big-n ll-s-text"'
CALM = 'class="ll-big-n"'


def test_a_reading_loses_its_colour_with_the_alarm_and_the_way_with_the_ticket() -> None:
    city = MemoryCity()
    device, rule = city.of_kind("gas"), city.rules.get_rule("gas.ch4")
    assert rule is not None
    now = city.clock.now()
    leak = city.event(device, rule, "critical", now - 3 * HOUR, 58.0)
    city.happen(leak)
    ticket = city.ticket_of(leak.episode)
    cookies = {"linli_session": city.session("grid_worker")}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            return await client.get(f"/tasks/{ticket}", headers={"Accept": "text/html"})

    def page() -> str:
        answer = asyncio.run(ask())
        assert answer.status_code == 200
        return answer.text

    assert ALARMING in page()
    city.act(ticket, "sign", "unit_handler", now - 3 * HOUR + 1_000)
    city.act(ticket, "arrive", "unit_handler", now - 3 * HOUR + 2_000, place=device.place)
    city.step(leak, AlarmState.NORMAL, Cause.RETURNED)
    assert CALM in page()
    cookies["linli_session"] = city.session("unit_handler")
    bar = page().partition('id="task-bar"')[2]
    assert "do=finish" in bar.partition("</a>")[0], "who is there is asked for the result, not to arrive again"
    assert "do=arrive" in bar
    cookies["linli_session"] = city.session("grid_worker")
    assert "去现场" in page()
    city.act(ticket, "finish", "unit_handler", now - 1_000, outcome="更换软管")
    city.act(ticket, "check_ok", "grid_worker", now, text="无异味")
    assert "已办结" in page()
    assert "去现场" not in page()


def test_a_latched_alarm_comes_back_in_two_steps_that_read_differently() -> None:
    city = MemoryCity()
    device, rule = city.of_kind("gas"), city.rules.get_rule("gas.ch4")
    assert rule is not None
    leak = city.event(device, rule, "critical", city.clock.now() - HOUR, 58.0)
    city.happen(leak)
    city.step(leak, AlarmState.ACTIVE_UNACK, Cause.RETURNED, normal_since=leak.at + 30_000)
    city.step(leak, AlarmState.NORMAL, Cause.RESET, normal_since=leak.at + 30_000)
    cookies = {"linli_session": city.session("operator")}

    async def ask() -> str:
        transport = httpx.ASGITransport(city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            return (await client.get(f"/tickets/{city.ticket_of(leak.episode)}", headers={"Accept": "text/html"})).text

    page = asyncio.run(ask())
    assert page.count("读数恢复正常，等待复位") == 1
    assert page.count("读数正常，告警结束") == 1
