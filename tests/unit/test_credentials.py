"""A member's AWS IoT is asked with the member role's credentials, and with nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from mitigation import credentials
from mitigation.credentials import iot_client
from mitigation.member import Hub, Member, RoleDenied, RoleRefused

MEMBER = Member("210987654321", "us-east-1")
ROLE_ARN = "arn:aws:iam::{account}:role/test-member-{region}"
HUB = Hub((MEMBER.account,), (MEMBER.region,), ROLE_ARN, "test")
OWN: Any = object()
KEYS = {
    "AccessKeyId": "ASIAMEMBERMEMBER", "SecretAccessKey": "secret", "SessionToken": "token",
    "Expiration": datetime(2026, 11, 22, tzinfo=UTC),
}  # fmt: skip
ROLE, NOT_ASSUMED = "the member role in 210987654321 (us-east-1)", "could not be assumed"


@pytest.fixture(autouse=True)
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    credentials.sts.cache_clear()
    with Stubber(credentials.sts()) as stub:
        yield stub
        stub.assert_no_pending_responses()
    credentials.sts.cache_clear()


def test_the_role_is_assumed_for_fifteen_minutes_in_the_name_of_the_task(sts: Stubber) -> None:
    role = "arn:aws:iam::210987654321:role/test-member-us-east-1"
    session = {"RoleSessionName": f"detect-{'x' * 57}", "DurationSeconds": 900}
    asked = {"RoleArn": role, "ExternalId": "test", **session}
    for _ in range(2):  # nothing is kept for the next invocation
        sts.add_response("assume_role", {"Credentials": KEYS}, asked)
        client: Any = iot_client(OWN, MEMBER, HUB, "detect-" + "x" * 128)
    assert client.meta.config.connect_timeout == 5  # as CONFIG says
    assert client.meta.endpoint_url == "https://iot.us-east-1.amazonaws.com"
    used = client._request_signer._credentials.get_frozen_credentials()
    assert (used.access_key, used.secret_key, used.token) == ("ASIAMEMBERMEMBER", "secret", "token")
    # Not every region takes what the global endpoint gives.
    assert credentials.sts().meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "A"), RoleDenied, f"{ROLE} refuses us"),
        (ClientError({}, "A"), RoleRefused, f"{ROLE} {NOT_ASSUMED}: An error occurred (Unknown)"),
        (ResponseParserError("a web page"), RoleRefused, f"{ROLE} {NOT_ASSUMED}: a web page"),
    ],
)
def test_a_role_that_is_not_to_be_had_says_which(
    error: Exception, raised: type[RoleRefused], said: str
) -> None:
    with (
        mock.patch.object(credentials.sts(), "assume_role", side_effect=error),
        pytest.raises(RoleRefused) as refused,
    ):
        iot_client(OWN, MEMBER, HUB, "sweep")
    assert type(refused.value) is raised
    assert str(refused.value).startswith(said)
