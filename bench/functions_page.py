"""Cold starts, warm invocations, memory, size and messages in words and tables."""

from dataclasses import asdict

from bench import functions
from bench.functions import BUDGETS, LARGEST_ZIP, ROWS_TIME_SHARE, Bench, Rows
from bench.inputs import ROWS
from bench.measure import Ratio, unit
from bench.messages import SIZES, Cost, looks, messages
from bench.page import Section, figure, flowing, table

COLD = """\
## Cold starts

The functions as `make build` builds them, in a Python that finds nothing but them and the
runtime's boto3: from the interpreter's start, with imports, clients and the first invocation, to
its answer. AWS and Slack are servers on 127.0.0.1. The yardstick (1.00) is a Python that runs
`import boto3; boto3.client("iot")`. Counted in {unit}, without garbage collection, whose timing
is chance. The package is {size:.2f} MB zipped, of {largest:.0f} MB at most; its bytecode is never
compiled anew.
"""
AFTER_COLD = """
No budget for two rare ones: the sweep needs a second client, and nobody waits for it; rows are
read once a task. Memory is the peak, as a share of the function's memory size.
"""
WARM = """\
## Warm invocations

CPU time of an invocation over that of the bare calls that it makes, in turn, in one process: what
parsing, deciding, formatting and logging add to boto3 and slack_sdk.
"""
MESSAGES = """\
## Messages

CPU time of the pure core over `json.loads` of the same input, in turn: *small* is a task that
went well, *largest legal* has every member at its longest and 125 failures, *100,000 rows* has as
many action executions, read to their bound.
"""
MANY = """\
## 100,000 action executions

A first invocation for a task of {rows:,} rows, once with a dozen causes and once with a cause for
each row, told in the longest legal message. Time is wall time: describe_task keeps to AWS's ten
calls a second, and stops at its bound of rows or of time. Nothing may exceed its memory, nor a
tenth of its timeout.
"""


def cold_section(bench: Bench, size: int) -> Section:
    cold, memory = functions.cold(bench), functions.memory(bench)
    broken = [
        f"cold start of {name}: {ratio.value:.3f}, more than {BUDGETS[name]:.2f}"
        for name, ratio in cold.items()
        if name in BUDGETS and ratio.value > BUDGETS[name]
    ]
    if size > LARGEST_ZIP:
        broken.append(f"the package: {size:,} bytes, more than {LARGEST_ZIP:,}")
    rows = [
        [
            name,
            figure(ratio, 3),
            f"{BUDGETS[name]:.2f}" if name in BUDGETS else "",
            f"{memory[name]:.1%}" if name in memory else "",
        ]
        for name, ratio in cold.items()
    ]
    text = COLD.format(unit=unit(), size=size / 1e6, largest=LARGEST_ZIP / 1e6)
    shown = table(["cold start", "over the floor", "budget", "memory"], rows)
    data = {
        "unit": unit(),
        "overFloor": _plain(cold),
        "budgets": BUDGETS,
        "memoryShare": memory,
        "zipBytes": size,
        "loadedBeyondFloor": functions.loaded(bench),
    }
    return Section("coldStarts", flowing(f"{text}\n{shown}\n{AFTER_COLD}"), data, broken)


def warm_section(bench: Bench) -> Section:
    warm = functions.warm(bench)
    rows = [[name, figure(ratio)] for name, ratio in warm.items()]
    shown = table(["invocation", "over the bare calls"], rows)
    return Section("warm", flowing(f"{WARM}\n{shown}\n"), _plain(warm))


def messages_section() -> Section:
    costs = [*messages(), *looks()]
    rows = [[cost.what, *(_cell(cost, size) for size in SIZES)] for cost in costs]
    data = {cost.what: _plain(dict(cost.over_json)) for cost in costs}
    return Section(
        "messages", flowing(f"{MESSAGES}\n{table(['over json.loads', *SIZES], rows)}"), data
    )


def rows_section(bench: Bench) -> Section:
    found = functions.hundred_thousand_rows(bench)
    broken = [
        f"{ROWS:,} rows: {name}: {what} {share:.0%} of what it may"
        for name, rows in found.items()
        for what, share in (("memory", rows.memory), ("time", rows.time / ROWS_TIME_SHARE))
        if share > 1
    ]
    shown = table(
        ["function", "rows read", "of its memory", "of a tenth of its timeout"],
        [[name, *_rows(rows)] for name, rows in found.items()],
    )
    data = {
        name: {
            "rowsRead": rows.details.get("rows"),
            "memoryShare": rows.memory,
            "timeoutShare": rows.time,
        }
        for name, rows in found.items()
    }
    return Section("manyRows", flowing(f"{MANY.format(rows=ROWS)}\n{shown}"), data, broken)


def _rows(rows: Rows) -> list[str]:
    read = f"{rows.details['rows']:,}" if rows.details else ""
    return [read, f"{rows.memory:.0%}", f"{rows.time / ROWS_TIME_SHARE:.1%}"]


def _cell(cost: Cost, size: str) -> str:
    return figure(cost.over_json[size], 1) if size in cost.over_json else ""


def _plain(ratios: dict[str, Ratio]) -> dict[str, dict[str, float]]:
    return {name: asdict(ratio) for name, ratio in ratios.items()}
