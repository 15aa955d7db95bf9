"""The KPI as a file: one table of figures, and one that says by which rules they were made."""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

from starlette.responses import Response

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Cell, Sheet
from services.api.container import Container
from services.api.door.auth import Caller
from services.api.platform.exports import note_export
from services.tickets.domain.catalogue import LEAVES
from services.tickets.domain.figures import DURATIONS, By, Measure, Scoring
from services.tickets.handlers.figures import Counted, Row

KEYS: Final = {By.WHOLE: "范围", By.UNIT: "承办单位", By.AREA: "区域", By.CATEGORY: "类别", By.PERIOD: "统计期"}
RATES: Final = {
    Measure.SIGNED: "按时签收率",
    Measure.RETURNED: "退单率",
    Measure.REPEATED: "重复诉求率",
    Measure.ON_TIME: "按时办结率",
    Measure.RESPONSE: "响应率",
    Measure.SOLUTION: "解决率",
    Measure.SATISFACTION: "满意率",
}
MEANS: Final = {
    "discover": "平均发现时长(分)",
    "accept": "平均受理时长(分)",
    "resolve": "平均处置时长(分)",
    "confirm": "平均确认时长(分)",
    "feed_back": "平均反馈时长(分)",
    "in_discovery": "发现阶段(分)",
    "in_dispatch": "派遣阶段(分)",
    "in_resolve": "处置阶段(分)",
    "in_feedback": "反馈阶段(分)",
}
SCORE: Final = "综合成绩"
WHOLE: Final = "合计"
NOBODY: Final = {By.UNIT: "未派单", By.CATEGORY: "未归类"}
MINUTE_MS: Final = 60_000
T = TypeVar("T")


def written(container: Container, caller: Caller, counted: Counted, by: By, form: Literal["csv", "xlsx"]) -> Response:
    """The file as an answer to keep; that it was taken is in the audit log."""
    note_export(container, caller, "tickets", "kpi", period=counted.window.name, by=str(by), format=form)
    sheet = table(counted, by, names_of(container, by))
    body = spreadsheets.to_csv(sheet) if form == "csv" else spreadsheets.to_xlsx([sheet, rules(counted.scoring)])
    return Response(
        body,
        media_type=spreadsheets.CSV if form == "csv" else spreadsheets.XLSX,
        headers={"Content-Disposition": f'attachment; filename="linli-kpi-{counted.window.name}.{form}"'},
    )


def table(counted: Counted, by: By, name: Callable[[str], str]) -> Sheet:
    """A row a key, the whole last; counts first, so that whoever adds them up finds the last line."""
    header = [KEYS[by], "受理件(创建)", "已受理", "办结件(办结)"]
    for measure in Measure:
        header += [f"{RATES[measure]}·计入", *_half(measure, f"{RATES[measure]}·基本满意")]
        header += [f"{RATES[measure]}·基数", RATES[measure]]
    header += [SCORE, *(MEANS[each] for each in DURATIONS)]
    rows = [_row(row, name(row.tally.key)) for row in counted.rows]
    rows.append(_row(counted.whole, WHOLE))
    return Sheet(counted.window.name, header, rows, frozenset({*RATES.values(), SCORE}))


def rules(scoring: Scoring) -> Sheet:
    """By which version, weights and windows."""
    rows: list[list[Cell]] = [
        ["规则版本", scoring.version],
        ["基本满意权重 w", scoring.mostly],
        ["统计日起点(分，前一日零点起)", scoring.day_begins],
        ["统计月起日(上月)", scoring.month_begins],
        ["满意度分档", len(scoring.scale.answers)],
    ]
    rows += [[f"综合成绩权重 {RATES[measure]}", weight] for measure, weight in scoring.weights.items()]
    return Sheet("口径", ["项目", "值"], rows)


def names_of(container: Container, by: By) -> Callable[[str], str]:
    """How a key reads in Chinese."""
    if by is By.UNIT:
        units = {unit.id: unit.name_zh for unit in container.places.list_units(scope="")}
        return lambda key: units.get(key, key) or NOBODY[by]
    if by is By.AREA:

        def area(key: str) -> str:
            found = container.places.get_area(key) if key else None
            return f"{found.name_zh} {key}" if found else key

        return area
    if by is By.CATEGORY:
        return lambda key: LEAVES[key].name_zh if key in LEAVES else key or NOBODY[by]
    return lambda key: key


def _half(measure: Measure, value: T) -> list[T]:
    return [value] if measure is Measure.SATISFACTION else []


def _row(row: Row, name: str) -> list[Cell]:
    tally = row.tally
    cells: list[Cell] = [name, tally.received, tally.accepted, tally.closed]
    for measure in Measure:
        hits, of, half = tally.shares.get(measure, (0, 0, 0))
        cells += [hits, *_half(measure, half), of, row.figures.rates[measure]]
    means = (row.figures.durations.get(each) for each in DURATIONS)
    return [*cells, row.figures.score, *(None if mean is None else round(mean / MINUTE_MS, 1) for mean in means)]
