"""How a replay is shown: data on stdout, progress on stderr; what others wrote is no markup."""

import json
from collections import Counter

from rich.console import Console
from rich.text import Text

from mitigation.messages.text import printable
from ops.rendering import as_text
from ops.results import Outcome, Result, Summary

_STYLES = {
    Outcome.DELIVERED: "green",
    Outcome.WOULD_SEND: "cyan",
    Outcome.KEPT: "yellow",
    Outcome.NOT_OURS: "yellow",
    Outcome.UNKNOWN: "bold red",
    Outcome.NOT_DELETED: "bold red",
}
_WIDTH = max(len(outcome) for outcome in Outcome)


def progress(line: str) -> None:
    """One line to stderr."""
    _print(Console(stderr=True), Text(line, style="dim"))


def problem(line: str) -> None:
    """One line to stderr that says why nothing came of it."""
    _print(Console(stderr=True), Text(line, style="bold red"))


def result(one: Result) -> None:
    label = Text(f"{one.outcome:<{_WIDTH}}", style=_STYLES[one.outcome])
    letter = one.letter
    title = f"{letter.channel}: {letter.title}" if letter and letter.channel else ""
    title = title or (letter.title if letter else f"message {printable(one.message_id)}")
    out = Console()
    _print(out, label, "  ", title)
    indent = " " * (_WIDTH + 2)
    if one.reason:
        _print(out, indent, one.reason)
    if one.command:
        _print(out, indent, Text(one.command, style="bold"))
    if one.message is not None:
        lines = as_text(one.message).splitlines()
        _print(out, "\n".join(["", *(f"    {line}" for line in lines), ""]))


def summary(whole: Summary, *, kind: str, dry_run: bool) -> None:
    counted = Counter(one.outcome for one in whole.results)
    parts = [f"{number} {outcome}" for outcome in Outcome if (number := counted[outcome])]
    if whole.others:
        parts.append(f"{whole.others} of another channel left alone")
    if whole.in_other_hands:
        parts.append(
            f"{whole.in_other_hands} just now in other hands: another replay runs, or was killed; "
            "run this again in a few minutes"
        )
    line = f"The {kind} queue is empty: nothing to do." if not parts else f"{'; '.join(parts)}."
    if dry_run and parts:
        line += " Nothing was sent, nothing was deleted."
    _print(Console(), Text(line, style="bold"))


def as_json(whole: Summary, *, stack: str, dry_run: bool) -> None:
    letters = [
        {
            "messageId": one.message_id,
            "outcome": one.outcome.value,
            "channel": one.letter.channel if one.letter else None,
            "title": one.letter.title if one.letter else None,
            "failure": one.letter.failure if one.letter else None,
            "reason": one.reason,
            "command": one.command,
            "message": one.message,
        }
        for one in whole.results
    ]
    document = {
        "stack": stack,
        "dryRun": dry_run,
        "letters": letters,
        "ofAnotherChannel": whole.others,
        "inOtherHands": whole.in_other_hands,
    }
    print(json.dumps(document, indent=2))


def _print(console: Console, *parts: str | Text) -> None:
    console.print(Text.assemble(*parts), soft_wrap=True)
