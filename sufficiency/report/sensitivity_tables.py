"""The tables of a study of the assumptions, as people read them."""

from __future__ import annotations

import math
from typing import Any

from sufficiency.report.formats import percent
from sufficiency.report.sensitivity_report import AnswerAsked, SensitivityReport
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import KIND_LABELS

_INDEX_LABELS = {
    "mu_star": "Movement",
    "sigma": "Depends on the others",
    "first_order": "Share by itself",
    "total": "Share with others",
}


def effects_table(report: SensitivityReport, answer: AnswerAsked) -> Table:
    """What every number changes in one answer, widest first."""
    rows = []
    nothing = []
    for effect in report.effects(answer):
        if effect.width <= 0:
            nothing.append(report.label(effect.key))
            continue
        one = report.tested[effect.key]
        ends = [
            Cell(answer.change(mean), f"± {answer.change(2 * error).lstrip('+')}")
            for mean, error in zip(effect.mean, effect.standard_error, strict=True)
        ]
        tested = Cell(report.range_of(effect.key), KIND_LABELS[str(one["kind"])])
        rows.append(Row(report.label(effect.key), [tested, *ends]))
    return Table(
        f"effects-{answer.key}",
        answer.label,
        [
            Column("Number"),
            Column("Value (tested from, to)"),
            Column("At its low", "tornado"),
            Column("At its high", "tornado"),
        ],
        rows,
        f"Small type: twice the error. No change at all from: {'; '.join(nothing)}."
        if nothing
        else "Small type: twice the error for want of more futures.",
    )


def indices_table(report: SensitivityReport, answer: AnswerAsked) -> Table | None:
    """The indices of the strongest numbers; None where there are none."""
    rows = report.result.indices
    rows = rows[rows["measure"] == answer.measure]
    if rows.empty:
        return None
    names = list(dict.fromkeys(rows["index"]))
    wide = rows.pivot(index="assumption", columns="index", values="value")
    order = wide[names[-1] if "total" in names else names[0]].sort_values(ascending=False)
    by_key = {(str(row["assumption"]), str(row["index"])): row for row in rows.to_dict("records")}
    return Table(
        f"indices-{answer.key}",
        answer.label,
        [Column("Number"), *(Column(_INDEX_LABELS[name], name) for name in names)],
        [
            Row(report.label(key), [_index(answer, by_key[(key, name)]) for name in names])
            for key in map(str, order.index)
        ],
        "Small type: 95% interval by bootstrap.",
    )


def _index(answer: AnswerAsked, row: dict[Any, Any]) -> Cell:
    in_unit = row["index"] in ("mu_star", "sigma")

    def said(value: float) -> str:
        return answer.change(value).lstrip("+") if in_unit else f"{value:.0%}"

    if math.isnan(row["low"]):
        return Cell(said(row["value"]))
    return Cell(said(row["value"]), f"{said(row['low'])} to {said(row['high'])}")


def information_table(report: SensitivityReport, answer: AnswerAsked) -> Table | None:
    """What it is worth to know each number; None where none moves the answer."""
    found = report.information(answer)
    if found.empty:
        return None
    heads = [Column("Number"), Column("Range of 8 in 10 narrower by", "information")]
    heads += [Column("Range then"), Column("Share of what these numbers leave open")]
    decides = answer.limit is not None
    if decides:
        heads.append(Column(f"Less wrong about {answer.amount(answer.limit or 0)}", "less_wrong"))
    rows = []
    for row in found.to_dict("records"):
        now, then = float(row["range_now"]), float(row["range_then"])
        cells = [
            Cell(percent(1 - then / now) if now > 0 else "0%"),
            Cell(f"{answer.width(then)} wide"),
            Cell(percent(float(row["share_of_assumptions"]))),
        ]
        if decides:
            cells.append(Cell(answer.change(float(row["less_wrong"])).lstrip("+")))
        rows.append(Row(report.label(str(row["assumption"])), cells))
    now = float(found["range_now"].iloc[0])
    return Table(
        f"information-{answer.key}",
        answer.label,
        heads,
        rows,
        f"Range of 8 in 10 futures now, these numbers open: about {answer.width(now)} wide.",
    )


def left_out_table(report: SensitivityReport) -> Table | None:
    """The numbers that have a range and were not tested."""
    left = report.manifest["left_out"]
    if not left:
        return None
    return Table(
        "left-out",
        "Not tested",
        [Column("Number"), Column("Why")],
        [Row(str(each["label"]), [Cell(str(each["reason"]))]) for each in left],
    )
