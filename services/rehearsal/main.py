"""Composition root of ``linli-rehearse``."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.rehearsal import saying
from services.rehearsal.handlers import DAY_MS, RehearseRule, Scope
from services.rehearsal.postgres import PostgresArchive
from streams.contracts import LinliError, Refused, Rule

app = typer.Typer(add_completion=False, rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The rule as JSON, as GET /api/v1/rules/{id} gives it.")]
Url = Annotated[str, typer.Option(envvar="DATABASE_URL", help="PostgreSQL, in the API's role.")]
Days = Annotated[float, typer.Option(help="How many days back from the end.")]
To = Annotated[int | None, typer.Option(help="The end, epoch ms; now where it is not given.")]
Area = Annotated[str, typer.Option(help="An area code or its beginning.")]
DeviceId = Annotated[str, typer.Option(help="One device.")]
Most = Annotated[int, typer.Option(help="Changes shown one by one.")]
Json = Annotated[bool, typer.Option("--json", help="The whole result as JSON.")]


@app.command()
def rehearse(
    rule: File, database: Url, days: Days = 7.0, to: To = None, area: Area = "", device: DeviceId = "",
    most: Most = 20, json: Json = False,
) -> None:  # fmt: skip
    """What the rule would have raised over stored readings, and how that differs from the one in force."""
    try:
        asked = msgspec.json.decode(rule.read_bytes(), type=Rule)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused("file", f"{rule} is no rule: {error}; take one from GET /api/v1/rules") from error
    end = SystemClock().now() if to is None else to
    scope = Scope(end - round(days * DAY_MS), end, area, device)
    with open_pool(database, name="rehearsal", size=2) as pool, saying.progress(scope) as progress:
        found = RehearseRule(PostgresArchive(pool))(asked, scope, progress)
    saying.as_json(found) if json else saying.result(found, most)


def main() -> int:
    """Run the command: 0 done, 1 refused or unavailable, 2 wrong usage."""
    try:
        app(prog_name="linli-rehearse", standalone_mode=True)
    except LinliError as error:
        saying.failed(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
