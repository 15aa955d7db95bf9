"""Dead letters taken through the codecs again, as if they had arrived when they first did."""

from collections.abc import Callable, Sequence

from sensors.codecs import ROUTES, read
from services.adapters import logging
from services.gateway.domain.letters import SOURCE, letter
from services.gateway.ports import FindDevice
from services.ports import Clock
from streams.contracts import Batch, Command, CommandName, DeadLetter, Sample, Undecodable, decode, encode
from streams.contracts.topics import DEAD_LETTERS, INPUTS

Send = Callable[[str, bytes, bytes], None]
"""Topic, key, value; returns when Kafka has it, raises Unavailable otherwise."""


class Replay:
    """Reads commands of ``linli.commands``; each is safe in Kafka before :meth:`__call__` returns.

    What still cannot be understood becomes the same dead letter again (its id is a digest of the
    bytes and their topic), with today's reason.
    """

    def __init__(self, *, name: str, find: FindDevice, clock: Clock, send: Send) -> None:
        self._name = name
        self._find = find
        self._clock = clock
        self._send = send

    def __call__(self, records: Sequence[bytes]) -> None:
        for record in records:
            try:
                command = decode(record, Command)
            except Undecodable as error:
                # Written by one of our own: nothing that a device said is lost with it.
                logging.get(__name__).error("unreadable command", error=str(error), record=record[:200])
                continue
            if command.action is CommandName.REPLAY:
                self._replay(command)

    def _replay(self, command: Command) -> None:
        log = logging.get(__name__)
        try:
            reception = read(ROUTES, command.topic, command.payload, at=command.arrived, lookup=self._find)
        except Undecodable as error:
            dead = letter(command.topic, command.payload, error.reason, error.detail, at=command.arrived)
            self._keep(dead)
            log.warning("replayed and refused again", command=command.id, by=command.by, reason=error.reason)
            return
        grids: dict[str, list[Sample]] = {}
        for grid, sample in reception.samples:
            grids.setdefault(grid, []).append(sample)
        for grid, samples in grids.items():
            batch = Batch(gateway=self._name, grid=grid, at=self._clock.now(), samples=tuple(samples))
            self._send(INPUTS.name, grid.encode(), encode(batch))
        log.info("replayed", command=command.id, by=command.by, topic=command.topic, samples=len(reception.samples))

    def _keep(self, dead: DeadLetter) -> None:
        self._send(DEAD_LETTERS.name, SOURCE.encode(), encode(dead))
