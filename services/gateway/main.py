"""``linli-gateway``: MQTT to Kafka, and dead letters read again on command."""

import threading
from collections.abc import Sequence
from functools import partial

from sensors.codecs import ROUTES
from services.adapters.clock import SystemClock
from services.adapters.kafka import Message, Outgoing, Sender, follow_group, read_compacted
from services.adapters.process import Loop, Runtime, run
from services.gateway.domain.limits import Limits
from services.gateway.domain.linger import Linger
from services.gateway.handlers import Gateway
from services.gateway.kafka import KafkaLog
from services.gateway.mqtt import Account, Subscription, Wake
from services.gateway.registered import RegisteredDevices
from services.gateway.replay import Replay
from services.gateway.settings import GatewaySettings
from streams.contracts.topics import COMMANDS, DEVICES


def compose(settings: GatewaySettings, runtime: Runtime) -> dict[str, Loop]:
    """Join the pieces: devices first, then the stream, replays beside it."""
    servers, name = settings.kafka_bootstrap_servers, settings.gateway_id
    clock, health, devices, wake = SystemClock(), runtime.health, RegisteredDevices(), Wake()
    log = KafkaLog(servers, client_id=name, woken=wake)
    sender = Sender(servers, client_id=f"{name}-replay")
    for close in (wake.close, log.close, sender.close):
        runtime.resources.callback(close)
    linger = Linger(settings.gateway_linger_ms, settings.gateway_batch_readings)
    limits = Limits(settings.gateway_queue_messages, settings.gateway_queue_bytes)
    beat = partial(health.beat, "ticks")
    gateway = Gateway(name=name, log=log, find=devices.find, clock=clock, beat=beat, linger=linger, limits=limits)
    account = Account.parse(settings.mqtt_url.get_secret_value())
    window = settings.gateway_receive_maximum
    subscription = Subscription(account, gateway, wake, client_id=name, filters=ROUTES.filters, receive_maximum=window)
    replay = Replay(name=name, find=devices.find, clock=clock, send=lambda *record: sender.send([Outgoing(*record)]))

    def pump(stop: threading.Event) -> None:
        if devices.wait(stop) and log.start(stop):
            subscription.run(stop)

    def registry(stop: threading.Event) -> None:
        read_compacted(servers, DEVICES, devices.apply, stop=stop, ready=devices.complete, health=health)

    def commands(stop: threading.Event) -> None:
        def handle(messages: list[Message]) -> None:
            replay([message.value for message in messages if message.value])

        follow_group(servers, name, [COMMANDS], handle, stop=stop, health=health)

    return {"devices": registry, "commands": commands, "pump": pump}


def main(argv: Sequence[str] | None = None) -> int:
    return run("gateway", GatewaySettings, compose, purpose=__doc__ or "", argv=argv)


if __name__ == "__main__":
    raise SystemExit(main())
