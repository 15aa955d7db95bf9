"""``linli.devices`` into the mirror; a device that appears takes its quarantined readings with it."""

from collections.abc import Iterable

from services.adapters import logging
from services.history.ports import ReadingStore
from streams.contracts import Device, Undecodable, decode


class FollowRegistry:
    """Applies changes of the registry, the newest of each device only."""

    def __init__(self, store: ReadingStore) -> None:
        self._store = store
        self._log = logging.get(__name__)

    def __call__(self, changes: Iterable[tuple[str, bytes | None]]) -> None:
        """Take (device id, record or None for a removal) in order.

        Raises:
            Unavailable: the store is away; call again with the same changes.
        """
        newest: dict[str, Device | None] = {}
        for device_id, value in changes:
            try:
                newest[device_id] = decode(value, Device) if value else None
            except Undecodable as error:
                self._log.error("device record refused", device=device_id, error=str(error))
        if not newest:
            return
        devices = [device for device in newest.values() if device is not None]
        gone = [device_id for device_id, device in newest.items() if device is None]
        moved = self._store.register(devices, gone)
        if moved:
            self._log.info("adopted", readings=moved)
