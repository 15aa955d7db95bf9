"""No page offers its reader a way that is closed to them."""

import asyncio
import html
import re
from collections import deque

import httpx
import pytest

from services.registry.domain import Role
from tests.fakes.city import HOUR, MemoryCity

LINK = re.compile(r'<a\b[^>]*?href="(/[^"#]*)')
"""Addresses of this site; what another server answers (Grafana) is not ours to follow."""
FILES = ("/api/", "/static/", "/open311/")
MOST = 80


def kind(address: str) -> str:
    """The page without what it is about: one ticket's page stands for all."""
    return re.sub(r"/[^/]*[^a-z/-][^/]*", "/*", address.partition("?")[0])


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    city = MemoryCity()
    device, rule = city.of_kind("gas"), city.rules.get_rule("gas.ch4")
    assert rule is not None
    city.happen(city.event(device, rule, "critical", city.clock.now() - HOUR, 58.0))
    return city


async def walk(city: MemoryCity, role: str) -> dict[str, int]:
    """Every kind of page that can be reached by links, and how it answered."""
    answered: dict[str, int] = {}
    waiting = deque(["/"])
    transport, cookies = httpx.ASGITransport(city.app), {"linli_session": city.session(role)}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://linli", cookies=cookies, follow_redirects=True
    ) as client:
        while waiting and len(answered) < MOST:
            address = waiting.popleft()
            if kind(address) in answered:
                continue
            answer = await client.get(address, headers={"Accept": "text/html"})
            answered[kind(address)] = answer.status_code
            waiting += [html.unescape(link) for link in LINK.findall(answer.text) if not link.startswith(FILES)]
    return answered


@pytest.mark.parametrize("role", [str(role) for role in Role])
def test_every_link_opens_for_whoever_sees_it(city: MemoryCity, role: str) -> None:
    answered = asyncio.run(walk(city, role))
    assert 2 < len(answered) < MOST, "the walk found next to nothing, or did not end"
    assert {address: status for address, status in answered.items() if status >= 400} == {}


def test_whoever_patrols_reports_from_the_phone(city: MemoryCity) -> None:
    assert asyncio.run(walk(city, "grid_worker"))["/tickets/new"] == 200
