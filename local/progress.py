"""What a run is doing, for a person who looks on: a line a step, and a line a state."""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from embedded.history import Event
from embedded.scenario import Json
from mitigation.words import duration

_STATISTICS = {
    "actionsExecuted": "executed",
    "actionsSkipped": "skipped",
    "actionsFailed": "failed",
}
_FINDINGS = {
    "succeededFindingsCount": "succeeded",
    "skippedFindingsCount": "skipped",
    "failedFindingsCount": "failed",
    "canceledFindingsCount": "canceled",
}


_BOTOCORE_MESSAGE = re.compile(
    r"An error occurred \((?P<code>\w+)\) when calling the \w+ operation"
    r"(?: \(reached max retries: \d+\))?: (?P<message>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; lines of the same text that follow each other are counted."""

    at: datetime
    state: str
    text: str
    after: str = ""  # said with the text, but not compared
    style: str = ""


class Progress:
    """Prints to stderr; `since` is the moment from which the times of states are counted."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._since: datetime | None = None
        self._last: Line | None = None
        self._repeated = 0
        self._task = ""
        self._status = console.status("watching …")

    @contextlib.contextmanager
    def step(self, doing: str) -> Iterator[None]:
        started = time.monotonic()
        with self._console.status(f"{doing} …"):
            yield
        took = time.monotonic() - started
        self._print(Text.assemble(("✓ ", "green"), f"{doing:<58}", (f"{took:5.1f} s", "dim")))

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While events come: a terminal shows that it goes on, even if nothing new happens."""
        with self._status:
            yield
        self._tell_repeated()

    def event(self, event: Event) -> None:
        self._since = self._since or event.at
        if event.kind == "TaskStateEntered":
            self._task = event.state or ""
        for line in lines_of(event):
            if self._last and (line.state, line.text) == (self._last.state, self._last.text):
                self._repeated += 1
                self._status.update(f"watching … {self._repeated_words()}")
            else:
                self._tell_repeated()
                self._state(line)
            self._last = line

    def _tell_repeated(self) -> None:
        if self._repeated:
            self._print(Text(f"{'':>13}  … {self._repeated_words()}", "dim"))
            self._status.update("watching …")
        self._repeated = 0

    def _repeated_words(self) -> str:
        return "once more" if self._repeated == 1 else f"{self._repeated} times more"

    def waits(self, waits: list[dict[str, Any]]) -> None:
        """Say that waits were shortened, and by how much."""
        seconds = sum(wait["seconds"] for wait in waits)
        took = sum(wait["took"] for wait in waits)
        if took:
            text = f"Waits are sped up here: {duration(seconds)} of them took {took:.1f} s."
            self._print(Text(text, "dim"))

    def failed(self, text: str) -> None:
        self._print(Text.assemble(("error: ", "bold red"), text))

    def _state(self, line: Line) -> None:
        assert self._since is not None  # noqa: S101  set by event()
        seconds = round((line.at - self._since).total_seconds())
        passed = duration(seconds) if seconds > 0 else "0 s"
        after = Text(line.after, "dim")
        self._print(
            Text.assemble((f"{'+' + passed:>13}  ", "dim"), f"{line.state or self._task:<14} ")
            + Text(line.text, line.style)
            + after
        )

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)


def lines_of(event: Event) -> Iterator[Line]:
    """What a person wants to know of this event; most are of no interest."""
    output = _json(event.details.get("output"))
    match event.kind, event.state:
        case "TaskStateExited", "DescribeTask":
            yield from _looked(event, output)
        case "TaskStateExited", "ShowProgress":
            yield from _shown(event, output)
        case "TaskFailed", _:
            yield Line(event.at, "", _problem(event.details), style="yellow")
        case "WaitStateEntered", "WaitForChannel":
            state = _json(event.details.get("input"))
            after = f", again in {duration(state['attempt']['waitSeconds'])}"
            yield Line(event.at, "Notify", f"{state['channel']} is unavailable", after, "yellow")
        case "PassStateExited", "Told":
            yield Line(event.at, "Notify", str(output["result"]), style="green")
        case "TaskStateEntered", "DeadLetter":
            channel = _json(event.details.get("input"))["channel"]
            text = f"the message for {channel} goes to the dead-letter queue"
            yield Line(event.at, "DeadLetter", text, style="red")


def _shown(event: Event, output: Json) -> Iterator[Line]:
    thread = output["deliveries"]["all"][0]["memory"]["thread"]
    for channel in output["look"]["memory"]["shows"]:
        if channel != "slack":
            yield Line(event.at, "ShowProgress", f"{channel}: told that it runs, if it could be")
        elif thread and thread["shown"]:
            yield Line(event.at, "ShowProgress", "slack: shown", style="green")
        else:
            yield Line(event.at, "ShowProgress", "slack: could not be shown", style="yellow")


def _looked(event: Event, output: Json) -> Iterator[Line]:
    look = output.get("look")
    if output.get("error") or output.get("crash") or not look:
        return
    memory = look["memory"]
    if (problem := memory["problem"]) is not None:
        text, style = f"{problem['error']}: {problem['message']}", "yellow"
    elif memory["missingSince"] is not None:
        text, style = "AWS IoT knows no such task", "yellow"
    else:
        task = memory["task"].get("taskSummary", memory["task"])
        text, style = ", ".join([str(task.get("taskStatus", "no status")), *_counts(task)]), ""
    kind, _, reason = str(look["decision"]).partition("/")
    if reason and reason != "ended":
        text += f" ({reason.replace('-', ' ')})"
    after = "" if kind == "final" else f", again in {duration(look['waitSeconds'])}"
    yield Line(event.at, "DescribeTask", text, after, style)


def _counts(task: Json) -> list[str]:
    """Executed, skipped and failed, as either kind of task counts them."""
    statistics = task.get("taskStatistics") or {}
    checks = [check for check in statistics.values() if isinstance(check, Mapping)]
    if not checks:
        return [
            f"{statistics[key]} {word}" for key, word in _STATISTICS.items() if key in statistics
        ]
    sums = {word: sum(check.get(key) or 0 for check in checks) for key, word in _FINDINGS.items()}
    return [f"{count} {word}" for word, count in sums.items() if count]


def _problem(details: Json) -> str:
    """The error's name and message; of botocore's, only what AWS said."""
    error = details.get("error")
    message = str(_json(details.get("cause")).get("errorMessage", "no message"))
    if said := _BOTOCORE_MESSAGE.fullmatch(message):
        return f"{said['code']}: {said['message']}"
    return f"{error}: {message}"


def _json(text: object) -> Json:
    try:
        value = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
