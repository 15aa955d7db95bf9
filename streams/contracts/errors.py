"""The vocabulary of failure that every hop of the pipeline shares.

    LinliError
    ├── Undecodable   the bytes can never be understood: dead letter, acknowledge, go on
    ├── Unavailable   a dependency is down: retry with backoff, acknowledge nothing
    └── Refused       a person or program asked for something that the rules forbid

Anything else that escapes is a bug and stops the process (or, inside one device's step,
isolates that device).
"""


class LinliError(Exception):
    """Root of every error that Linli raises on purpose."""


class Undecodable(LinliError):
    """Bytes that no retry will ever make readable.

    ``reason`` is a stable code (metric label, dead-letter filter); ``detail`` names the
    field and the value for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unavailable(LinliError):
    """A server that should answer does not; the caller retries and acknowledges nothing."""


class Refused(LinliError):
    """A request that is understood and forbidden; carries what the caller may do instead."""

    def __init__(self, code: str, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.extra = extra
