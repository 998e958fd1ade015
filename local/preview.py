"""Renders a saved Describe answer for every channel by the product's own code, and runs nothing."""

import argparse
import json
import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType

from embedded.scenario import BadScenario
from local import page, show
from local.saved import BadAnswer, read_saved
from mitigation.messages import amazon_q, email, slack, slack_thread, sms
from mitigation.place import Place
from mitigation.report import Report
from mitigation.watch import InvalidWatch, Watch
from mitigation.wire import InvalidTask
from mitigation.words import Clock
from mitigation.zone import UnknownZone, find_zone

type Json = dict[str, Any]

EXAMPLE_MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask"

_SHOWN: Mapping[str, tuple[str, Callable[[Any], RenderableType]]] = {
    "email": ("E-mail", lambda mail: show.email(mail["subject"], mail["body"])),
    "slack": ("Slack", show.slack),
    "sms": ("SMS", show.sms),
    "amazon-q": ("Amazon Q Developer", show.amazon_q),
}
# Shown where it is asked for: of Slack one way is enough.
_ASKED_FOR: Mapping[str, tuple[str, Callable[[Any], RenderableType]]] = {
    "slack-app": ("Slack app", lambda thread: Group(*map(show.slack, thread))),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "answer",
        type=Path,
        metavar="ANSWER.json",
        help="what `aws iot describe-detect-mitigation-actions-task`, or -audit-, printed",
    )
    parser.add_argument(
        "--executions",
        type=Path,
        metavar="FILE",
        help="what `aws iot list-…-mitigation-actions-executions` printed; for an audit task "
        "with the `findings` of `aws iot list-audit-findings` beside it",
    )
    parser.add_argument("--task-id", metavar="ID", help="for answers that don't name their task")
    parser.add_argument("--channel", choices=[*_SHOWN, *_ASKED_FOR], help="show this one only")
    parser.add_argument("--time-zone", metavar="ZONE", default="UTC", help="IANA name; UTC")
    parser.add_argument(
        "--execution-arn",
        metavar="ARN",
        help="of the Step Functions execution: gives account and region; an example by default",
    )
    parser.add_argument("--json", action="store_true", help="print the messages as JSON")
    parser.add_argument("--open", action="store_true", help="write a web page and open it")


def run(arguments: argparse.Namespace) -> int:
    """Exit status: 0, or 2 for bad input, with one line on stderr that says what is wrong."""
    try:
        report, clock = read(arguments)
    except (BadAnswer, BadScenario, InvalidWatch, UnknownZone) as error:
        return _refuse(str(error))
    except InvalidTask as error:
        return _refuse(f"{arguments.answer}: {error}")
    if not arguments.execution_arn:
        _say("account and region are examples; --execution-arn shows your own")
    channels = [arguments.channel] if arguments.channel else list(_SHOWN)
    messages = render(report, clock)
    if arguments.json:
        shown = {name: messages[name] for name in ("verdict", *channels)}
        print(json.dumps(shown, indent=2))
    elif not arguments.open:
        console = Console(highlight=False)
        for name in channels:
            title, body = {**_SHOWN, **_ASKED_FOR}[name]
            show.show(console, title, body(messages[name]))
    if arguments.open:
        path = _write_page(messages)
        print(path, file=sys.stderr if arguments.json else sys.stdout)
        _open(path)
    return 0


def read(arguments: argparse.Namespace) -> tuple[Report, Clock]:
    zone = find_zone(arguments.time_zone)
    task, details = read_saved(arguments.answer, arguments.executions, arguments.task_id)
    watch = Watch(task.type, str(task.id))
    arn = arguments.execution_arn or f"{EXAMPLE_MACHINE}:{watch.execution_name}"
    place = Place.of_execution(arn)
    if place.execution_arn is None:
        raise BadAnswer(
            "--execution-arn: expected arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:NAME, "
            f"got {arn!r}"
        )
    return Report.of(task, details=details, place=place), Clock(zone)


def render(report: Report, clock: Clock) -> Json:
    """The message for each channel, as JSON; `preview --json` prints it."""
    mail = email.render(report, clock)
    return {
        "verdict": report.verdict.value,
        "email": {"subject": mail.subject, "body": mail.body},
        "slack": slack.render(report, clock).payload,
        "sms": sms.render(report),
        "amazon-q": amazon_q.render(report, clock),
        "slack-app": thread(report, clock),
    }


def thread(report: Report, clock: Clock) -> list[Json]:
    """The one message of a Slack app, then the reply at the end."""
    if not report.task.is_terminal:
        return [slack_thread.running(report, clock).payload]
    rest = slack_thread.rest(report, clock, has_email=True)
    return [slack_thread.verdict(report, clock).payload, rest.payload]


def _write_page(messages: Json) -> Path:
    """A page that outlives this process: the browser reads it later."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="mitigation-preview-", suffix=".html", delete=False
    ) as file:
        file.write(page.render(messages))
    return Path(file.name)


def _open(path: Path) -> None:
    # Without a display webbrowser would take over the terminal with lynx or the like.
    display = sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if not (display and webbrowser.open(path.as_uri())):
        _say("there is no display here: open the page in a browser yourself")


def _refuse(why: str) -> int:
    _say(why)
    return 2


def _say(text: str) -> None:
    print(f"preview: {text}", file=sys.stderr)
