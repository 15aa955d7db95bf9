"""The rules that the engine has of its own; no registry keeps them, and no name of theirs is free."""

from typing import Final

from streams.contracts import Level, Op, Rule, Severity

CLOCK: Final = Rule(
    id="device.clock",
    version=1,
    kind="*",
    metric="clock_offset_ms",
    op=Op.TRUE,
    levels=(Level(severity=Severity.MINOR),),
    cause="clock",
    health=True,
    name_zh="设备时钟偏差",
    name_en="Device clock is off",
    response_zh="已改用到达时间判断；请校时。",
    response_en="Arrival times are used instead; set the device's clock.",
)
"""Says that a device's clock is steadily wrong and that arrival times are used."""

ISOLATED: Final = Rule(
    id="engine.isolated",
    version=1,
    kind="*",
    metric="engine",
    op=Op.TRUE,
    levels=(Level(severity=Severity.CRITICAL),),
    cause="engine-fault",
    health=True,
    name_zh="规则因程序错误停用",
    name_en="A rule is disabled by a bug",
    response_zh="该设备的这条规则已停用；修复后更新规则版本即恢复。",
    response_en="This rule is off for this device; a new version of the rule turns it on again.",
)
"""Says that a bug has disabled a rule for a device."""

BUILT_IN: Final = {rule.id: rule for rule in (CLOCK, ISOLATED)}
