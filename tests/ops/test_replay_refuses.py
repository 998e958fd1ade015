"""What can't be done as it was asked is said in one line, with exit code 2 and no traceback."""

from pathlib import Path

import pytest

from ops import replay
from tests.support.fake_stack import STACK, FakeStack
from tests.support.letters import dead_letter


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert replay.main(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err.splitlines()[-1]


def test_a_stack_that_is_not_there(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "--stack-name", "other")
    assert line.startswith("there is no stack 'other' in eu-west-1 of this account: name it with")
    assert stack.invoked == []


def test_a_stack_of_another_project(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.outputs = {"Bucket": "b"}
    line = refused(capsys, "--stack-name", STACK)
    assert line.startswith(f"stack {STACK} has no output DeadLetterQueueUrl")


def test_a_profile_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "--stack-name", STACK, "--profile", "nobody")
    assert line.startswith("The config profile (nobody) could not be found")


def test_no_region(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "--region" in refused(capsys, "--stack-name", STACK)


def test_no_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refused(capsys, "--stack-name", STACK).startswith("no AWS credentials: give --profile")


def test_an_aws_that_is_not_reachable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert "Could not connect to the endpoint" in refused(capsys, "--stack-name", STACK)


def test_an_endpoint_that_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "garbage")
    assert "Invalid endpoint: garbage" in refused(capsys, "--stack-name", STACK)


def test_a_log_in_that_has_expired_is_not_a_missing_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text(
        "[profile ops]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://s.awsapps.com/start\n"
    )
    line = refused(capsys, "--stack-name", STACK, "--profile", "ops")
    assert line == "Error loading SSO Token: Token for s does not exist; log in: `aws sso login`"


def test_a_queue_that_is_gone(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.sqs.delete_queue(QueueUrl=stack.outputs["DeadLetterQueueUrl"])
    assert "AWS refused ReceiveMessage" in refused(capsys, "--stack-name", STACK)


def test_a_function_that_is_gone_leaves_the_letter_visible(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put("DeadLetterQueueUrl", dead_letter())
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    assert "Could not connect to the endpoint" in refused(capsys, "--stack-name", STACK)
    assert stack.counts("DeadLetterQueueUrl") == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--stack-name"),
        (["--stack-name", STACK, "--channel", "teams"], "invalid choice: 'teams'"),
        (["--stack-name", STACK, "--starts", "--channel", "sns"], "not allowed with"),
    ],
)
def test_arguments_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        replay.main(arguments)
    assert exit_.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_profile_without_a_region_may_be_given_one(
    stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile ops]\naws_access_key_id = test\naws_secret_access_key = test\n")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    stack.parameters = {}
    arguments = ["--stack-name", STACK, "--profile", "ops"]
    assert replay.main(arguments) == 2
    assert replay.main([*arguments, "--region", "eu-west-1"]) == 0
