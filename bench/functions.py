"""Cold starts, memory and time of the built functions, over bare boto3."""

from bench import inputs
from bench.artifact import Bench, compare, memory_bytes, timeout_seconds
from bench.inputs import Json
from bench.page import table

TIME_SHARE = 0.1  # of the timeout, for a task of 100,000 rows


# A function's first invocation: shares of its memory and of its timeout; what it answered.
type Work = tuple[float, float, Json]


def work(bench: Bench, module: str, event: Json) -> Work:
    told, _ = bench.child(module, event=event).run()
    memory, time = told["peak"] / memory_bytes(module), told["seconds"] / timeout_seconds(module)
    return memory, time, told["answer"]


def invocations() -> dict[str, tuple[str, Json, float]]:
    """By name: which function, its event, and its budget.

    It may cost at most so many times what `import boto3; boto3.client("iot")` costs.
    """
    ended, running = inputs.ended(), inputs.describe_event("running")
    return {
        "describe_task: the task runs": ("describe_task", running, 1.10),
        "start_watch: an event": (
            "start_watch",
            inputs.event("cloudtrail/start_detect.json"),
            1.10,
        ),
        "receive_click: a click": ("receive_click", inputs.click(), 1.10),
        "notify: SNS": ("notify", inputs.notify_event("sns", *ended), 1.30),
        "notify: Slack": ("notify", inputs.notify_event("slack", *ended), 1.30),
        "notify: a Slack app": ("notify app", inputs.notify_event("slack", *ended), 1.45),
        "show_progress: a head": ("show_progress app", inputs.progress_event(), 1.45),
    }


def loaded(bench: Bench) -> dict[str, dict[str, int]]:
    """What an invocation loads beyond the floor: the sizes of its bytecode, by module."""
    floor = bench.child(None).run()[0]["modules"]
    found = {}
    for name, (module, event, _) in invocations().items():
        modules = bench.child(module, event=event).run()[0]["modules"]
        found[name] = {one: size for one, size in sorted(modules.items()) if one not in floor}
    return found


def cold_starts(bench: Bench) -> dict[str, float]:
    """What each costs over the floor, in instructions."""
    children = {
        name: bench.child(module, event=event, collect=False)
        for name, (module, event, _) in invocations().items()
    }
    return compare(bench.child(None, collect=False), children)


def hundred_thousand_rows(bench: Bench) -> dict[str, Work]:
    """The functions at a task of 100,000 rows; describe_task's time is paced by AWS's rate."""
    found = {"describe_task": work(bench, "describe_task", inputs.describe_event("many"))}
    for channel in ("sns", "slack"):
        event = inputs.notify_event(channel, inputs.tasks()["many"][0], [])
        event["watch"]["look"] = found["describe_task"][2]
        found[f"notify: {channel}"] = work(bench, "notify", event)
    return found


def tables(bench: Bench) -> tuple[dict[str, str], list[str]]:
    """The tables, and the budgets that are broken."""
    asked, cold, many = invocations(), cold_starts(bench), hundred_thousand_rows(bench)
    broken = [name for name, (*_, most) in asked.items() if cold[name] > most]
    broken += [name for name, (share, time, _) in many.items() if max(share, time / TIME_SHARE) > 1]
    starts = [
        [name, f"{cold[name]:.3f}", str(most), f"{work(bench, module, event)[0]:.1%}"]
        for name, (module, event, most) in asked.items()
    ]
    rows = [
        [name, _rows_read(answer), f"{share:.0%}", f"{time / TIME_SHARE:.1%}"]
        for name, (share, time, answer) in many.items()
    ]
    head = ["function", "rows read", "of its memory", "of a tenth of its timeout"]
    return {
        "cold-starts": table(["cold start", "over the floor", "budget", "memory"], starts),
        "rows": table(head, rows),
    }, broken


def _rows_read(answer: Json) -> str:
    details = answer.get("memory", {}).get("details") or {}
    return f"{details['rows']:,}" if details else ""
