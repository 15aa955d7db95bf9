"""Asking a web application in memory, as a program would."""

import asyncio
from typing import Any

import httpx

from tests.fakes.city import MemoryCity


def ask(city: MemoryCity, method: str, path: str, **more: Any) -> httpx.Response:
    """One request; underscores in the names of headers are hyphens."""
    more["headers"] = {name.replace("_", "-"): value for name, value in more.get("headers", {}).items()}

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(city.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli.test") as client:
            return await client.request(method, path, **more)

    return asyncio.run(send())


def token(city: MemoryCity, role: str) -> str:
    """A bearer token of the demo user of ``role``."""
    made = ask(city, "POST", "/api/v1/tokens", json={"name": role, "password": role})
    assert made.status_code == 201, made.text
    return str(made.json()["token"])
