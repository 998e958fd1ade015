"""The door: whatever comes, it answers; what it starts is one execution a click."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.support import handlers
from tests.support.clicks import NOW, PLACE, SECRET, event, form, payload

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
BODY = form(payload())


@pytest.fixture(scope="module")
def door() -> Iterator[Any]:
    region = {"AWS_DEFAULT_REGION": handlers.REGION}
    with mock_aws(), mock.patch.dict("os.environ", region), time_machine.travel(NOW, tick=False):
        module: Any = handlers.load(
            "receive_click",
            STATE_MACHINE_ARN="",
            SLACK_SIGNING_SECRET_ARN="signing",
            SLACK_APP_ID=PLACE.app,
            SLACK_TEAM_ID=PLACE.team,
            SLACK_CHANNEL_ID=PLACE.channel,
        )
        module.secrets.create_secret(Name="signing", SecretString=SECRET)
        made = module.states.create_state_machine(
            name="ActOnTask",
            definition=json.dumps(DEFINITION),
            roleArn="arn:aws:iam::123456789012:role/machine",
        )
        module.STATE_MACHINE_ARN = made["stateMachineArn"]
        yield module


def status(door: Any, request: dict[str, Any]) -> int:
    answer = door.handler(request, handlers.Context())
    assert json.dumps(answer)
    code: int = answer["statusCode"]
    return code


def started(door: Any) -> list[str]:
    listed = door.states.list_executions(stateMachineArn=door.STATE_MACHINE_ARN)["executions"]
    return [each["name"] for each in listed]


def test_a_click_starts_one_execution_however_often_it_comes(door: Any) -> None:
    before = len(started(door))
    for _ in range(3):
        assert status(door, event(BODY)) == 200
    assert len(started(door)) == before + 1


UNSIGNED = {
    "unsigned": {**event(BODY), "headers": {}},
    "no headers at all": {**event(BODY), "headers": None},
    "another secret": event(BODY, secret="0" * 32),
    "an old one": event(BODY, at=NOW - 301),
    "one of the future": event(BODY, at=NOW + 301),
    "a changed body": {**event(BODY), "body": base64.b64encode(BODY + b" ").decode()},
    "a body that is no base64": {**event(BODY), "body": "é"},
    "a body of another kind": {**event(BODY), "body": "a"},
    "no body": {**event(BODY), "body": None},
    "a timestamp that is none": event(BODY, {"x-slack-request-timestamp": "soon"}),
    "a signature that is none": event(BODY, {"x-slack-signature": "v0=é"}),
    "a large one": event(b"x" * (64 * 1024 + 1)),
}


@pytest.mark.parametrize("attack", UNSIGNED)
def test_what_is_not_signed_is_401_and_starts_nothing(door: Any, attack: str) -> None:
    before = started(door)
    assert status(door, UNSIGNED[attack]) == 401
    assert started(door) == before


def test_what_is_signed_but_no_click_of_ours_is_400_and_starts_nothing(door: Any) -> None:
    before = started(door)
    for body in (b"payload=1", form(payload() | {"team": {"id": "T0OTHER"}}), b""):
        assert status(door, event(body)) == 400
    assert started(door) == before


def test_a_body_that_was_not_encoded_is_read_as_it_is(door: Any) -> None:
    plain = event(BODY) | {"body": BODY.decode(), "isBase64Encoded": False}
    assert status(door, plain) == 200


text = st.text(max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.dictionaries(
        st.sampled_from(["x-slack-signature", "x-slack-request-timestamp"]), text
    ),
    body=st.binary(max_size=80),
    encoded=st.booleans(),
)
def test_any_request_is_answered_and_none_acts(
    door: Any, headers: dict[str, str], body: bytes, encoded: bool
) -> None:
    request = {"headers": headers, "body": body.decode("latin1"), "isBase64Encoded": encoded}
    with mock.patch.object(door, "start") as start:
        assert status(door, request) == 401
        start.assert_not_called()


def test_neither_secret_nor_value_is_in_the_log(
    door: Any, caplog: pytest.LogCaptureFixture
) -> None:
    status(door, event(form(payload(value="hush-hush"))))
    status(door, event(BODY, secret="0" * 32))
    logged = repr([vars(record) for record in caplog.records])
    assert "U0ADA" in logged
    assert SECRET not in logged
    assert "hush-hush" not in logged
    assert "/actions/" not in logged
