"""``./linli up``: install, start, wait until data has flowed, tell the addresses; and the way back."""

import fcntl
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from services.adapters.clock import SystemClock
from services.adapters.demo_links import demo_link_token
from services.stack import addresses, condition, install, keys, orphans, supervise
from services.stack.layout import Layout
from services.stack.platform import Options, Platform
from services.stack.program import listening, run_as
from services.stack.say import console, failure, step
from services.stack.supervise import Manager
from streams.contracts import LinliError

READY_S = 240
WORDS, LONGEST_WORDS = 4, 300
STOP_S = 90
HOPELESS = 5
"""Restarts after which a process that is still ill will not come by itself: about 20 s of trying."""
ROLE_NAMES = {
    "citizen": "市民 citizen",
    "grid_worker": "网格员 grid worker",
    "grid_manager": "网格长 grid manager",
    "operator": "话务员 operator",
    "dispatcher": "派单员 dispatcher",
    "unit_handler": "处置人员 unit handler",
    "unit_leader": "单位负责人 unit leader",
    "supervisor": "督办员 supervisor",
    "oncall": "值班工程师 on-call",
    "administrator": "管理员 administrator",
}


class NotReady(LinliError):
    """The platform did not come up; the message names what is ill and where its log is."""


class AlreadyStarting(LinliError):
    """Another ``up`` works on the same data directory right now."""


def platform_of(layout: Layout) -> Platform:
    """The platform as the last ``up`` left it on this data directory."""
    if not layout.secrets.exists():
        raise NotReady(f"{layout.data} 还没有启动过 / has never run: ./linli up --data {layout.data}")
    ports = addresses.remembered(layout.ports)
    if lost := sorted(addresses.USUAL.keys() - ports.keys()):
        raise NotReady(
            f"{layout.ports} 不完整，缺 / is damaged or of an older version, it lacks {', '.join(lost)}; "
            f"ports are chosen anew by: ./linli down --data {layout.data} && ./linli up --data {layout.data}"
        )
    return Platform(layout, ports, keys.load(layout.secrets), Options.load(layout))


def up(layout: Layout, options: Options, *, detach: bool) -> int:
    """Bring the platform up; in the foreground, stay until Ctrl-C and take it down again."""
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    layout.make()
    with _alone(layout):
        if (running := Manager(layout.socket)).answers():
            if running.complete():
                console.print(f"已在运行 It already runs on {layout.data}")
                show(platform_of(layout))
                return 0
            with step("上次启动被中断，重新开始 The last start was cut short; starting anew"):
                _take_down(layout)
        install.system_packages(install.TO_RUN)
        install.libraries(layout)
        left = orphans.end(layout.data)
        if left:
            console.print(f"  清理了上次遗留的 {left} 个进程 Ended {left} processes that a killed run had left")
        orphans.remove_stale_lock(layout.data / "postgres/data")
        options.save(layout)
        with addresses.chosen(layout.ports) as ports:  # until all of them are listened on
            platform = Platform(layout, ports, keys.load_or_make(layout.secrets), options)
            manager = _start(platform)
    show(platform)
    console.print(f"\n就绪，用时 {time.monotonic() - began:.0f} 秒 Ready after {time.monotonic() - began:.0f} s.")
    if detach:
        console.print(f"停止 Stop it with: {layout.command('down')}")
        return 0
    return _stay(layout, manager)


def down(layout: Layout) -> int:
    """Stop everything in the right order."""
    manager = Manager(layout.socket)
    if manager.answers():
        with step("停止平台 Stopping the platform"):
            _take_down(layout)
    elif (left := orphans.end(layout.data)) > 0:
        console.print(f"清理了 {left} 个遗留进程 Ended {left} processes without a manager")
    else:
        console.print(f"没有在运行 Nothing runs on {layout.data}")
    return 0


