"""The loop that keeps what the engine says: first what stands is counted, then the log is followed."""

import threading

from services.adapters.health import Health
from services.adapters.kafka import follow_group
from services.adapters.process import Loop
from services.adapters.retry import Stopped, until_available
from services.alarms.consumer import TransitionConsumer
from streams.contracts.topics import ALARMS


def transition_loop(servers: str, group: str, consume: TransitionConsumer, health: Health) -> Loop:
    def follow(stop: threading.Event) -> None:
        try:
            until_available(stop, group, consume.count)
        except Stopped:
            return
        follow_group(servers, group, [ALARMS], consume, stop=stop, health=health)

    return follow
