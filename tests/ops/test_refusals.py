"""What can't be done as it was asked is said in one line, with exit code 2 and no traceback."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.fake_stack import LETTERS, STACK, STARTS, FakeStack, dead_letter

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
ELSEWHERE = ["--stack-name", "other", "--region", "us-east-1"]


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({}, ["--profile", "nobody"], "The config profile (nobody) could not be found; `aws conf"),
        (NO_REGION, [], "no region: give --region, or set AWS_REGION"),
        (NO_REGION, ELSEWHERE, "there is no stack 'other' in us-east-1 of this account: name it"),
        (NO_KEYS, [], "no AWS credentials: give --profile, or log in"),
        ({"AWS_ENDPOINT_URL_STS": "garbage"}, [], "AWS_ENDPOINT_URL or the region makes no sense"),
        ({"AWS_ENDPOINT_URL_LAMBDA": NOBODY_S}, [], "Could not connect to the endpoint"),
        (
            {},  # a log-in that has expired is not a missing stack
            ["--profile", "ops"],
            "Error loading SSO Token: Token for s does not exist; log in: `aws sso login`",
        ),
        ({}, ["--starts"], f"stack {STACK} has no output StartFailuresQueueUrl: is it this"),
    ],
)
def test_what_can_t_be_done_as_asked_is_said_and_the_letter_stays(
    stack: FakeStack,
    run: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    arguments: list[str],
    said: str,
) -> None:
    del stack.outputs[STARTS]
    stack.put(LETTERS, dead_letter())
    with monkeypatch.context() as changed:
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(SSO)
        changed.setenv("AWS_MAX_ATTEMPTS", "1")
        for name, value in environment.items():
            changed.setenv(name, value) if value else changed.delenv(name)
        assert run(*arguments, code=2).splitlines()[-1].startswith(said)
    assert (stack.invoked, stack.counts(LETTERS)) == ([], (1, 0))
