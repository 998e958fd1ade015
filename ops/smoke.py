"""Tries the stack in a real account: deploys it under a scratch name, watches a task, deletes all.

One channel takes the message and the other refuses it: so the promise is tried, and its failure.
Exit: 0 the message came, and what was refused was kept; 1 not so, or something is left; 2 not as
asked; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from typing import TYPE_CHECKING

from samtranslator.yaml_helper import yaml_parse

from mitigation.report import Verdict
from mitigation.watch import InvalidWatch, Watch
from ops import ROOT, show
from ops.aws import AwsError, Unusable, explain, fit, open_session, read_stack
from ops.letters import DEAD_LETTERS
from ops.sam import SamFailed, check_sam, run_sam
from ops.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import boto3

type Report = Mapping[str, object]  # docs/report.schema.json

TEMPLATE = ROOT / "template.yaml"
# A task that runs on is told as overdue after the shortest time that the template allows.
PARAMETERS = {"SweepMinutes": "0", "OverdueMinutes": "5", "LogRetentionDays": "1"}
REFUSED = "NotAllDelivered"
WAIT_MINUTES = 10
_POLL_SECONDS = 5
_LETTER_SECONDS = 20  # the longest that SQS waits
_LAST_SECONDS = 60  # between the end of the watch and the last message of the topic
_COST = "less than 0.10 USD: the key, the alarms and the dashboard are billed by the hour"


class SmokeFailed(Exception):  # noqa: N818  reads as what happened
    """The stack did not do what it should; one line says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a canceled job cleans up, too
    suffix = secrets.token_hex(4)
    try:
        watch = _watch(options, suffix)
        check_sam()
        session = open_session(options.profile, options.region)
        scratch = Scratch(session, f"mitigation-smoke-{suffix}")
        _ask(session, scratch, watch, agreed=options.yes)
    except (Unusable, *AwsError) as error:
        show.problem(_words(error))
        return 2
    except KeyboardInterrupt:
        return 130
    code = _play(session, scratch, watch, options)
    return _clean_up(scratch) or code


def play(
    session: boto3.Session, scratch: Scratch, watch: Watch, options: argparse.Namespace
) -> Report:
    """The report as it came through the topic. Raises what went wrong, in one line."""
    account = ["--region", session.region_name]
    account += ["--profile", options.profile] if options.profile else []
    scratch.make_bucket()
    parameters = PARAMETERS | {
        "AlarmTopicArn": scratch.make_topic(),
        "SlackWebhookSecretArn": scratch.make_secret(),
    }
    with tempfile.TemporaryDirectory(prefix="smoke-") as folder:
        run_sam("build", "--template-file", str(TEMPLATE), "--build-dir", folder, *account)
        scratch.note_stack()
        run_sam(
            *("deploy", "--template-file", f"{folder}/template.yaml", *account),
            *("--stack-name", scratch.name, "--s3-bucket", scratch.name),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
            *("--parameter-overrides", *(f"{n}={value}" for n, value in parameters.items())),
        )
    stack = read_stack(session, scratch.name)
    queue_url = scratch.make_queue(stack.output("TopicArn"))
    execution_arn = scratch.start_watch(stack.output("StateMachineArn"), watch)
    show.progress(f"Watching {watch.task_type} task {watch.task_id}; waiting for its message …")
    report = wait_for_report(session, queue_url, execution_arn, 60 * options.wait_minutes)
    if report["final"]:
        find_letter(session, stack.output("DeadLetterQueueUrl"), watch)
    return report


def wait_for_report(
    session: boto3.Session, queue_url: str, execution_arn: str, seconds: float
) -> Report:
    """The report, once the watch has ended as it should; one that is not final ends the wait alone.

    It should fail: Slack has refused. Raises SmokeFailed when the watch ends in another way, or
    when this does not come in time.
    """
    sqs, states = session.client("sqs"), session.client("stepfunctions")
    report: Report | None = None
    status, end = "RUNNING", time.monotonic() + seconds
    while time.monotonic() < end:
        answer = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=_POLL_SECONDS)
        for message in answer.get("Messages", []):
            report = json.loads(message["Body"])
        execution = states.describe_execution(executionArn=execution_arn)
        if status == "RUNNING" != execution["status"]:
            end = min(end, time.monotonic() + _LAST_SECONDS)
        status = execution["status"]
        if status != "RUNNING" and execution.get("error") != REFUSED:
            raise SmokeFailed(f"the watch {status}: {fit(execution.get('cause', 'no cause'))}")
        if report and (status != "RUNNING" or not report["final"]):
            return report
    came = "a message came" if report else "no message came"
    raise SmokeFailed(f"{came} within {seconds / 60:g} minutes, and the watch is {status}")


