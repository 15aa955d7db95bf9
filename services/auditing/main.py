"""Composition root of ``linli-audit``: walks every chain of the audit log and names the first entry that is broken."""

import sys
from typing import Annotated

import typer

from services.adapters import audit
from services.adapters.postgres import open_pool
from services.audit import CHAINS
from streams.contracts import LinliError

app = typer.Typer(add_completion=False, rich_markup_mode=None)
Url = Annotated[str, typer.Option(envvar="DATABASE_URL", help="PostgreSQL, in the API's role.")]
Expect = Annotated[
    list[str] | None,
    typer.Option(help="An end noted earlier, as this command prints it: tickets:812:9f3c…. May be given again."),
]


@app.command()
def verify(database: Url, expect: Expect = None) -> None:
    """Exit 0 where every entry is as it was written; 1, and the first that is not, otherwise."""
    noted = {tuple(word.split(":", 2)[:2]): word.split(":", 2)[-1] for word in expect or []}
    sound = True
    with open_pool(database, name="audit", size=1) as pool:
        for chain in CHAINS:
            broken, number, last = audit.verify(pool, chain)
            typer.echo(f"{chain}:{number}:{last.hex()}")
            if broken is not None:
                typer.echo(f"{chain} is broken at entry {broken.number}: {broken.why}", err=True)
                sound = False
            for (_, at), was in (each for each in noted.items() if each[0][0] == chain):
                found = audit.hash_of(pool, chain, int(at))
                if found is None or found.hex() != was:
                    typer.echo(
                        f"{chain} had the hash {was} at entry {at}; now it has {found.hex() if found else 'none'}",
                        err=True,
                    )
                    sound = False
    raise typer.Exit(0 if sound else 1)


def main() -> int:
    """Run the command: 0 sound, 1 broken or unavailable, 2 wrong usage."""
    try:
        app(prog_name="linli-audit", standalone_mode=True)
    except LinliError as error:
        typer.echo(str(error), err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
