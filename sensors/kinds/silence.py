"""The rule that every kind has: the device has fallen silent."""

from sensors.kinds.categories import DEVICE_UPKEEP
from streams.contracts import Level, Op, Rule, Severity, TicketPolicy


def silent(kind: str, name_zh: str, name_en: str, *, no_data_after_ms: int) -> Rule:
    """No message of any quality for three of the device's periods, and never sooner than the floor.

    One message clears it; the ticket is upkeep, never the hazard's own.
    """
    return Rule(
        id=f"{kind}.silent",
        version=1,
        kind=kind,
        metric="",
        op=Op.SILENT,
        levels=(Level(severity=Severity.MINOR, ticket=TicketPolicy(category=DEVICE_UPKEEP)),),
        cause="silent",
        name_zh=f"{name_zh}离线",
        name_en=f"{name_en} silent",
        response_zh="检查供电、信号和安装位置；恢复上报后核实读数。未恢复前不得视为现场安全。",
        response_en="Check power, signal and mounting; verify readings once it reports. Silence does not mean safe.",
        no_data_after_ms=no_data_after_ms,
    )
