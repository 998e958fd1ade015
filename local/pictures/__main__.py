"""Draws docs/pictures/ anew: `make pictures`.

The messages come from saved answers through the product's own code. Slack's blocks are drawn by
slack-blocks-to-jsx, and everything by headless Chromium. Both live outside of Python: npm installs
the one under .tools/, the other has to be there, with Slack's typeface Lato and one of emoji.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import page
from local.preview import EXAMPLE_MACHINE, render
from local.saved import read_saved
from mitigation.acts import says
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.offer import offer
from mitigation.acts.rows import Execution
from mitigation.acts.undo import Plan
from mitigation.conversation import with_foot
from mitigation.decision import ChannelMemory, Decision, Look, Memory
from mitigation.messages import SlackMessage
from mitigation.notice import Notice
from mitigation.place import Place
from mitigation.report import Report
from mitigation.watch import StartedBy, Watch
from mitigation.words import Clock

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
WORKSHOP = ROOT / ".tools" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP_WIDTH, PHONE_WIDTH = 1720, 1266
NODE_VERSION = 20
COMMAND_SECONDS = 300
STARTED_BY = "arn:aws:sts::123456789012:assumed-role/SecOps/ada"

type Json = Mapping[str, Any]


class CannotDraw(Exception):  # noqa: N818  reads as what happened
    """One line that says what is missing, and where it comes from."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The picture's name, and the saved answer's."""

    picture: str
    answer: str


SAMPLES = (
    Sample("failed", "detect-failed-partly"),
    Sample("nothing-done", "detect-aws-example"),
    Sample("canceled", "detect-canceled"),
    Sample("audit", "audit-completed-partly-failed"),
)


@dataclass(frozen=True, slots=True)
class Thread:
    """The picture's name, a look of the scenario, and the age of the task by then, in seconds.

    `level` is SlackActions; where it is not off, the head has buttons, and one was clicked.
    """

    picture: str
    look: int
    age: int
    level: str = "off"


PEOPLE = {"U0ADA": "ada"}
LIVE = ROOT / "events" / "scenarios" / "live.json"
THREADS = (
    Thread("thread-no-estimate", 2, 34),
    Thread("thread-running", 4, 205),
    Thread("thread-ended", -1, 700),
    Thread("thread-acts", -1, 700, "cancel-retry-undo"),
)


def main() -> int:
    try:
        draw()
    except CannotDraw as error:
        print(f"pictures: {error}", file=sys.stderr)
        return 2
    return 0


def draw() -> None:
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        packages = "chromium fonts-lato fonts-noto-color-emoji"
        raise CannotDraw(f"no Chromium found: install it (Debian: apt-get install {packages})")
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise CannotDraw(f"no node or npm found: install Node.js {NODE_VERSION} or later")
    version = _run([node, "--version"]).strip().removeprefix("v")
    if int(version.partition(".")[0]) < NODE_VERSION:
        raise CannotDraw(f"Node.js is {version}: install {NODE_VERSION} or later")
    _install(npm)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shots = [shot for sample in SAMPLES for shot in _shots(sample, node, Path(folder))]
        shots += [s for each in THREADS for s in _thread_shots(each, node, Path(folder))]
        _node(node, "shoot.js", {"chromium": chromium, "pages": shots})
    for shot in shots:
        path = Path(shot["png"])
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


