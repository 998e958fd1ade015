"""A smoke run asks first, and leaves nothing behind, however it ends."""

import io
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from mitigation.report import Verdict
from mitigation.watch import Watch
from ops import sam, smoke
from ops.aws import Unusable
from tests.support import letters
from tests.support.fake_stack import FakeStack, Refuses, served
from tests.support.stacks import until

NAME = "mitigation-smoke-0123abcd"
FAILS = '{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "told nobody"}}}'
WAITS = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}'
ROLE = "arn:aws:iam::123456789012:role/any"
WELL, AT_ONCE = "exit 0", ("--yes", "--wait-minutes", "0")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    """The account: all of moto's; the stack is there as soon as somebody asks for it."""
    monkeypatch.setattr("secrets.token_hex", lambda _: NAME[-8:])
    monkeypatch.setattr(smoke, "_POLL_SECONDS", 0)
    monkeypatch.setattr(smoke, "_LETTER_SECONDS", 0)
    with mock_aws():
        states, topic = boto3.client("stepfunctions"), boto3.client("sns").create_topic(Name="t")
        machine = states.create_state_machine(name="watch", definition=WAITS, roleArn=ROLE)
        fake = FakeStack(
            name=NAME,
            outputs={
                "TopicArn": topic["TopicArn"],
                "StateMachineArn": machine["stateMachineArn"],
                "DeadLetterQueueUrl": boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"],
            },
        )
        with served(fake) as address:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", address)
            yield fake


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs it with a shell script as sam; the exit code and what stood on the screen.

    sam notes its arguments, and its process, in a file each.
    """

    def run(script: str, *arguments: str) -> tuple[int, str]:
        program = tmp_path / "sam"
        notes = f'echo "$@" >>{tmp_path}/calls\necho $$ >{tmp_path}/pid\n'
        program.write_text(f"#!/bin/sh\n{notes}{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sam, "BIN", tmp_path)
        code = smoke.main(arguments)
        return code, capfd.readouterr().err

    return run


type Run = Callable[..., tuple[int, str]]


def answer_with(monkeypatch: pytest.MonkeyPatch, text: str, *, tty: bool) -> None:
    stdin = io.StringIO(text)
    stdin.isatty = lambda: tty  # type: ignore[method-assign]  # a terminal, or none
    monkeypatch.setattr(sys, "stdin", stdin)


def is_clean() -> bool:
    topics = boto3.client("sns").list_topics()["Topics"]
    return not (
        boto3.client("s3").list_buckets()["Buckets"]
        or any(NAME in url for url in boto3.client("sqs").list_queues().get("QueueUrls", []))
        or any(NAME in topic["TopicArn"] for topic in topics)
        or boto3.client("secretsmanager").list_secrets()["SecretList"]
    )


@pytest.mark.parametrize(("tty", "text"), [(False, "yes\n"), (True, "no\n"), (True, "")])
def test_without_a_yes_nothing_is_made(
    stack: FakeStack,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tty: bool,
    text: str,
) -> None:
    answer_with(monkeypatch, text, tty=tty)
    code, shown = run(WELL, "--wait-minutes", "0")
    assert code == 2
    assert "in account 123456789012, eu-west-1" in shown
    assert re.search(rf"stack {NAME} with at most .*\d Serverless::Function", shown)
    assert "USD" in shown
    assert "refused" in shown
    assert not (tmp_path / "calls").exists()
    assert (is_clean(), stack.deleted) == (True, False)


def test_a_deployment_that_fails_leaves_nothing(
    stack: FakeStack, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upload = {"Bucket": NAME, "Key": f"{NAME}/code", "Body": b"zip"}
    stack.delete = lambda: boto3.client("s3").put_object(**upload)
    answer_with(monkeypatch, "yes\n", tty=True)
    code, shown = run('test "$1" = build || { echo "no such bucket" >&2; exit 3; }')
    assert code == 1
    assert "no such bucket" in shown
    assert "sam deploy failed (3); its own words are above" in shown
    assert "All is deleted" in shown
    build, deploy = (tmp_path / "calls").read_text().splitlines()
    assert build.startswith("build --template-file ")
    for argument in (
        f"--stack-name {NAME} --s3-bucket {NAME}",
        "--region eu-west-1",
        "SweepMinutes=0",
        f"AlarmTopicArn=arn:aws:sns:eu-west-1:123456789012:{NAME}",
        f"SlackWebhookSecretArn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:{NAME}",
    ):
        assert argument in deploy
    assert (is_clean(), stack.deleted) == (True, True)


def test_no_message_in_time_is_a_failure_and_leaves_nothing(stack: FakeStack, run: Run) -> None:
    code, shown = run(WELL, *AT_ONCE, "--task-id", "t1")
    assert code == 1
    assert "no message came within 0 minutes, and the watch is RUNNING" in shown
    states, machine = boto3.client("stepfunctions"), stack.outputs["StateMachineArn"]
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    assert (execution["name"], execution["status"]) == ("detect-t1", "ABORTED")
    assert (is_clean(), stack.deleted) == (True, True)


@mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
def test_a_watch_that_fails_is_told_with_its_cause(stack: FakeStack, run: Run) -> None:
    states = boto3.client("stepfunctions")
    machine = states.create_state_machine(name="fails", definition=FAILS, roleArn=ROLE)
    stack.outputs["StateMachineArn"] = machine["stateMachineArn"]
    code, shown = run(WELL, "--yes", "--wait-minutes", "1")
    assert code == 1
    assert "the watch FAILED: told nobody" in shown
    assert is_clean()


@pytest.mark.parametrize(
    ("letter", "is_found"),
    [
        (letters.notify_input(), True),
        (letters.notify_input(channel="sns"), False),
        (letters.notify_input("another"), False),
        (None, False),
    ],
)
def test_the_message_that_was_refused_has_to_lie_in_the_queue(
    stack: FakeStack, letter: dict[str, object] | None, is_found: bool
) -> None:
    if letter:
        stack.put("DeadLetterQueueUrl", letter)
    found = True
    try:
        watch = Watch.from_input({"taskId": "quarantine-7"})
        smoke.find_letter(boto3.Session(), stack.outputs["DeadLetterQueueUrl"], watch)
    except smoke.SmokeFailed as error:
        found = "does not lie in the dead-letter queue" not in str(error)
    assert found is is_found


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
    code, shown = run("sleep 60", "--yes")
    assert code == 130
    assert "Stopped; Ctrl-C again leaves the rest as it is." in shown
    # An orphan that was killed is there until its new parent has seen it.
    until(lambda: has_ended(int(noted.read_text())), "sam to end")
    assert is_clean()


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_second_ctrl_c_says_what_is_left(stack: FakeStack, run: Run) -> None:
    stack.delete = lambda: os.kill(os.getpid(), signal.SIGINT)
    code, shown = run(WELL, *AT_ONCE)
    assert code == 130
    assert f"stack {NAME} is left, or may be. Delete it: aws cloudformation delete-stack" in shown
    assert f"aws s3 rb --force s3://{NAME} --region eu-west-1" in shown
    assert "SQS queue" not in shown.partition("is left")[2]


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(stack: FakeStack, run: Run) -> None:
    def refuse() -> None:
        raise Refuses("AccessDenied", "you may not")

    stack.delete = refuse
    code, shown = run(WELL, *AT_ONCE)
    assert code == 1
    assert f"stack {NAME} could not be deleted: AWS refused DeleteStack: AccessDenied" in shown
    assert f"aws cloudformation delete-stack --stack-name {NAME} --region eu-west-1" in shown
    assert is_clean()


def test_a_task_id_that_aws_would_not_take_is_refused(run: Run) -> None:
    code, shown = run(WELL, "--yes", "--task-id", "no spaces")
    assert code == 2
    assert "taskId: expected 1 to 128 of a-z" in shown


def test_a_sam_that_is_not_installed_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sam, "BIN", tmp_path)
    with pytest.raises(Unusable, match="`make smoke` installs it first"):
        sam.check_sam()


@pytest.mark.parametrize(
    ("missing", "task_id", "verdict", "complaint"),
    [
        (True, "t1", Verdict.VANISHED, ""),
        (True, "t1", Verdict.UNREADABLE, "should not know this task"),
        (False, "t1", Verdict.SUCCEEDED, ""),
        (False, "t1", Verdict.OVERDUE, ""),
        (False, "t1", Verdict.UNREADABLE, "is it a detect task of this account"),
        (False, "t1", Verdict.VANISHED, "is it a detect task of this account"),
        (False, "t2", Verdict.SUCCEEDED, "the message is about task 't2'"),
    ],
)
def test_only_a_report_that_shows_that_tasks_can_be_read_passes(
    missing: bool, task_id: str, verdict: Verdict, complaint: str
) -> None:
    said = ""
    try:
        report = {"taskId": task_id, "verdict": verdict.value}
        smoke.judge(report, Watch.from_input({"taskId": "t1"}), missing=missing)
    except smoke.SmokeFailed as error:
        said = str(error)
    assert complaint in said
    assert bool(complaint) == bool(said)
