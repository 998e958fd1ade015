"""A smoke run asks first, and leaves nothing behind, however it ends."""

import io
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from mitigation.report import Verdict
from mitigation.watch import Watch
from ops import sam, smoke
from tests.support import letters
from tests.support.fake_stack import FakeStack, Refuses, served

NAME = "mitigation-smoke-0123abcd"
FAILS = '{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "told nobody"}}}'
WAITS = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}'
ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(autouse=True)
def restored_signals() -> Iterator[None]:
    previous = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    """The account: all of moto's; the stack is there as soon as somebody asks for it."""
    monkeypatch.setattr("secrets.token_hex", lambda _: NAME[-8:])
    monkeypatch.setattr(smoke, "_POLL_SECONDS", 0)
    with mock_aws():
        letters_url = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
        machine = boto3.client("stepfunctions").create_state_machine(
            name="watch", definition=WAITS, roleArn=ROLE
        )
        topic = boto3.client("sns").create_topic(Name="topic")
        fake = FakeStack(
            name=NAME,
            outputs={
                "TopicArn": topic["TopicArn"],
                "StateMachineArn": machine["stateMachineArn"],
                "DeadLetterQueueUrl": letters_url,
            },
        )
        with served(fake) as address:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", address)
            yield fake


@pytest.fixture
def fake_sam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Installs a shell script as sam; it notes its arguments, and its process, in a file each."""

    def install(script: str) -> Path:
        program = tmp_path / "sam"
        program.write_text(
            f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\necho $$ >{tmp_path}/pid\n{script}\n'
        )
        program.chmod(0o755)
        monkeypatch.setattr(sam, "BIN", tmp_path)
        return tmp_path

    return install


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
    fake_sam: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tty: bool,
    text: str,
) -> None:
    folder = fake_sam("exit 0")
    answer_with(monkeypatch, text, tty=tty)

    assert smoke.main(["--wait-minutes", "0"]) == 2

    shown = capfd.readouterr().err
    assert "in account 123456789012, eu-west-1" in shown
    assert f"stack {NAME} with at most" in shown
    assert re.search(r"\d Serverless::Function", shown)
    assert "USD" in shown
    assert "refused" in shown
    assert not (folder / "calls").exists()
    assert is_clean()
    assert not stack.deleted


def test_a_deployment_that_fails_leaves_nothing(
    stack: FakeStack,
    fake_sam: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = fake_sam('test "$1" = build || { echo "no such bucket" >&2; exit 3; }')
    upload = {"Bucket": NAME, "Key": f"{NAME}/code", "Body": b"zip"}
    stack.delete = lambda: boto3.client("s3").put_object(**upload)
    answer_with(monkeypatch, "yes\n", tty=True)

    assert smoke.main([]) == 1

    shown = capfd.readouterr().err
    assert "no such bucket" in shown
    assert "sam deploy failed (3); its own words are above" in shown
    assert "All is deleted" in shown
    build, deploy = (folder / "calls").read_text().splitlines()
    assert build.startswith("build --template-file ")
    assert f"--stack-name {NAME} --s3-bucket {NAME}" in deploy
    assert "--region eu-west-1" in deploy
    assert "SweepMinutes=0" in deploy
    assert f"AlarmTopicArn=arn:aws:sns:eu-west-1:123456789012:{NAME}" in deploy
    assert f":secret:{NAME}" in deploy.partition("SlackWebhookSecretArn=arn:")[2]
    assert is_clean()
    assert stack.deleted


def test_no_message_in_time_is_a_failure_and_leaves_nothing(
    stack: FakeStack, fake_sam: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_sam("exit 0")

    assert smoke.main(["--yes", "--wait-minutes", "0", "--task-id", "t1"]) == 1

    assert "no message came within 0 minutes, and the watch is RUNNING" in capfd.readouterr().err
    states = boto3.client("stepfunctions")
    [execution] = states.list_executions(stateMachineArn=stack.outputs["StateMachineArn"])[
        "executions"
    ]
    assert (execution["name"], execution["status"]) == ("detect-t1", "ABORTED")
    assert is_clean()
    assert stack.deleted


@mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
def test_a_watch_that_fails_is_told_with_its_cause(
    stack: FakeStack, fake_sam: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_sam("exit 0")
    machine = boto3.client("stepfunctions").create_state_machine(
        name="fails", definition=FAILS, roleArn=ROLE
    )
    stack.outputs["StateMachineArn"] = machine["stateMachineArn"]

    assert smoke.main(["--yes", "--wait-minutes", "1"]) == 1

    assert "the watch FAILED: told nobody" in capfd.readouterr().err
    assert is_clean()


@pytest.mark.parametrize(
    ("letter", "is_found"),
    [
        (letters.notify_input(), True),
        (letters.notify_input() | {"channel": "sns"}, False),
        (None, False),
    ],
)
def test_the_message_that_was_refused_has_to_lie_in_the_queue(
    stack: FakeStack, letter: dict[str, object] | None, is_found: bool
) -> None:
    queue = stack.outputs["DeadLetterQueueUrl"]
    if letter:
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    watch, session = Watch.from_input({"taskId": "quarantine-7"}), boto3.Session()
    if is_found:
        smoke.find_letter(session, queue, watch)
        return
    with pytest.raises(smoke.SmokeFailed, match="does not lie in the dead-letter queue"):
        smoke.find_letter(session, queue, watch)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_sam_and_leaves_nothing(
    fake_sam: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
    number: signal.Signals,
) -> None:
    folder = fake_sam("sleep 60")
    threading.Thread(target=interrupt_once_there, args=(folder / "pid", number)).start()

    assert smoke.main(["--yes"]) == 130

    assert "Stopped; Ctrl-C again leaves the rest as it is." in capfd.readouterr().err
    assert ends(int((folder / "pid").read_text()))
    assert is_clean()


def ends(pid: int) -> bool:
    """An orphan that was killed is there until its new parent has seen it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def interrupt_once_there(file: Path, number: signal.Signals) -> None:
    end = time.monotonic() + 30
    while not (file.exists() and file.read_text()) and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(os.getpid(), number)


