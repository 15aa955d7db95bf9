"""The robots of DingTalk, Feishu and WeCom rooms, by their webhooks.

Each answers 200 even to what it refuses, and says so in the body only; so its answer is read here.
Signatures: DingTalk, "custom robot security settings" (HMAC-SHA256 of time and secret, in the
address); Feishu, "custom bot usage guide" (the same with an empty message, in the body).
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import msgspec

from services.notices.domain import Failed, Outcome, Sent
from services.notices.ports import Letter

TIMEOUT_S: Final = 10.0
LONGEST_S: Final = 30.0
LARGEST_ANSWER: Final = 65_536
LATER: Final = frozenset({408, 425, 429})

Params = dict[str, str]
Body = dict[str, Any]


def _signature(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _dingtalk(letter: Letter, secret: str) -> tuple[Params, Body]:
    body = {"msgtype": "text", "text": {"content": f"{letter.title}\n{letter.body}".strip()}}
    if not secret:
        return {}, body
    return {"timestamp": str(letter.at), "sign": _signature(secret, f"{letter.at}\n{secret}")}, body


def _feishu(letter: Letter, secret: str) -> tuple[Params, Body]:
    body: Body = {"msg_type": "text", "content": {"text": f"{letter.title}\n{letter.body}".strip()}}
    if secret:
        seconds = letter.at // 1000
        body |= {"timestamp": str(seconds), "sign": _signature(f"{seconds}\n{secret}", "")}
    return {}, body


def _wecom(letter: Letter, secret: str) -> tuple[Params, Body]:
    del secret  # its key in the address is all there is
    return {}, {"msgtype": "text", "text": {"content": f"{letter.title}\n{letter.body}".strip()}}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a make of robot is written to; ``busy`` are its codes for "too often" and "try later"."""

    write: Callable[[Letter, str], tuple[Params, Body]]
    code: str
    busy: frozenset[int]


KINDS: Final[Mapping[str, Kind]] = {
    "dingtalk": Kind(_dingtalk, "errcode", frozenset({-1, 130101, 410100})),
    "feishu": Kind(_feishu, "code", frozenset({11232})),
    "wecom": Kind(_wecom, "errcode", frozenset({-1, 45009})),
}


class Robot:
    """:class:`services.notices.ports.Channel` into one room."""

    def __init__(self, kind: str, url: str, secret: str = "") -> None:
        self._kind = KINDS[kind]
        self._url = httpx.URL(url)
        self._secret = secret
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)

    def send(self, letter: Letter) -> Outcome:
        """Post it; a redirect is not followed, since only the configured address may be called."""
        params, body = self._kind.write(letter, self._secret)
        until = time.monotonic() + LONGEST_S
        try:
            with self._client.stream("POST", self._url.copy_merge_params(params), json=body) as answer:
                said = bytearray()
                for chunk in answer.iter_bytes():
                    said += chunk
                    if len(said) > LARGEST_ANSWER or time.monotonic() > until:
                        return Failed("the robot's answer has no end", retry=True)
        except httpx.HTTPError as error:
            return Failed(f"the robot does not answer: {type(error).__name__}", retry=True)
        if answer.status_code != httpx.codes.OK:
            again = answer.status_code in LATER or answer.is_server_error
            return Failed(f"the robot answered {answer.status_code}", retry=again)
        return self._read(bytes(said))

    def _read(self, said: bytes) -> Outcome:
        try:
            code = msgspec.json.decode(said, type=dict[str, Any]).get(self._kind.code)
        except msgspec.MsgspecError:
            return Failed("the robot's answer is no JSON object", retry=True)
        if code == 0:
            return Sent()
        return Failed(f"the robot refused with {self._kind.code} {code}", retry=code in self._kind.busy)

    def close(self) -> None:
        self._client.close()
