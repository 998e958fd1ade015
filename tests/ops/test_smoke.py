"""A smoke run asks first, and leaves nothing behind, however it ends."""

import io
import os
import re
import signal
import sys
import threading
from pathlib import Path

import boto3
import pytest

from mitigation.report import Verdict
from mitigation.watch import Watch
from ops import sam, smoke
from tests.ops.conftest import LETTERS, FakeStack, Refused, Run, notify_input
from tests.support.stacks import until

NAME = "mitigation-smoke-0123abcd"
WAITS = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}'
WELL, AT_ONCE = "exit 0", ("--yes", "--wait-minutes", "0")


@pytest.fixture
def stack(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """It is there as soon as somebody asks for it."""
    monkeypatch.setattr("secrets.token_hex", lambda _: NAME[-8:])
    monkeypatch.setattr(smoke, "_POLL_SECONDS", 0)
    monkeypatch.setattr(smoke, "_LETTER_SECONDS", 0)
    machine = boto3.client("stepfunctions").create_state_machine(
        name="watch", definition=WAITS, roleArn="arn:aws:iam::123456789012:role/any"
    )
    stack.name = NAME
    stack.outputs["TopicArn"] = boto3.client("sns").create_topic(Name="t")["TopicArn"]
    stack.outputs["StateMachineArn"] = machine["stateMachineArn"]
    return stack


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """What it says, with a shell script as sam, which notes its arguments, and its process."""

    def run(script: str, *arguments: str, code: int = 1, typed: str = "", tty: bool = True) -> str:
        stdin = io.StringIO(typed)
        monkeypatch.setattr(stdin, "isatty", lambda: tty)
        monkeypatch.setattr(sys, "stdin", stdin)
        program = tmp_path / "sam"
        notes = f'echo "$@" >>{tmp_path}/calls\necho $$ >{tmp_path}/pid\n'
        program.write_text(f"#!/bin/sh\n{notes}{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sam, "BIN", tmp_path)
        assert smoke.main(arguments) == code
        return capfd.readouterr().err

    return run


def is_clean() -> bool:
    there = [
        boto3.client("s3").list_buckets()["Buckets"],
        boto3.client("sqs").list_queues().get("QueueUrls"),
        boto3.client("sns").list_topics()["Topics"],
        boto3.client("secretsmanager").list_secrets()["SecretList"],
    ]
    return NAME not in str(there)


@pytest.mark.parametrize(("tty", "typed"), [(False, "yes\n"), (True, "")])
def test_without_a_yes_nothing_is_made(
    stack: FakeStack, run: Run, tmp_path: Path, tty: bool, typed: str
) -> None:
    said = run(WELL, "--wait-minutes", "0", code=2, typed=typed, tty=tty)
    assert "in account 123456789012, eu-west-1" in said
    assert re.search(rf"stack {NAME} with at most .*\d Serverless::Function", said)
    assert "costs less than 0.10 USD" in said
    assert "refused" in said
    assert not (tmp_path / "calls").exists()
    assert (is_clean(), stack.deleted) == (True, False)


def test_a_deployment_that_fails_leaves_nothing(stack: FakeStack, run: Run, tmp_path: Path) -> None:
    upload = {"Bucket": NAME, "Key": f"{NAME}/code", "Body": b"zip"}
    stack.delete = lambda: boto3.client("s3").put_object(**upload)
    fails = 'test "$1" = build || { echo "no such bucket" >&2; exit 3; }'
    said = run(fails, typed="yes\n")
    assert "no such bucket\nsam deploy failed (3); its own words are above" in said
    assert "All is deleted" in said
    build, deploy = (tmp_path / "calls").read_text().splitlines()
    assert build.startswith("build --template-file ")
    assert f"--region eu-west-1 --stack-name {NAME} --s3-bucket {NAME}" in deploy
    assert "SweepMinutes=0" in deploy
    assert (is_clean(), stack.deleted) == (True, True)


def test_no_message_in_time_is_a_failure_and_leaves_nothing(stack: FakeStack, run: Run) -> None:
    said = run(WELL, *AT_ONCE, "--task-id", "t1")
    assert "no message came within 0 minutes, and the watch is RUNNING" in said
    states, machine = boto3.client("stepfunctions"), stack.outputs["StateMachineArn"]
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    assert (execution["name"], execution["status"]) == ("detect-t1", "ABORTED")
    assert (is_clean(), stack.deleted) == (True, True)


def test_the_message_that_was_refused_has_to_lie_in_the_queue(stack: FakeStack) -> None:
    stack.put(LETTERS, notify_input("t1", "sns"), notify_input("another"))
    watch = Watch.from_input({"taskId": "t1"})
    with pytest.raises(smoke.SmokeFailed, match="does not lie in the dead-letter queue"):
        smoke.find_letter(boto3.Session(), stack.outputs[LETTERS], watch)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_sam_and_leaves_nothing(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    noted = tmp_path / "pid"

    def interrupt_once_there() -> None:
        until(lambda: noted.exists() and bool(noted.read_text()), "sam to start")
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt_once_there).start()
    assert "Stopped; Ctrl-C again leaves the rest as it is." in run("sleep 60", "--yes", code=130)
    # An orphan that was killed is there until its new parent has seen it.
    until(lambda: not Path("/proc", noted.read_text().strip()).exists(), "sam to end")
    assert is_clean()


def test_a_second_ctrl_c_says_what_is_left(stack: FakeStack, run: Run) -> None:
    stack.delete = lambda: os.kill(os.getpid(), signal.SIGINT)
    said = run(WELL, *AT_ONCE, code=130)
    assert f"stack {NAME} is left, or may be. Delete it: aws cloudformation delete-stack" in said
    assert f"aws s3 rb --force s3://{NAME} --region eu-west-1" in said
    assert "SQS queue" not in said.partition("is left")[2]


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(stack: FakeStack, run: Run) -> None:
    def refuse() -> None:
        raise Refused("AccessDenied", "you may not")

    stack.delete = refuse
    said = run(WELL, *AT_ONCE)
    assert f"stack {NAME} could not be deleted: AWS refused DeleteStack: AccessDenied" in said
    assert f"aws cloudformation delete-stack --stack-name {NAME} --region eu-west-1" in said
    assert is_clean()


@pytest.mark.parametrize(
    ("missing", "task_id", "verdict", "complaint"),
    [
        (True, "t1", Verdict.UNREADABLE, "should not know this task"),
        (False, "t1", Verdict.UNREADABLE, "is it a detect task of this account"),
        (False, "t1", Verdict.VANISHED, "is it a detect task of this account"),
        (False, "t2", Verdict.SUCCEEDED, "the message is about task 't2'"),
    ],
)
def test_only_a_report_that_shows_that_tasks_can_be_read_passes(
    missing: bool, task_id: str, verdict: Verdict, complaint: str
) -> None:
    watch = Watch.from_input({"taskId": "t1"})
    smoke.judge({"taskId": "t1", "verdict": Verdict.OVERDUE.value}, watch, missing=False)
    with pytest.raises(smoke.SmokeFailed, match=complaint):
        smoke.judge({"taskId": task_id, "verdict": verdict.value}, watch, missing=missing)