def test_a_second_ctrl_c_says_what_is_left(
    stack: FakeStack, fake_sam: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_sam("exit 0")
    stack.delete = lambda: os.kill(os.getpid(), signal.SIGINT)

    assert smoke.main(["--yes", "--wait-minutes", "0"]) == 130

    shown = capfd.readouterr().err
    assert f"stack {NAME} is left, or may be. Delete it: aws cloudformation delete-stack" in shown
    assert f"aws s3 rb --force s3://{NAME} --region eu-west-1" in shown
    assert "SQS queue" not in shown.partition("is left")[2]


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(
    stack: FakeStack, fake_sam: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_sam("exit 0")

    def refuse() -> None:
        raise Refuses("AccessDenied", "you may not")

    stack.delete = refuse

    assert smoke.main(["--yes", "--wait-minutes", "0"]) == 1

    shown = capfd.readouterr().err
    assert f"stack {NAME} could not be deleted: AWS refused DeleteStack: AccessDenied" in shown
    assert f"aws cloudformation delete-stack --stack-name {NAME} --region eu-west-1" in shown
    assert is_clean()


def test_a_task_id_that_aws_would_not_take_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--yes", "--task-id", "no spaces"]) == 2
    assert "taskId: expected 1 to 128 of a-z" in capfd.readouterr().err


def test_a_sam_that_is_not_installed_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sam, "BIN", tmp_path)
    assert smoke.main(["--yes"]) == 2
    assert "`make smoke` installs it first" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("missing", "task_id", "verdict", "complaint"),
    [
        (True, "t1", Verdict.VANISHED, None),
        (True, "t1", Verdict.UNREADABLE, "should not know this task"),
        (False, "t1", Verdict.SUCCEEDED, None),
        (False, "t1", Verdict.OVERDUE, None),
        (False, "t1", Verdict.UNREADABLE, "is it a detect task of this account"),
        (False, "t1", Verdict.VANISHED, "is it a detect task of this account"),
        (False, "t2", Verdict.SUCCEEDED, "the message is about task 't2'"),
    ],
)
def test_only_a_report_that_shows_that_tasks_can_be_read_passes(
    missing: bool, task_id: str, verdict: Verdict, complaint: str | None
) -> None:
    report = {"taskId": task_id, "verdict": verdict.value}
    watch = Watch.from_input({"taskId": "t1"})
    if complaint is None:
        smoke.judge(report, watch, missing=missing)
        return
    with pytest.raises(smoke.SmokeFailed, match=complaint):
        smoke.judge(report, watch, missing=missing)