def show(platform: Platform) -> None:
    """The addresses, and one sign-in link for each demo role."""
    console.print()
    console.print("[bold]地址 Addresses[/]")
    for name, url in platform.urls().items():
        console.print(f"  {name:<14}{url}", markup=False)
    now = SystemClock().now()
    console.print("\n[bold]演示登录，一周内有效 Demo sign-in, valid for a week[/]")
    for role in platform.secrets.demo:
        token = demo_link_token(platform.secrets.session, role, now)
        console.print(f"  {platform.web}/sign-in/demo?token={token}  {ROLE_NAMES[role]}", markup=False)
    typed = platform.layout.command
    console.print(f"\n数据 Data: {platform.layout.data}   日志 Logs: {typed('logs')}   状态 Status: {typed('status')}")
    if platform.options.simulator:
        console.print(f"看一遍闭环 Watch the loop: {typed('tour gas-leak')}")
        console.print(f"制造一次停电 Make a blackout: {typed('simulate feeder-blackout')}")


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    with (layout.run / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyStarting(
                f"另一个 ./linli up 正在 {layout.data} 上启动 / another ./linli up is starting on {layout.data}"
            ) from error
        yield


def _start(platform: Platform) -> subprocess.Popen[bytes]:
    layout = platform.layout
    with step("准备服务器 Preparing the servers"):
        servers = platform.servers()
        processes = platform.processes()
        watchers = platform.watchers()
        supervise.write_config(layout, [*servers, *processes, *watchers])
        layout.supervisor_log.unlink(missing_ok=True)
        process = supervise.launch(layout)
    manager = Manager(layout.socket)
    try:
        with step("启动 Starting " + ", ".join(server.name for server in servers)):
            manager.start(server.name for server in servers)
            _until(platform, lambda _: all(listening(server.port) for server in servers if server.port), "servers")
        with step("建立主题、角色和表 Making topics, roles and tables"):
            _provision(platform)
        with step("启动 Starting " + ", ".join(program.name for program in processes)):
            manager.start(program.name for program in processes)
            _until(platform, lambda now: now.well(program.name for program in processes), "processes")
        with step("等待数据流通 Waiting for data to flow; starting " + ", ".join(each.name for each in watchers)):
            manager.start(watcher.name for watcher in watchers)
            _until(platform, lambda now: now.ready, "processes")
    except BaseException:
        _unhurried()
        with step("停止已启动的部分 Stopping what had started"):
            _take_down(layout)
        raise
    return process


def _until(platform: Platform, ready: Callable[[condition.Status], bool], what: str) -> None:
    """Look, at every process once a turn, until it is ready; give up on what can never be."""
    deadline = time.monotonic() + READY_S
    while not ready(now := condition.status(platform.layout, platform)):
        rows = now.processes
        ill = [row for row in rows if not row.healthy]
        sick = [row for row in ill if row.state == "fatal" or row.restarts >= HOPELESS]
        if late := time.monotonic() > deadline:
            sick = ill
        if sick or late:
            names = "; ".join(f"{row.name} ({row.state} {row.detail})" for row in sick) or "no data has flowed"
            waited = f"{READY_S - max(0.0, deadline - time.monotonic()):.0f} s"
            words = "".join(f"\n{row.name}: {line}" for row in sick for line in _last_words(platform.layout, row.name))
            raise NotReady(
                f"平台没有就绪 / {what} not ready after {waited}: {names}. 日志 See {platform.layout.logs}{words}"
            )
        time.sleep(0.5)


def _last_words(layout: Layout, name: str) -> list[str]:
    """What a process that does not come said last, as far as it fits on a screen: why, not the stack that it lay on."""
    try:
        lines = (layout.logs / f"{name}.log").read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line[:LONGEST_WORDS] for line in lines if line and not line[0].isspace()][-WORDS:]


def _provision(platform: Platform) -> None:
    command, environment = platform.provision()
    done = subprocess.run(command, env={**run_as(), **environment}, capture_output=True, text=True, check=False)
    (platform.layout.logs / "provision.log").write_text(done.stderr)
    if done.returncode:
        raise NotReady("provision: " + "\n".join(done.stderr.strip().splitlines()[-5:]))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A request to end while starting is Ctrl-C: what was started is taken down again."""
    raise KeyboardInterrupt


def _unhurried() -> None:
    """From here on another Ctrl-C does not cut the stopping short."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stay(layout: Layout, process: subprocess.Popen[bytes]) -> int:
    """Wait for Ctrl-C (or the manager's end), then stop everything in order."""
    console.print("按 Ctrl-C 停止 Ctrl-C stops all of it.")
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    while not asked and process.poll() is None:
        time.sleep(0.2)
    if process.poll() is not None:
        failure("进程管理器意外退出 The process manager ended; cleaning up")
        orphans.end(layout.data)
        return 1
    with step("停止平台 Stopping the platform"):
        _take_down(layout)
    return 0


def _take_down(layout: Layout) -> None:
    manager = Manager(layout.socket)
    if manager.answers():
        manager.shutdown()  # in the reverse of the order in which they started
    deadline = time.monotonic() + STOP_S
    while manager.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    orphans.end(layout.data)
