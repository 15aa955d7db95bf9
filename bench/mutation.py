"""Which changes of the rules would no test notice? Run by ``mutation.sh``, in a tree that may be spoilt.

    python bench/mutation.py [--again] [--jobs N] [MODULE …]

mutmut makes the changes. One pytest session then collects the tests, learns which of them reach which
function, and tries each change in a forked child on those, quickest first, until one fails: a change
costs what its tests cost, and no start of an interpreter. What the quick tests leave is tried on the
slow ones. Time is allowed by the CPU, so that a busy machine is not taken for an endless loop; whatever
runs out of it is tried again with four times as much. ``--again`` tries only what was not killed before.
"""

import argparse
import gc
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Final, NamedTuple, NoReturn

import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation import trampoline
from mutmut.mutation.file_mutation import mutate_file_contents

RULES: Final = Path("streams/rules")
TESTS: Final = ("tests/unit/streams", "tests/unit/replay")
KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
OUT_OF_TIME: Final = {-signal.SIGPROF, -signal.SIGALRM}
SLOW_S: Final = 0.05
"""From here on a test is slow; each of those is taken to reach everything."""
CPU_S: Final = 2.0
"""What a test may take besides twenty times what it takes without a change."""
WAIT_S: Final = 300.0
"""How long a test may wait, by the clock, for what never comes."""
MOST_BYTES: Final = 4 << 30


class Mutant(NamedTuple):
    """``name`` is mutmut's, ``function`` that of the original, ``change`` the lines as a diff."""

    module: str
    name: str
    function: str
    change: str

    @property
    def key(self) -> str:
        return f"{self.module}.{self.name}"


class Test(NamedTuple):
    """``cost`` in seconds of the CPU."""

    cost: float
    item: pytest.Item


