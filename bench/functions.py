"""Cold starts, warm invocations and memory of the built functions, over bare boto3."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import inputs
from bench.artifact import Artifact, environment, memory_bytes, timeout_seconds
from bench.inputs import Json
from bench.loopback import Loopback
from bench.measure import Child, Ratio, compare

SAM_DATE = (1980, 1, 1, 0, 0, 0)
WARM_ROUNDS = 200
# At most this many times what `import boto3; boto3.client("iot")` costs, by invocation.
BUDGETS = {
    "describe_task: the task runs": 1.10,
    "start_watch: an event": 1.10,
    "notify: SNS": 1.30,
    "notify: Slack": 1.30,
}
LARGEST_ZIP = 2_000_000  # bytes
ROWS_TIME_SHARE = 0.1  # of the timeout, for a task of 100,000 rows


@dataclass(frozen=True, slots=True)
class Bench:
    """The artifact, and the AWS that it meets."""

    artifact: Artifact
    aws: Loopback

    def child(self, module: str | None, **asked: Any) -> Child:
        given = environment(module or "describe_task", self.aws.environment)
        paths = {"paths": self.artifact.paths}
        return Child({**paths, **({"module": module} if module else {}), **asked}, given)


@dataclass(frozen=True, slots=True)
class Rows:
    """A function at work on a task of 100,000 rows: shares of its memory and of its timeout."""

    memory: float
    time: float
    details: Mapping[str, Any] = field(default_factory=dict)


def invocations() -> dict[str, tuple[str, Json]]:
    """A first invocation of each kind, by what it is called on the page."""
    answer, rows = inputs.small()
    return {
        "describe_task: the task runs": ("describe_task", inputs.describe_event("running")),
        "describe_task: it ended, some failed": ("describe_task", inputs.describe_event("ended")),
        "start_watch: an event": ("start_watch", inputs.event("cloudtrail/start_detect.json")),
        "sweep: both kinds": ("sweep", inputs.event("invoke/sweep.json")),
        "notify: SNS": ("notify", inputs.notify_event("sns", answer, rows)),
        "notify: Slack": ("notify", inputs.notify_event("slack", answer, rows)),
    }


def cold(bench: Bench) -> dict[str, Ratio]:
    """The whole of a cold start over `import boto3; boto3.client("iot")`."""
    floor = bench.child(None, collect=False)
    return compare(
        floor,
        {
            f"{name}: imports and clients": bench.child(name, collect=False)
            for name in ("describe_task", "start_watch", "sweep", "notify")
        }
        | {
            name: bench.child(module, event=event, collect=False)
            for name, (module, event) in invocations().items()
        },
    )


def loaded(bench: Bench) -> dict[str, dict[str, int]]:
    """What an invocation loads beyond the floor: the sizes of its bytecode, by module."""
    floor = bench.child(None).run()[0]["modules"]
    found = {}
    for name in BUDGETS:
        module, event = invocations()[name]
        modules = bench.child(module, event=event).run()[0]["modules"]
        found[name] = {one: size for one, size in sorted(modules.items()) if one not in floor}
    return found


def warm(bench: Bench) -> dict[str, Ratio]:
    """CPU time of a warm invocation over that of the bare calls that it makes."""
    bare = {
        "describe_task: the task runs": "describe",
        "notify: SNS": "sns",
        "notify: Slack": "slack",
    }
    found = {}
    for name, calls in bare.items():
        module, event = invocations()[name]
        child = bench.child(module, event=event, rounds=WARM_ROUNDS, bare=calls)
        found[name] = Ratio.of(child.run()[0]["ratios"])
    return found


def memory(bench: Bench) -> dict[str, float]:
    """Peak memory after a first invocation, as a share of the function's memory size."""
    return {
        name: bench.child(module, event=event).run()[0]["peak"] / memory_bytes(module)
        for name, (module, event) in invocations().items()
    }


def hundred_thousand_rows(bench: Bench) -> dict[str, Rows]:
    """The functions at a task of 100,000 rows; describe_task's time is paced by AWS's rate."""
    found = {}
    for task_id, kind in (("many", ""), ("hostile", ", each with a cause of its own")):
        read = at_work(bench, "describe_task", inputs.describe_event(task_id))
        found[f"describe_task{kind}"] = read
        for channel in ("sns", "slack"):
            event = inputs.notify_event(channel, bench.aws.tasks[task_id][0], [])
            event["watch"]["look"] |= {"details": read.details}
            found[f"notify: {channel}{kind}"] = at_work(bench, "notify", event)
    return found


def at_work(bench: Bench, module: str, event: Json) -> Rows:
    told, _ = bench.child(module, event=event).run()
    return Rows(
        memory=told["peak"] / memory_bytes(module),
        time=told["seconds"] / timeout_seconds(module),
        details=told["answer"].get("details") or {},
    )


def zip_bytes(package: Path, where: Path) -> int:
    """The size of what is uploaded, once for all functions."""
    with zipfile.ZipFile(where / "package.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(package.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(package)), SAM_DATE)
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return (where / "package.zip").stat().st_size
