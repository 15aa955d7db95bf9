"""The registry's mirror: every device of ``linli.devices``, by id."""

import threading

from services.adapters import logging
from services.adapters.kafka import Message
from streams.contracts import Device, Undecodable, decode


class RegisteredDevices:
    """Written by the thread that follows the topic, read by others: one dictionary, one operation each.

    ``complete`` is set by whoever reads the topic, once it came to the end that it saw at the start.
    """

    def __init__(self) -> None:
        self._devices: dict[str, Device] = {}
        self.complete = threading.Event()

    def __len__(self) -> int:
        return len(self._devices)

    def wait(self, stop: threading.Event) -> bool:
        """Wait until the topic was read to its end once; False where ``stop`` came first."""
        while not self.complete.wait(0.1):
            if stop.is_set():
                return False
        return True

    def find(self, device: str) -> Device | None:
        return self._devices.get(device)

    def apply(self, message: Message) -> None:
        """Take one record over; an unreadable one changes nothing and is told of."""
        device_id = (message.key or b"").decode(errors="replace")
        if message.value is None:
            self._devices.pop(device_id, None)
            return
        try:
            device = decode(message.value, Device)
        except Undecodable as error:
            logging.get(__name__).error("unreadable device", device=device_id, error=str(error), offset=message.offset)
            return
        self._devices[device.id] = device
