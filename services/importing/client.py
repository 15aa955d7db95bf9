"""The front door as this command speaks to it: one part a request, repeated while it is away, since that is safe."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from services.importing.domain import TWICE, Fault, Plan, Row, worded
from streams.contracts import Refused, Unavailable

TRIES: Final = 6
PAUSE_S: Final = 1.0
AWAY: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one part: rows taken over before, rows that are new, and what is wrong."""

    known: int
    fresh: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """``token`` is a bearer token, as POST /api/v1/tokens gives one."""

    server: str
    token: str = field(repr=False)
    plan: Plan
    pause_s: float = PAUSE_S

    def send(self, http: httpx.Client, part: Sequence[Row], *, dry_run: bool) -> Answer:
        """Try one part, or take it over.

        Raises:
            Refused: the front door says no to the whole: mapping, rights, form.
            Unavailable: it did not answer, however often it was asked.
        """
        body = {
            "system": self.plan.system, "format": "jsonl", "mapping": self.plan.mapping, "dry_run": dry_run,
            "content": "\n".join(row.text for row in part),
        }  # fmt: skip
        said = self._ask(http, body)
        faults = tuple(
            Fault(part[each["line"] - 1].line, each["column"], each["value"], worded(each))
            for each in said["faults"]
            if each["because"] != TWICE
        )
        return Answer(said["known"], said["fresh"], faults)

    def _ask(self, http: httpx.Client, body: dict[str, object]) -> Any:
        address, why = f"{self.server.rstrip('/')}/api/v1/tickets/import", ""
        for tried in range(TRIES):
            try:
                answer = http.post(address, json=body, headers={"Authorization": f"Bearer {self.token}"})
            except httpx.TransportError as error:
                why = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    return answer.json()
                if answer.status_code not in AWAY:
                    raise _refused(answer)
                why = str(answer.status_code)
            if tried < TRIES - 1:
                time.sleep(self.pause_s * 2**tried)
        raise Unavailable(f"{self.server} does not answer / 没有应答（{why}）; what was taken over stays, run it again")


def _refused(answer: httpx.Response) -> Refused:
    try:
        said = answer.json()
        words = f"{said['detail']} {said['remedy']}"
        if str(said.get("field", "")).startswith("mapping."):
            words += f" / 请改映射文件里的 {said['field'].removeprefix('mapping.')}：{said.get('value') or '没有写'}"
    except (ValueError, KeyError, TypeError):
        words = answer.text[:200]
    return Refused("refused", f"{answer.status_code}: {words}")
