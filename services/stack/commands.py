"""What each command of ``./linli`` accepts; the work is done in the modules beside this one."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from services.stack import auditing, condition, hazards, keys, orphans, testing, tour_gas_leak
from services.stack import doctor as doctor_
from services.stack import logs as logs_
from services.stack import up as up_
from services.stack.client import Client
from services.stack.layout import Layout
from services.stack.platform import Options
from services.stack.say import console, table

app = typer.Typer(
    help="邻里 Linli：把老旧小区的传感器、告警和 12345 工单连成闭环。Sensors, alarms and the 12345 ticket loop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="LINLI_DATA", help="数据目录 Data directory.", show_default="/var/lib/linli | .linli"
    ),
]


audits = typer.Typer(help="审计日志 The audit log.", no_args_is_help=True)
app.add_typer(audits, name="audit")


def _leave(code: int) -> NoReturn:
    raise typer.Exit(code)


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    """A word that is none of these is wrong usage: exit code 2, with the words that would be right."""

    def check(word: str) -> str:
        if word not in words:
            raise typer.BadParameter(f"{word!r} 不在其中 is none of {', '.join(words)}")
        return word

    return check


@app.command()
def up(
    data: Data = None,
    *,
    detach: Annotated[bool, typer.Option("--detach", help="在后台运行 Run in the background.")] = False,
    simulator: Annotated[bool, typer.Option("--simulator/--no-simulator", help="模拟小区 Simulated district.")] = True,
    devices: Annotated[int, typer.Option(min=1, max=1_000_000, help="设备数 Devices of the district.")] = 400,
    seed: Annotated[int, typer.Option(help="随机种子 Seed: the same one gives the same district.")] = 1,
    pace: Annotated[
        Literal["demo", "real"], typer.Option(help="demo 缩短恢复等待 shortens the wait after recovery.")
    ] = "demo",
) -> None:
    """安装并启动整个平台 Install what is missing and start the whole platform."""
    options = Options.with_environment(simulator=simulator, devices=devices, seed=seed, pace=pace)
    _leave(up_.up(Layout.of(data), options, detach=detach))


@app.command()
def down(data: Data = None) -> None:
    """停止平台 Stop the platform."""
    _leave(up_.down(Layout.of(data)))


@app.command()
def status(
    data: Data = None, *, as_json: Annotated[bool, typer.Option("--json", help="给程序看 For programs.")] = False
) -> None:
    """运行状态 What runs: name, pid, port, health, restarts, lag."""
    layout = Layout.of(data)
    if as_json and not layout.secrets.exists():  # a program that waits for the first `up` reads on, it does not parse
        typer.echo(json.dumps(condition.NEVER_RAN.as_json()))
        _leave(0)
    platform = up_.platform_of(layout)
    now = condition.status(layout, platform)
    if as_json:
        typer.echo(json.dumps(now.as_json(), ensure_ascii=False, indent=2))
        _leave(0)
    if not now.processes:
        console.print(f"没有在运行 Nothing runs on {layout.data}")
        if left := len(orphans.find(layout.data)):
            console.print(f"{left} 个进程失去了管理器 {left} processes have lost their manager; ./linli down ends them")
        _leave(1)
    rows = [
        (
            "[green]●[/]" if row.healthy else "[red]○[/]",
            row.name,
            str(row.pid),
            row.state,
            str(row.port or ""),
            str(row.restarts),
            "" if row.lag is None else str(row.lag),
            row.detail,
        )
        for row in now.processes
    ]
    table("", ("", "名称 name", "pid", "状态 state", "端口 port", "重启 restarts", "滞后 lag", ""), rows)
    up_.show(platform)
    console.print("\n就绪 Ready." if now.ready else "\n未就绪 Not ready.")
    _leave(0 if now.ready else 1)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="进程名 Process.")] = None,
    data: Data = None,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="持续显示 Follow.")] = False,
) -> None:
    """查看日志 Show the logs of one process or of all."""
    _leave(logs_.logs(Layout.of(data), name, follow=follow))


@app.command()
def doctor(data: Data = None) -> None:
    """检查本机 What this machine lacks, and the remedy."""
    _leave(doctor_.doctor(Layout.of(data)))


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(context: typer.Context, data: Data = None) -> None:
    """运行全部测试 Run the whole test-suite on servers of its own; arguments go to pytest."""
    _leave(testing.run(Layout.of(data), context.args))


@app.command()
def soak(data: Data = None) -> None:
    """长时故障测试 The outage tests at full length (about half an hour), on servers of their own."""
    _leave(testing.run(Layout.of(data), [*testing.SOAK, "--timeout", "3600"], soak=True))


@app.command()
def tour(story: Annotated[Literal["gas-leak"], typer.Argument(help="故事 Story.")], data: Data = None) -> None:
    """走一遍闭环 Tell a story against the running platform."""
    tours = {"gas-leak": tour_gas_leak.tell}
    _leave(tours[story](up_.platform_of(Layout.of(data))))


@app.command()
def token(
    role: Annotated[
        str, typer.Argument(help="演示角色 Demo role, e.g. grid_manager.", callback=_one_of(keys.DEMO_ROLES))
    ],
    data: Data = None,
) -> None:
    """取得令牌 Print an API bearer token of a demo user."""
    typer.echo(Client(up_.platform_of(Layout.of(data)), role).token)


@app.command()
def simulate(
    scenario: Annotated[
        str,
        typer.Argument(
            help="情景 gas-leak, septic-build-up, feeder-blackout, blocked-fire-lane …", callback=_one_of(hazards.KNOWN)
        ),
    ],
    data: Data = None,
    *,
    device: Annotated[str, typer.Option(help="设备 Device; else the simulator chooses one.")] = "",
    for_s: Annotated[int | None, typer.Option("--for", min=1, help="持续秒数 How long, else its own time.")] = None,
) -> None:
    """注入险情或故障 Inject a hazard or a fault into the simulated district."""
    _leave(hazards.order(up_.platform_of(Layout.of(data)), scenario, device=device, for_s=for_s))


@audits.command("verify")
def verify_audit(
    data: Data = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="早先记下的链尾 An end noted earlier, as this command prints it; may be given again."),
    ] = None,
) -> None:
    """核验审计链 Walk every audit chain: 0 where each entry is as it was written, 1 otherwise."""
    _leave(auditing.verify(up_.platform_of(Layout.of(data)).database("api"), expect or []))