class PlainProperties(cst.CSTTransformer):
    """``@property def f`` becomes ``def get_f`` and ``f = property(get_f)``: mutmut passes decorated functions over."""

    def leave_FunctionDef(  # noqa: N802 - libcst's name
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        decorators = [getattr(decorator.decorator, "value", None) for decorator in original_node.decorators]
        if decorators != ["property"]:
            return updated_node
        name = original_node.name.value
        plain = updated_node.with_changes(name=cst.Name(f"get_{name}"), decorators=[])
        return cst.FlattenSentinel([plain, cst.parse_statement(f"{name} = property(get_{name})")])


def spoil(path: Path) -> list[Mutant]:
    """Write a module's mutants into it, beside what they are made of."""
    mutated = mutate_file_contents(str(path), cst.parse_module(path.read_text()).visit(PlainProperties()).code)
    path.write_text(mutated.code)
    lines = mutated.code.splitlines()

    def body(name: str) -> list[str]:
        span = mutated.line_span_by_function_name[name]
        return [line for line in lines[span.start - 1 : span.end] if "__mutmut_" not in line]

    found = []
    for name in mutated.mutant_names:
        function = name.rpartition("__mutmut_")[0] + "__mutmut_orig"
        differing = unified_diff(body(function), body(name), n=0, lineterm="")
        change = "\n".join(line for line in differing if not line.startswith(("---", "+++", "@@")))
        found.append(Mutant(path.stem, name, function, change))
    return found


class Switches:
    """Puts a mutant's code in the place of the original's, where mutmut would ask at every call."""

    def __init__(self) -> None:
        self._written: list[tuple[FunctionType, dict[str, Any]]] = []

    def keep(self, mutants: dict[str, Any], **_: bool) -> Callable[[FunctionType], FunctionType]:
        """The decorator that mutmut writes over each function; ``mutants`` is filled later."""

        def decorate(function: FunctionType) -> FunctionType:
            self._written.append((function, mutants))
            return function

        return decorate

    def codes(self) -> dict[CodeType, tuple[str, str]]:
        """What is at work now, with its module and its name in :attr:`Mutant.function`."""
        return {
            function.__code__: (function.__module__.rpartition(".")[2], _plain(mutants["_mutmut_orig"]).__name__)
            for function, mutants in self._written
        }

    def turn(self, mutant: Mutant) -> None:
        for function, mutants in self._written:
            if mutant.name in mutants and function.__module__.endswith(f".{mutant.module}"):
                changed = _plain(mutants[mutant.name])
                function.__code__ = changed.__code__
                function.__defaults__, function.__kwdefaults__ = changed.__defaults__, changed.__kwdefaults__
                return
        raise LookupError(mutant.key)


def _plain(function: Any) -> FunctionType:
    """The function of a class method."""
    plain: FunctionType = getattr(function, "__func__", function)
    return plain


class Trials:
    """A pytest plugin that puts a trial of every mutant in the place of one pass over the tests."""

    def __init__(
        self, mutants: list[Mutant], switches: Switches, jobs: int, tell: Callable[[Mutant, str], None]
    ) -> None:
        self._mutants = mutants
        self._switches = switches
        self._jobs = jobs
        self._tell = tell
        self._reach: dict[tuple[str, str], list[Test]] = defaultdict(list)
        self._slow: list[Test] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self._learn(item)
        gc.freeze()
        left = self._try_all(self._mutants, lambda mutant: self._reach[mutant.module, mutant.function])
        self._try_all(left, lambda _: self._slow)
        return True

    def _learn(self, item: pytest.Item) -> None:
        """What a test costs, and what it reaches; it must pass as things are."""
        start = time.process_time()
        if _fails(item):
            raise pytest.UsageError(f"{item.nodeid} fails without any change")
        test = Test(time.process_time() - start, item)
        if test.cost >= SLOW_S:
            self._slow.append(test)
            return
        reached: set[CodeType] = set()

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call":
                reached.add(frame.f_code)

        sys.setprofile(note)
        _fails(item)
        sys.setprofile(None)
        for code, function in self._switches.codes().items():
            if code in reached:
                self._reach[function].append(test)

    def _try_all(self, mutants: list[Mutant], tests_of: Callable[[Mutant], list[Test]]) -> list[Mutant]:
        """Try each on its tests, and again what ran out of time; gives what they let pass."""
        found = self._round(mutants, tests_of, patience=1)
        again = self._round(found[TIMED_OUT], tests_of, patience=4)
        return found[SURVIVED] + again[SURVIVED]

    def _round(
        self, mutants: list[Mutant], tests_of: Callable[[Mutant], list[Test]], patience: int
    ) -> dict[str, list[Mutant]]:
        found: dict[str, list[Mutant]] = defaultdict(list)
        running: dict[int, Mutant] = {}

        def await_one() -> None:
            pid, status = os.wait()
            mutant, code = running.pop(pid), os.waitstatus_to_exitcode(status)
            verdict = SURVIVED if code == 0 else TIMED_OUT if code in OUT_OF_TIME else KILLED
            found[verdict].append(mutant)
            self._tell(mutant, verdict)

        for mutant in mutants:
            if len(running) == self._jobs:
                await_one()
            pid = os.fork()
            if pid == 0:
                self._try(mutant, sorted(tests_of(mutant), key=lambda test: test.cost), patience)
            running[pid] = mutant
        while running:
            await_one()
        return found

    def _try(self, mutant: Mutant, tests: list[Test], patience: int) -> NoReturn:
        """In a child: exit with 0 where every test passes, with 1 at the first that does not."""
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            self._switches.turn(mutant)
            for cost, item in tests:
                signal.setitimer(signal.ITIMER_PROF, patience * (CPU_S + 20 * cost))
                signal.setitimer(signal.ITIMER_REAL, WAIT_S)
                if _fails(item):
                    os._exit(1)
        except BaseException:  # noqa: BLE001 - whatever it is, the change has been noticed
            os._exit(1)
        os._exit(0)


def _fails(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def report(mutants: list[Mutant], verdicts: dict[str, str]) -> None:
    """A table by module, and every change that was not killed."""
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        verdict = verdicts.get(mutant.key, "untried")
        count[mutant.module][verdict] += 1
        count["all"][verdict] += 1
        if verdict != KILLED:
            print(f"\n{mutant.key}: {verdict}\n{mutant.change}")
    print("\n| module | tried | killed | timed out | survived | killed of all |\n|---|---|---|---|---|---|")
    for module in sorted(count, key=lambda module: (module == "all", module)):
        of = count[module]
        left = of.total() - of[KILLED] - of[TIMED_OUT]
        print(f"| {module} | {of.total()} | {of[KILLED]} | {of[TIMED_OUT]} | {left} | {of[KILLED] / of.total():.1%} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verdicts", type=Path, default=Path("verdicts.txt"))
    asked = parser.parse_args()
    paths = [RULES / f"{module}.py" for module in asked.modules] or sorted(RULES.glob("[!_]*.py"))
    before = asked.verdicts.read_text().splitlines() if asked.verdicts.exists() else []
    verdicts = dict(line.split("\t") for line in before)
    mutants = [mutant for path in paths for mutant in spoil(path)]
    due = [mutant for mutant in mutants if not asked.again or verdicts.get(mutant.key) != KILLED]

    def tell(mutant: Mutant, verdict: str) -> None:
        verdicts[mutant.key] = verdict
        with asked.verdicts.open("a") as kept:
            kept.write(f"{mutant.key}\t{verdict}\n")

    switches = Switches()
    trampoline.wrap_in_trampoline = switches.keep
    settings.register_profile(
        "mutation",
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    quiet = ["-qq", "-s", "--tb=no", "-W", "ignore", "-p", "no:randomly", "-p", "no:cacheprovider"]
    code = pytest.main([*quiet, *TESTS], plugins=[Trials(due, switches, asked.jobs, tell)])
    report(mutants, verdicts)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
