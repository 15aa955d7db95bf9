"""The public API as a person of one role uses it: what ``token`` and ``tour`` speak through."""

from typing import Any

import httpx

from services.stack.platform import Platform
from streams.contracts import LinliError, Unavailable


class ApiRefused(LinliError):
    """The API said no; the message is its own."""


class Client:
    """A demo user's session with the API."""

    def __init__(self, platform: Platform, role: str) -> None:
        self.role = role
        self._http = httpx.Client(base_url=f"{platform.web}/api/v1", timeout=10, trust_env=False)
        password = platform.secrets.demo.get(role)
        if password is None:
            raise ApiRefused(f"没有角色 no role {role!r}; one of {', '.join(platform.secrets.demo)}")
        self.token: str = self.post("/tokens", {"name": role, "password": password})["token"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def get(self, path: str, **query: str | int) -> Any:
        """GET and read the JSON.

        Raises:
            ApiRefused: any answer but success.
            Unavailable: no answer.
        """
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: dict[str, object], *, key: str | None = None) -> Any:
        """POST JSON, with an idempotency key where one is given."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask("POST", path, json=body, headers=headers)

    def _ask(self, method: str, path: str, **words: Any) -> Any:
        try:
            answer = self._http.request(method, path, **words)
        except httpx.TransportError as error:
            raise Unavailable(
                f"平台没有应答，请先启动 / {self._http.base_url} does not answer ({error}); start it: ./linli up"
            ) from error
        if answer.is_success:
            return answer.json()
        raise ApiRefused(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