def find_letter(session: boto3.Session, queue_url: str, watch: Watch) -> None:
    """Raises SmokeFailed unless the message that Slack refused lies where it can be replayed."""
    answer = session.client("sqs").receive_message(
        QueueUrl=queue_url, WaitTimeSeconds=_LETTER_SECONDS
    )
    for message in answer.get("Messages", []):
        letter = DEAD_LETTERS.parse(message["Body"])
        if letter.channel == "slack" and watch.task_id in letter.title:
            show.progress("Slack refused, as it should here: its message lies in the queue.")
            return
    raise SmokeFailed("Slack refused its message, and it does not lie in the dead-letter queue")


def judge(report: Report, watch: Watch, *, missing: bool) -> None:
    """Raises SmokeFailed unless the report shows that the stack can read tasks here."""
    verdict = report.get("verdict")
    if report.get("taskId") != watch.task_id:
        raise SmokeFailed(f"the message is about task {report.get('taskId')!r}")
    if missing and verdict != Verdict.VANISHED:
        raise SmokeFailed(f"AWS IoT should not know this task, but the message says {verdict}")
    if not missing and verdict in {Verdict.VANISHED, Verdict.UNREADABLE}:
        raise SmokeFailed(f"{verdict}: is it a {watch.task_type} task of this account and region?")


def _play(
    session: boto3.Session, scratch: Scratch, watch: Watch, options: argparse.Namespace
) -> int:
    try:
        report = play(session, scratch, watch, options)
        print(json.dumps(report, indent=2), flush=True)
        judge(report, watch, missing=options.task_id is None)
    except (SmokeFailed, SamFailed, Unusable, *AwsError) as error:
        show.problem(_words(error))
        return 1
    except KeyboardInterrupt:
        show.progress("Stopped; Ctrl-C again leaves the rest as it is.")
        return 130
    show.progress(f"It works: the message says {report['verdict']}.")
    return 0


def _clean_up(scratch: Scratch) -> int:
    """0 when nothing is left; the commands for what is left go to stderr."""
    code = 1
    try:
        scratch.delete(show.progress)
    except KeyboardInterrupt:
        code = 130
    for thing in reversed(scratch.left):
        show.problem(f"{thing.name} is left, or may be. Delete it: {thing.by_hand}")
    if scratch.left:
        return code
    show.progress("All is deleted; its KMS key is pending deletion for 7 days, free of charge.")
    return 0


def _ask(session: boto3.Session, scratch: Scratch, watch: Watch, *, agreed: bool) -> None:
    """Say what will be made and what it costs; raises Unusable without a yes."""
    caller = session.client("sts").get_caller_identity()
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    types = Counter(item["Type"].split("::", 1)[1] for item in template["Resources"].values())
    resources = ", ".join(f"{number} {name}" for name, number in types.items())
    for line in (
        f"This makes in account {caller['Account']}, {session.region_name}, as {caller['Arn']}:",
        f"  stack {scratch.name} with at most {resources}",
        f"  S3 bucket {scratch.name} for its upload, SQS queue {scratch.name} for its message,",
        f"  SNS topic {scratch.name} for its alarms, secret {scratch.name}, which holds no webhook",
        f"It watches {watch.task_type} task {watch.task_id}; it starts no task, sends no e-mail.",
        "Nothing goes to Slack: what is tried there is a channel that refuses.",
        f"It takes five to ten minutes and costs {_COST}. All of it is deleted at the end.",
    ):
        show.progress(line)
    if agreed:
        return
    if not sys.stdin.isatty():
        raise Unusable("refused: nobody can say yes here, and --yes (make: ARGS=--yes) is missing")
    print("Go on? Type yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise Unusable("refused: that was not a yes; nothing was made")


def _watch(options: argparse.Namespace, suffix: str) -> Watch:
    task_id = options.task_id or f"smoke-no-such-task-{suffix}"
    try:
        return Watch.from_input({"taskType": options.task_type, "taskId": task_id})
    except InvalidWatch as error:
        raise Unusable(str(error)) from None


def _words(error: Exception) -> str:
    return explain(error) if isinstance(error, AwsError) else str(error)


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m ops.smoke", description=__doc__)
    parser.add_argument("--profile", help="of the AWS CLI's configuration")
    parser.add_argument("--region", help="default: the one of the profile, or AWS_REGION")
    parser.add_argument("--task-id", metavar="ID", help="default: one that does not exist")
    parser.add_argument("--task-type", choices=["detect", "audit"], default="detect")
    parser.add_argument("--wait-minutes", type=float, default=WAIT_MINUTES, metavar="N")
    parser.add_argument("--yes", action="store_true", help="go on without asking")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
