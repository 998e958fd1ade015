"""Cold starts, size, memory and time of the built functions, over bare boto3."""

import platform
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

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
}
LARGEST_ZIP = 2_000_000  # bytes
ROWS_TIME_SHARE = 0.1  # of the timeout, for a task of 100,000 rows
PACKAGES = ("boto3", "aws-lambda-powertools", "slack_sdk")


@dataclass(frozen=True, slots=True)
class Work:
    """A function's first invocation: shares of its memory and of its timeout; what it read."""

    memory: float
    time: float
    details: Json = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Bench, module: str, event: Json) -> "Work":
        told, _ = bench.child(module, event=event).run()
        memory, time = (
            told["peak"] / memory_bytes(module),
            told["seconds"] / timeout_seconds(module),
        )
        return cls(memory, time, told["answer"].get("details") or {})


def invocations() -> dict[str, tuple[str, Json]]:
    """By name: which function, and its event."""
    answer, rows = inputs.ended()
    return {
        "describe_task: the task runs": ("describe_task", inputs.describe_event("running")),
        "describe_task: it ended, some failed": ("describe_task", inputs.describe_event("ended")),
        "start_watch: an event": ("start_watch", inputs.event("cloudtrail/start_detect.json")),
        "sweep: both kinds": ("sweep", inputs.event("invoke/sweep.json")),
        "notify: SNS": ("notify", inputs.notify_event("sns", answer, rows)),
        "notify: Slack": ("notify", inputs.notify_event("slack", answer, rows)),
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


def cold(bench: Bench) -> dict[str, float]:
    """The whole of a cold start over `import boto3; boto3.client("iot")`."""
    children = {
        name: bench.child(module, event=event, collect=False)
        for name, (module, event) in invocations().items()
    }
    return compare(bench.child(None, collect=False), children)


def hundred_thousand_rows(bench: Bench) -> dict[str, Work]:
    """The functions at a task of 100,000 rows; describe_task's time is paced by AWS's rate."""
    found = {}
    for task_id, kind in (("many", ""), ("hostile", ", each with a cause of its own")):
        read = Work.of(bench, "describe_task", inputs.describe_event(task_id))
        found[f"describe_task{kind}"] = read
        for channel in ("sns", "slack"):
            event = inputs.notify_event(channel, bench.aws.tasks[task_id][0], [])
            event["watch"]["look"] |= {"details": read.details}
            found[f"notify: {channel}{kind}"] = Work.of(bench, "notify", event)
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
    size, colds, many = zip_bytes(bench.artifact.package), cold(bench), hundred_thousand_rows(bench)
    works = {name: Work.of(bench, *asked) for name, asked in invocations().items()}
    measures: dict[str, tuple[float, float]] = {
        "bytes of the package": (size, LARGEST_ZIP),
        **{f"cold start of {name}": (colds[name], most) for name, most in BUDGETS.items()},
        **{f"{name}: memory": (work.memory, 1) for name, work in many.items()},
        **{f"{name}: time": (work.time, ROWS_TIME_SHARE) for name, work in many.items()},
    }
    return {
        "machine": table(["measured with", ""], _machine().items()),
        "package": table(
            ["package", "bytes", "at most"], [["zip", f"{size:,}", f"{LARGEST_ZIP:,}"]]
        ),
        "cold-starts": table(
            ["cold start", "over the floor", "budget", "memory"],
            [
                [name, f"{ratio:.3f}", _budget(name), f"{works[name].memory:.1%}"]
                for name, ratio in colds.items()
            ],
        ),
        "rows": table(
            ["function", "rows read", "of its memory", "of a tenth of its timeout"],
            [[name, *_work(work)] for name, work in many.items()],
        ),
    }, [
        f"{what}: {found:.4g} of {most:g}"
        for what, (found, most) in measures.items()
        if found > most
    ]


def _machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _budget(name: str) -> str:
    return f"{BUDGETS[name]:.2f}" if name in BUDGETS else ""


def _work(work: Work) -> list[Any]:
    read = f"{work.details['rows']:,}" if work.details else ""
    return [read, f"{work.memory:.0%}", f"{work.time / ROWS_TIME_SHARE:.1%}"]
