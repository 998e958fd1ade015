"""What can't be done as it was asked is said in one line, with exit code 2 and no traceback."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ops import replay
from tests.support.fake_stack import STACK, FakeStack
from tests.support.letters import dead_letter

QUEUE = "DeadLetterQueueUrl"
SSO = """\
[profile ops]
sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = eu-west-1
sso_start_url = https://s.awsapps.com/start
"""
NO_REGION = {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
NOBODY_S = "http://127.0.0.1:9"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert replay.main(["--stack-name", STACK, *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({}, ["--profile", "nobody"], "The config profile (nobody) could not be found; `aws conf"),
        (NO_REGION, [], "no region: give --region, or set AWS_REGION"),
        (NO_KEYS, [], "no AWS credentials: give --profile, or log in"),
        ({"AWS_ENDPOINT_URL": NOBODY_S}, [], "Could not connect to the endpoint"),
        ({"AWS_ENDPOINT_URL": "garbage"}, [], "AWS_ENDPOINT_URL or the region makes no sense: In"),
        (
            {},  # a log-in that has expired is not a missing stack
            ["--profile", "ops"],
            "Error loading SSO Token: Token for s does not exist; log in: `aws sso login`",
        ),
    ],
)
def test_an_account_that_can_t_be_reached(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    environment: Mapping[str, str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "config").write_text(SSO)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    assert refusal(capsys, *arguments).startswith(said)


def test_a_stack_that_is_not_there(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(capsys, "--stack-name", "other")
    assert line.startswith("there is no stack 'other' in eu-west-1 of this account: name it with")
    assert stack.invoked == []


def test_a_stack_of_another_project(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.outputs = {"Bucket": "b"}
    assert refusal(capsys).startswith(f"stack {STACK} has no output DeadLetterQueueUrl")


def test_a_queue_that_is_gone(stack: FakeStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.sqs.delete_queue(QueueUrl=stack.outputs[QUEUE])
    assert refusal(capsys).startswith("AWS refused ReceiveMessage: ")


def test_a_function_that_is_gone_leaves_the_letter_visible(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put(QUEUE, dead_letter())
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", NOBODY_S)
    assert refusal(capsys).startswith("Could not connect to the endpoint")
    assert stack.counts(QUEUE) == (1, 0)


def test_events_that_start_a_watch_have_no_channel(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        replay.main(["--stack-name", STACK, "--starts", "--channel", "sns"])
    assert "not allowed with" in capsys.readouterr().err


def test_a_profile_without_a_region_may_be_given_one(
    stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "[profile ops]\naws_access_key_id = test\naws_secret_access_key = test\n"
    (tmp_path / "config").write_text(config)
    for name in NO_REGION:
        monkeypatch.delenv(name)
    stack.parameters = {}
    arguments = ["--stack-name", STACK, "--profile", "ops"]
    assert replay.main(arguments) == 2
    assert replay.main([*arguments, "--region", "eu-west-1"]) == 0
