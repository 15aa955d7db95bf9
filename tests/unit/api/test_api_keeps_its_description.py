"""Made-up requests to every operation, by every role: no failure of ours, no status that the description does not name.

schemathesis makes them from the description. Half of them name things that exist, so that more than 404 is seen.
"""

import asyncio
import os
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from schemathesis.core.result import Ok

from services.api.description import described
from services.registry.domain import Role
from tests.fakes.city import MemoryCity, incident

SOAK: Final = os.environ.get("LINLI_SOAK") == "1"
EXAMPLES: Final = 60 if SOAK else 2
"""Requests an operation and role; always the same ones, except in a soak."""
ENDLESS: Final = frozenset({"/api/v1/events"})
"""A stream has no end to wait for; its own tests read it."""
CITY: Final = incident(MemoryCity())
DESCRIPTION: Final = described(CITY.app)
OPERATIONS: Final = [
    result.ok()
    for result in schemathesis.openapi.from_dict(DESCRIPTION).get_all_operations()
    if isinstance(result, Ok) and result.ok().path not in ENDLESS
]
REAL: Final[dict[str, tuple[str, ...]]] = {
    "alarm": tuple(alarm.id for alarm in CITY.alarms.state.alarms.values()),
    "device": tuple(list(CITY.devices)[:5]),
    "ticket": tuple(list(CITY.tickets.state.tickets)[:5]),
    "rule": tuple(rule.id for rule in CITY.rules.list_rules()[:5]),
    "code": ("990101", CITY.of_kind("gas").area),
    "metric": ("ch4_lel", "on"),
    "version": ("1", "99"),
}
"""Path parameter -> values that exist in the city."""


def test_most_operations_are_tried() -> None:
    assert len(OPERATIONS) == sum(map(len, DESCRIPTION["paths"].values())) - len(ENDLESS)
    assert all(REAL.values())


@pytest.mark.parametrize("role", Role, ids=str)
def test_it_fails_nowhere_and_answers_only_what_it_describes(role: Role) -> None:
    assert [wrong for operation in OPERATIONS for wrong in _wrong_answers(operation, role)] == []


def _wrong_answers(operation: Any, role: Role) -> list[str]:
    """What the operation answered that its description does not name."""
    grant = CITY.identities.sign_in_as(str(role), now=CITY.clock.now())
    assert grant is not None
    own = {"Cookie": f"linli_session={grant.token}", "X-CSRF-Token": grant.csrf, "Accept": "application/json"}
    described_answers = operation.definition.raw["responses"]
    wrong: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not SOAK,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans(), pick=st.integers(0, 4))
    def one(case: Any, real: bool, pick: int) -> None:
        path = operation.path
        for name, made in (case.path_parameters or {}).items():
            known = REAL.get(name, ())
            value = known[pick % len(known)] if real and known else made
            path = path.replace("{" + name + "}", quote(str(value), safe="") or "-")
        answer = asyncio.run(_ask(case, path, own))
        if str(answer.status_code) not in described_answers or answer.status_code >= 500:
            wrong.append(
                f"{case.method} {path} {case.query} {case.body!r:.300} -> {answer.status_code} {answer.text[:300]}"
            )

    one()
    return wrong


async def _ask(case: Any, path: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(CITY.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://linli") as client:
        if case.media_type == "application/json" and not isinstance(case.body, NotSet):
            return await client.request(case.method, path, params=case.query, headers=headers, json=case.body)
        return await client.request(case.method, path, params=case.query, headers=headers)