def _shots(sample: Sample, node: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What to take pictures of: the page at both widths, of the first sample Slack alone too."""
    messages = render(_report(sample), Clock())
    drawn = _node(node, "slack.js", messages["slack"])
    for width, suffix, element in (
        (DESKTOP_WIDTH, "", "body"),
        (PHONE_WIDTH, "-phone", "body"),
        *([(DESKTOP_WIDTH, "-slack", ".slack")] if sample is SAMPLES[0] else []),
    ):
        html = folder / f"{sample.picture}{suffix}.html"
        content = page.render(
            messages, slack_html=drawn["html"], css=drawn["css"], phone=suffix == "-phone"
        )
        html.write_text(content, encoding="utf-8")
        png = PICTURES / f"{sample.picture}{suffix}.png"
        yield {"html": str(html), "png": str(png), "width": width, "element": element}


def _thread_shots(sample: Thread, node: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What a Slack app shows of the scenario at that look, with the thread below it."""
    scenario = json.loads(LIVE.read_text(encoding="utf-8"))
    answer, rows = folder / "answer.json", folder / "rows.json"
    answer.write_text(json.dumps(scenario["describe"][sample.look]), encoding="utf-8")
    rows.write_text(json.dumps({"actionsExecutions": scenario["executions"]}), encoding="utf-8")
    task, details = read_saved(answer, rows)
    memory = Memory(age_seconds=sample.age, since=task.started)
    report = Report.of(
        task,
        look=Look(Decision.ENDED if task.is_terminal else Decision.WAIT, 0, memory),
        details=details,
        started_by=StartedBy(STARTED_BY, "203.0.113.7", task.started),
        place=Place.of_execution(f"{EXAMPLE_MACHINE}:detect-{task.id}", "iot-prod"),
    )
    messages = render(report, Clock())
    shown = messages["slack-app"]
    if sample.level != "off":
        executed = [_row(each) for each in scenario["executions"]]
        shown = _asking(report, shown[0], executed, sample.level)
    drawn = [_node(node, "slack.js", {**payload, "people": PEOPLE}) for payload in shown]
    html = "\n<p><small>1 reply, in the thread</small></p>\n".join(each["html"] for each in drawn)
    for width, suffix in ((DESKTOP_WIDTH, ""), (PHONE_WIDTH, "-phone")):
        path = folder / f"{sample.picture}{suffix}.html"
        content = page.render(
            messages, slack_html=html, css=drawn[0]["css"], phone=suffix == "-phone"
        )
        path.write_text(content, encoding="utf-8")
        png = PICTURES / f"{sample.picture}{suffix}.png"
        yield {"html": str(path), "png": str(png), "width": width, "element": ".slack"}


def _asking(
    report: Report, head: Json, rows: Iterable[Execution], level: str
) -> Iterator[dict[str, Any]]:
    """The head with the buttons of this level; below it a second person is asked about an undo."""
    arn = str(report.place.execution_arn)
    notice = Notice("slack", report, 0, None, ChannelMemory(), arn, None, is_first=True)
    foot = offer(notice, level, "C0ONCALL", "xoxb-example")
    yield with_foot(SlackMessage(dict(head)), foot).payload
    task = report.task
    wish = Button(Action.UNDO, task.type, str(task.id), requester=next(iter(PEOPLE)))
    yield says.ask(wish, "value", Plan().including(task, rows)).payload


def _row(row: Json) -> Execution:
    return Execution(row["status"], row["violationId"], row["thingName"], row["actionName"])


def _report(sample: Sample) -> Report:
    """The report as a watch would make it: CloudTrail's event has told who started the task."""
    executions = ROOT / "events" / "executions" / f"{sample.answer}.json"
    task, details = read_saved(
        ROOT / "events" / "describe" / f"{sample.answer}.json",
        executions if executions.exists() else None,
    )
    watch = Watch(task.type, str(task.id), StartedBy(STARTED_BY, "203.0.113.7", task.started))
    return Report.of(
        task,
        details=details,
        started_by=watch.started_by,
        place=Place.of_execution(f"{EXAMPLE_MACHINE}:{watch.execution_name}", "iot-prod"),
    )


def _install(npm: str) -> None:
    """npm's packages and the scripts, side by side: so Node finds the one from the other."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "slack.js", "shoot.js"):
        shutil.copyfile(Path(__file__).with_name(file), WORKSHOP / file)
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([npm, "install", *options], cwd=WORKSHOP)


def _node(node: str, script: str, content: Json) -> Json:
    result: Json = json.loads(_run([node, script], json.dumps(content), WORKSHOP) or "{}")
    return result


def _run(command: list[str], content: str = "", cwd: Path = ROOT) -> str:
    """What the command prints; it says itself, on stderr, why it fails."""
    name = " ".join([Path(command[0]).name, *command[1:2]])
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            input=content,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
            timeout=COMMAND_SECONDS,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise CannotDraw(f"{name} ended with status {error.returncode}: see above") from error
    except subprocess.TimeoutExpired as error:
        raise CannotDraw(f"{name} took over {COMMAND_SECONDS} s") from error


if __name__ == "__main__":
    sys.exit(main())
