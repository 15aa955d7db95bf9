"""What the launcher tells a person: progress while it works, and one table at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(highlight=False, soft_wrap=True)
LONGEST = 70
SILENCE_S = 5.0
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Step:
    """A step that runs; ``now`` is what it is at, shown while it lasts."""

    def __init__(self) -> None:
        self.now = ""


@contextmanager
def step(text: str) -> Iterator[Step]:
    """Name a step while it runs, never silent for long, and how long it took once it is done."""
    begun = monotonic()
    running = Step()

    def line() -> str:
        return f"[dim]{monotonic() - begun:.0f} s {escape(running.now[:LONGEST])}[/]"

    if console.is_terminal:
        with console.status(text) as status, _repeated(0.5, lambda: status.update(f"{text} {line()}")):
            yield running
    else:
        with _repeated(SILENCE_S, lambda: console.print(f"  … {text} {line()}")):
            yield running
    console.print(f"  [green]✓[/] {text} [dim]{monotonic() - begun:.1f} s[/]")


@contextmanager
def _repeated(every_s: float, tell: Callable[[], None]) -> Iterator[None]:
    done = Event()

    def repeat() -> None:
        while not done.wait(every_s):
            tell()

    teller = Thread(target=repeat, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One table, as wide as its content."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=False)
    for row in rows:
        made.add_row(*row)
    console.print(made)


def failure(text: str) -> None:
    """Why it did not work."""
    errors.print(f"[red]✗[/] {text}")
