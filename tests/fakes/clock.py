"""A clock that stands still until a test moves it."""


class ManualClock:
    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def set(self, now: int) -> None:
        self._now = now

    def advance(self, ms: int) -> None:
        self._now += ms
