"""Composition root of ``linli-replay``: 0 the same, 1 different, 2 it could not be told."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.replay import saying
from services.replay.kafka import KafkaTopics
from services.replay.recording import RecordedTopics
from services.replay.running import run
from streams.contracts import LinliError

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Servers = Annotated[str, typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", help="host:port[,host:port]")]
From = Annotated[Path | None, typer.Option("--from", help="Read a recording instead of a broker.")]
Record = Annotated[Path | None, typer.Option("--record", help="Keep what is read in this folder.")]
Group = Annotated[str, typer.Option(help="Consumer group of the live workers.")]
Events = Annotated[bool, typer.Option("--events", help="Print the replayed events as JSON lines; compare nothing.")]
DeviceId = Annotated[str, typer.Option(help="Only devices whose id begins so.")]
Most = Annotated[int, typer.Option(help="Differences shown in full.")]


@app.command()
def replay(
    servers: Servers = "127.0.0.1:9092",
    recording: From = None,
    record: Record = None,
    group: Group = "linli-streams",
    events: Events = False,
    device: DeviceId = "",
    most: Most = 10,
) -> None:
    """Work linli.inputs through the pure rules again and hold the events against linli.alarms."""
    if recording and record and recording.resolve() == record.resolve():
        raise typer.BadParameter("it would overwrite what it reads; give another folder", param_hint="--record")
    topics = RecordedTopics(recording) if recording else KafkaTopics(servers, group)
    kept = RecordedTopics(record) if record else None
    raise typer.Exit(run(topics, kept, device=device, only_events=events, most=most))


def main() -> int:
    """Run the command; returns its exit code."""
    try:
        app(prog_name="linli-replay", standalone_mode=True)
    except LinliError as error:
        saying.failed(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
