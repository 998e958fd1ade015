"""`run`: deploys the real stack into the embedded AWS and plays a scenario through it."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console, Group
from rich.text import Text

from embedded import play
from embedded.clicks import Click
from embedded.deploy import deploy, deploy_member
from embedded.engine import Engine
from embedded.people import NobodyClicks, People
from embedded.places import HOME, MEMBER
from embedded.process import EngineFailed
from embedded.scenario import BadScenario, Scenario, load
from embedded.slack_workspace import SlackMode
from local import show
from local.cli import BAD_INPUT
from local.parameters import BadParameter, read_parameters
from local.progress import Progress
from mitigation.messages.sms import DISPLAY_NAME

SPEED = 500
CANCEL = (Click(1, "U0ADA", "cancel", {}), Click(1, "U0BO", "approve", {}))
DEADLINE_SECONDS = 300
SENDER = f"{DISPLAY_NAME} <no-reply@sns.amazonaws.com>"  # what SNS makes of the topic's name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "scenario",
        type=Path,
        metavar="SCENARIO.json",
        help="what AWS IoT and Slack answer; a saved Describe answer is a scenario too",
    )
    slack = parser.add_mutually_exclusive_group()
    slack.add_argument(
        "--no-slack",
        dest="slack",
        action="store_const",
        const="none",
        default="webhook",
        help="deploy without a Slack webhook",
    )
    slack.add_argument(
        "--slack-app",
        dest="slack",
        action="store_const",
        const="app",
        help="deploy with a Slack app: one message a task, live, and one thread",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of template.yaml, such as SlackVerdicts=problems; may be repeated",
    )
    parser.add_argument(
        "--member", action="store_true", help="play the task in another account and region"
    )
    parser.add_argument(
        "--act",
        action="store_true",
        help="let somebody cancel the task from Slack, and somebody else agree",
    )
    parser.add_argument("--json", action="store_true", help="print what came of it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit status: 0 where the execution succeeded, 1 where it failed, 2 for bad input."""
    try:
        scenario = load(arguments.scenario)
        if arguments.member:
            scenario = replace(scenario, place=MEMBER)
        parameters = read_parameters(arguments.parameter)
        if arguments.act:
            scenario = replace(scenario, clicks=CANCEL)
            parameters = {"SlackApprovals": "cancel,retry,undo"} | parameters
    except (BadScenario, BadParameter) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    progress = Progress(Console(stderr=True))
    try:
        outcome = _play(scenario, progress, parameters, slack=arguments.slack)
    except (EngineFailed, play.PlayFailed, NobodyClicks, ClientError, BotoCoreError) as error:
        progress.failed(str(error))
        return 1
    if arguments.json:
        print(json.dumps(outcome.to_json(), indent=2, ensure_ascii=False))
    else:
        _show(outcome)
    return 0 if outcome.succeeded else 1


def _play(
    scenario: Scenario, progress: Progress, parameters: Mapping[str, str], *, slack: SlackMode
) -> play.Outcome:
    slack = "app" if scenario.clicks else slack  # a webhook's messages have no buttons
    deadline = time.monotonic() + DEADLINE_SECONDS
    now = (scenario.started or datetime.now(UTC)) + play.TRAIL_LAG
    engine = Engine(
        [scenario],
        slack=scenario.slack,
        slack_app=scenario.slack_app,
        now=now,
        speed=SPEED,
        started=False,
    )
    with contextlib.ExitStack() as stack:
        with progress.step("An embedded AWS starts on this machine"):
            stack.enter_context(engine)
        with progress.step("template.yaml is deployed into it"):
            own = play.stack_parameters(
                engine, slack=slack, place=scenario.place, acts=bool(scenario.clicks)
            )
            deployed = deploy(engine, {**own, **parameters})
            people = People(engine, deployed, scenario.clicks)
            engine.iot.before_look = people.before_look
        if scenario.place != HOME:
            with progress.step("member.yaml is deployed into {} ({})".format(*scenario.place)):
                deploy_member(
                    engine, scenario.place, "cancel-retry-undo" if scenario.clicks else "off"
                )
        with progress.step(f"{scenario.task_type.capitalize()} task {scenario.task_id} starts"):
            play.start_task(engine, scenario)
            execution_arn = play.await_execution(engine, deployed, deadline)
        with progress.watching():
            for event in play.follow(engine, execution_arn, deadline):
                progress.event(event)
        people.finish()
        progress.waits(engine.waits)
        acts = people.acts() if scenario.clicks else []
        return play.collect(engine, deployed, execution_arn, scenario.place, acts)


def _show(outcome: play.Outcome) -> None:
    """The messages as people see them, what was not delivered, and the verdict."""
    console = Console()
    console.print()
    for mail in outcome.messages["email"]:
        way = Text(f"From:    {SENDER}\nTo:      {mail['to']}")
        show.show(console, "E-mail", Group(way, show.email(mail["subject"], mail["body"])))
    for payload, found in groupby(outcome.posts, key=lambda post: post.payload):
        posts = list(found)
        answers = [f"{post.status} {post.why or post.body}".strip() for post in posts]
        title = show.slack_title(posts[0])
        if answers != ["200 ok"]:
            title += f", which answered {', '.join(answers)}"
        show.show(console, title, show.slack(payload or {}))
    for letter in outcome.dead_letters:
        failure = letter.get("failure", {})
        reason = letter.get("reason", {}).get("raised", {}).get("errorMessage", "")
        text = f"The message for {letter.get('channel')}: {failure.get('Error')}, {reason}"
        show.show(console, "Dead letter", Text(text))
    for act in outcome.acts:
        agreed = f", approved by {act['approvedBy']}" if act["approvedBy"] else ""
        line = Text(f"{act['action']} by {act['by']}{agreed}: {act['result']}")
        console.print(line, soft_wrap=True, highlight=False)
    execution = outcome.execution
    if outcome.succeeded:
        verdict = Text.assemble(("✓ ", "green"), f"{execution['name']}: everyone was told")
    else:
        verdict = Text.assemble(("✗ ", "red"), f"{execution['error']}: {execution['cause']}")
    console.print(verdict, soft_wrap=True, highlight=False)
