"""What commands say on the terminal: progress, short tables, where the numbers come from.

Nothing depends on colour, and a console that cannot draw lines gets plain characters.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from sufficiency.report.figures import YearOfMoney
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    long_date,
    percent,
    plausible_range,
    value_with_unit,
)

if TYPE_CHECKING:
    from sufficiency.planning.steps import Told
    from sufficiency.report.comparison_figures import ComparisonResult
    from sufficiency.report.plan_report import PlanReport
    from sufficiency.speed import Speed

PIPED_WIDTH = 140
"""Columns of a table that is not shown on a terminal."""
WIDTH_WITH_REGIONS = 120
FUTURES_IN_A_RUN = 1000
RANGE_LABEL = "in 8 of 10 futures"


def _console(*, errors: bool = False) -> Console:
    stream = sys.stderr if errors else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def show_warnings(warnings: Iterable[str]) -> None:
    """Print what the user should know before the figures, on standard error."""
    console = _console(errors=True)
    for warning in warnings:
        console.print(f"Note: {warning}")


def progress_bar(futures: int) -> AbstractContextManager[Callable[[int, int], None]]:
    """`share_bar` of simulating so many futures.

    The total has more in it than the futures that were asked for: those that tell the layers of
    uncertainty apart.
    """
    return share_bar(f"Simulating {futures:,} future{'' if futures == 1 else 's'}")


@contextmanager
def share_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of the share that is done and the time left, on standard error.

    Gives a function of (done, total). There is no bar before it is called: most mistakes are found
    before anything is simulated.
    """
    columns = (
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(compact=True),
    )
    bar = Progress(*columns, console=_console(errors=True))
    with ExitStack() as begun:

        def show(done: int, total: int) -> None:
            if bar.task_ids:
                bar.update(bar.task_ids[0], completed=done)
                return
            # What an earlier run finished says nothing of how fast this one is.
            bar.add_task("", total=total, completed=done)
            begun.enter_context(bar)

        yield show


@contextmanager
def plan_progress() -> Iterator[Told]:
    """Which step of a plan is being made, futures played and time gone, on standard error.

    No time left: two plans of a size may take ten times as many futures one as the other.
    """
    from sufficiency.planning.steps import Step

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.completed:,.0f} futures in"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(errors=True)) as bar:
        task = bar.add_task("Reading the scenario", total=None)

        def show(step: Step, futures: int) -> None:
            bar.update(
                task, description=f"Step {step.number} of {len(Step)}: {step}", advance=futures
            )

        yield show


def show_plan(report: PlanReport) -> None:
    """Print what a plan finds: the answer in sentences, and the places to find by when."""
    from sufficiency.report.plan_words import summary_sentences

    console = _console()
    for sentence in summary_sentences(report):
        console.print(sentence)
    if not report.places:
        return
    table = _table("Places to find", "Places", "Usable from", "Work must start by")
    for line in report.places:
        table.add_row(
            line.label, f"{line.places:+d}", long_date(line.needed_by), long_date(line.start_by)
        )
    console.print(table)


def show_forecast(figures: pd.DataFrame, finance: pd.DataFrame) -> None:
    """Print children in care, gaps and cost: expected values and the range of 8 in 10 futures.

    The frames are the forecast and finance tables of a run.
    """
    console = _console()
    console.print(_children_table(figures))
    console.print(_cost_table(finance))


def _children_table(figures: pd.DataFrame) -> Table:
    """The start, each 31 March and the last date: in care and both gaps."""
    total = figures[(figures["sector"] == "all") & (figures["age_band"] == "all")]
    total = total.assign(date=pd.to_datetime(total["date"]))
    by_measure = {measure: rows.set_index("date") for measure, rows in total.groupby("measure")}
    in_care = by_measure["in_care"]
    table = _table("Children", "In care", RANGE_LABEL, "In-house shortfall", "Unmet need")
    for day in in_care.index:
        spring = (day.month, day.day) == (3, 31)
        if spring or day in (in_care.index[0], in_care.index[-1]):
            here = in_care.loc[day]
            gaps = (
                by_measure[gap].loc[day, "mean"] for gap in ("in_house_shortfall", "unmet_need")
            )
            table.add_row(
                long_date(day.date()),
                children(here["mean"]),
                children_range(here["p10"], here["p90"]),
                *(children(gap) for gap in gaps),
            )
    return table


def _cost_table(finance: pd.DataFrame) -> Table:
    """Cost of all placements by financial year, with what a ledger has of it; the chance of
    overspending where budgeted."""
    total = finance[(finance["sector"] == "all") & (finance["pool"] == "all")]
    forecast = total[total["measure"] == "cost"]
    outturn = total[total["measure"] == "outturn"]
    outturn = outturn[outturn["financial_year"].isin(forecast["financial_year"])]
    costs = pd.concat([outturn, forecast]).drop_duplicates("financial_year")
    over = total[total["measure"] == "over_budget_probability"].set_index("financial_year")["mean"]
    budgeted = ("Chance of overspending",) if len(over) else ()
    table = _table("Cost", "Expected", RANGE_LABEL, *budgeted)
    for row in costs.sort_values("financial_year").to_dict("records"):
        year = YearOfMoney(str(row["financial_year"]), int(row["months"]))
        ledger = ", with the ledger" if row["measure"] == "outturn" else ""
        known = percent(float(over[year.name])) if year.name in over.index else ""
        chance = (known,) if budgeted else ()
        table.add_row(
            year.label + ledger, gbp(row["mean"]), gbp_range(row["p10"], row["p90"]), *chance
        )
    return table


