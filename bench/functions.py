"""Cold starts, size, memory and time of the built functions, over bare boto3."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from bench import inputs
from bench.artifact import Bench, memory_bytes, timeout_seconds
from bench.inputs import Json
from bench.measure import compare
from bench.page import table

# At most this many times what `import boto3; boto3.client("iot")` costs, by invocation.
BUDGETS = {
    "describe_task: the task runs": 1.10,
    "start_watch: an event": 1.10,
    "notify: SNS": 1.30,
    "notify: Slack": 1.30,
    "notify: a Slack app": 1.45,
    "show_progress: a head": 1.45,
    "receive_click: a click": 1.10,
}
LARGEST_ZIP = 2_000_000  # bytes
TIME_SHARE = 0.1  # of the timeout, for a task of 100,000 rows


class Work(NamedTuple):
    """A function's first invocation: shares of its memory and of its timeout; what it answered."""

    memory: float
    time: float
    answer: Json


def work(bench: Bench, module: str, event: Json) -> Work:
    told, _ = bench.child(module, event=event).run()
    memory, time = told["peak"] / memory_bytes(module), told["seconds"] / timeout_seconds(module)
    return Work(memory, time, told["answer"])


def invocations() -> dict[str, tuple[str, Json]]:
    """By name: which function, and its event."""
    answer, rows = inputs.ended()
    return {
        "describe_task: the task runs": ("describe_task", inputs.describe_event("running")),
        "describe_task: it ended, some failed": ("describe_task", inputs.describe_event("ended")),
        "start_watch: an event": ("start_watch", inputs.event("cloudtrail/start_detect.json")),
        "sweep: both kinds": ("sweep", inputs.event("invoke/sweep.json")),
        "receive_click: a click": ("receive_click", inputs.click()),
        "notify: SNS": ("notify", inputs.notify_event("sns", answer, rows)),
        "notify: Slack": ("notify", inputs.notify_event("slack", answer, rows)),
        "notify: a Slack app": ("notify app", inputs.notify_event("slack", answer, rows)),
        "show_progress: a head": ("show_progress app", inputs.progress_event()),
    }


def loaded(bench: Bench) -> dict[str, dict[str, int]]:
    """What an invocation loads beyond the floor: the sizes of its bytecode, by module."""
    floor = bench.child(None).run()[0]["modules"]
    found = {}
    for name in BUDGETS:
        module, event = invocations()[name]
        modules = bench.child(module, event=event).run()[0]["modules"]
        found[name] = {one: size for one, size in sorted(modules.items()) if one not in floor}
    return found


def hundred_thousand_rows(bench: Bench) -> dict[str, Work]:
    """The functions at a task of 100,000 rows; describe_task's time is paced by AWS's rate."""
    found = {}
    for task_id, kind in (("many", ""), ("hostile", ", each with a cause of its own")):
        read = work(bench, "describe_task", inputs.describe_event(task_id))
        found[f"describe_task{kind}"] = read
        for channel in ("sns", "slack"):
            event = inputs.notify_event(channel, bench.aws.tasks[task_id][0], [])
            event["watch"]["look"] = read.answer
            found[f"notify: {channel}{kind}"] = work(bench, "notify", event)
    return found


def zip_bytes(package: Path) -> int:
    """The size of what is uploaded, once for all functions."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in filter(Path.is_file, sorted(package.rglob("*"))):
            archive.write(path, path.relative_to(package))
    return len(buffer.getbuffer())


def tables(bench: Bench) -> tuple[dict[str, str], list[str]]:
    """The tables, and the budgets that are broken."""
    asked = invocations()
    children = {
        name: bench.child(module, event=event, collect=False)
        for name, (module, event) in asked.items()
    }
    cold = compare(bench.child(None, collect=False), children)
    memory = {name: work(bench, *each).memory for name, each in asked.items()}
    many, size = hundred_thousand_rows(bench), zip_bytes(bench.package)
    broken = [name for name, most in BUDGETS.items() if cold[name] > most]
    broken += [name for name, one in many.items() if max(one.memory, one.time / TIME_SHARE) > 1]
    broken += ["the package"] if size > LARGEST_ZIP else []
    zipped = f"{size:,} bytes of {LARGEST_ZIP:,} at most"
    starts = [
        [name, f"{ratio:.3f}", str(BUDGETS.get(name, "")), f"{memory[name]:.1%}"]
        for name, ratio in cold.items()
    ]
    rows = [
        [name, _rows_read(answer), f"{share:.0%}", f"{time / TIME_SHARE:.1%}"]
        for name, (share, time, answer) in many.items()
    ]
    head = ["function", "rows read", "of its memory", "of a tenth of its timeout"]
    return {
        "package": table(["package", ""], [["zipped", zipped]]),
        "cold-starts": table(["cold start", "over the floor", "budget", "memory"], starts),
        "rows": table(head, rows),
    }, broken


def _rows_read(answer: Json) -> str:
    details = answer.get("memory", {}).get("details") or {}
    return f"{details['rows']:,}" if details else ""