def show_comparison(result: ComparisonResult) -> None:
    """Print what each scenario changes: the range of 8 in 10 futures, and the average below."""
    from sufficiency.report.comparison_figures import ComparisonFigures
    from sufficiency.report.comparison_tables import at_a_glance
    from sufficiency.report.comparison_words import cautions, sureness_sentence

    figures = ComparisonFigures.of(result)
    glance = at_a_glance(figures)
    console = _console()
    table = Table(title=glance.caption, title_justify="left")
    for column in glance.columns:
        table.add_column(column.label, overflow="fold")
    for row in glance.rows:
        table.add_row(
            row.head,
            *(f"{cell.text}\n{cell.below}" if cell.below else cell.text for cell in row.cells),
        )
    console.print(table)
    for line in dict.fromkeys((sureness_sentence(figures), *cautions(figures))):
        console.print(line)


def show_speeds(speeds: Sequence[Speed]) -> None:
    """Print how many futures a second each authority, engine and number of processors gives."""
    console = _console()
    table = _table(
        "Authority", "Children", "Engine", "Processors", "Futures a second", "1,000 take"
    )
    for speed in speeds:
        table.add_row(
            speed.authority,
            f"{speed.children:,}",
            speed.engine,
            str(speed.workers),
            f"{float(f'{speed.futures_a_second:.3g}'):,g}",
            duration(speed.seconds_for(FUTURES_IN_A_RUN)),
        )
    console.print(table)


def show_expectation(usual: Speed, short_run_seconds: float) -> None:
    """Print what to expect of a run at the ``usual`` speed, when a short one takes so long."""
    _console().print(
        f"Expect {FUTURES_IN_A_RUN:,} futures of {usual.months} months for {usual.authority} to "
        f"take about {duration(usual.seconds_for(FUTURES_IN_A_RUN))}. A short run took "
        f"{duration(short_run_seconds)} just now, for loading, tables, workbook and page."
    )


def duration(seconds: float) -> str:
    """A time that a person can use: 0.4 s, 12 s, 3 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def show_resolved(resolved: Any) -> None:
    """Print every number of a resolved scenario with its kind and source."""
    console = _console()
    scenario = resolved.scenario
    name = resolved.authority.name
    console.print(name if scenario.name == name else f"{scenario.name}: {name}")
    console.print(f"{resolved.months} months from {long_date(resolved.start)}")
    for path in scenario.files:
        console.print(f"Read from {path.name}")
    table = Table(expand=True)
    for head, part in (("Number", 5), ("Value (range)", 3), ("Kind", None), ("Source", 5)):
        # A key that is cut short could not be copied into a scenario.
        table.add_column(head, ratio=part, no_wrap=part is None, overflow="fold")
    for origin in resolved.origins:
        place = scenario.given.get(origin.key)
        written = f" ({place[0]}, line {place[1]})" if place and place[1] else ""
        value = value_with_unit(origin.value, origin.unit)
        between = plausible_range(origin.low, origin.high, origin.unit)
        said = f"{origin.source}{written}"
        table.add_row(
            f"{origin.label}\n{origin.key}",
            f"{value} ({between})" if between else value,
            str(origin.kind),
            f"{said}\n{origin.note}" if origin.note else said,
        )
    console.print(table)
    show_warnings(resolved.warnings)


def show_authorities(figures: pd.DataFrame) -> None:
    """Print authorities with their codes and latest figures; the frame is `latest_figures`'s."""
    console = _console()
    wide = console.width >= WIDTH_WITH_REGIONS
    table = Table(
        title=f"In care on 31 March {int(figures['year'].max())}; started and ceased in that year",
        title_justify="left",
    )
    for head in ("Authority", *(("Region",) if wide else ())):
        table.add_column(head, overflow="fold")
    for head in ("Code", "ONS code"):
        table.add_column(head, no_wrap=True)
    for head in ("In care", "Started", "Ceased", "Per\n10,000"):
        table.add_column(head, justify="right", overflow="fold")
    for row in figures.to_dict("records"):
        numbers = (row["in_care"], row["started"], row["ceased"], row["rate_per_10k"])
        table.add_row(
            str(row["name"]),
            *((str(row["region"]),) if wide else ()),
            str(row["old_la_code"]),
            str(row["new_la_code"]),
            *("not published" if pd.isna(number) else f"{number:,.0f}" for number in numbers),
        )
    console.print(table)


def _table(first: str, *others: str) -> Table:
    table = Table(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
