"""A member's AWS IoT is asked with the member role's credentials, and with nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from mitigation import credentials
from mitigation.credentials import iot_client
from mitigation.member import Hub, Member, NotListed, RoleDenied, RoleRefused

MEMBER = Member("210987654321", "us-east-1")
HUB = Hub(
    ("210987654321",), ("us-east-1",), "arn:aws:iam::{account}:role/test-member-{region}", "test"
)
OWN: Any = object()
CREDENTIALS = {
    "AccessKeyId": "ASIAMEMBERMEMBER",
    "SecretAccessKey": "secret",
    "SessionToken": "token",
    "Expiration": datetime(2026, 11, 22, tzinfo=UTC),
}


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    credentials.sts.cache_clear()
    with Stubber(credentials.sts()) as stub:
        yield stub
        stub.assert_no_pending_responses()
    credentials.sts.cache_clear()


@pytest.mark.usefixtures("sts")
def test_our_own_tasks_need_no_role() -> None:
    assert iot_client(OWN, None, HUB, "detect-t-1") is OWN


def test_the_role_is_assumed_for_fifteen_minutes_in_the_name_of_the_task(sts: Stubber) -> None:
    sts.add_response(
        "assume_role",
        {"Credentials": CREDENTIALS},
        {
            "RoleArn": "arn:aws:iam::210987654321:role/test-member-us-east-1",
            "RoleSessionName": ("detect-" + "x" * 128)[:64],
            "ExternalId": "test",
            "DurationSeconds": 900,
        },
    )
    client: Any = iot_client(OWN, MEMBER, HUB, "detect-" + "x" * 128)
    assert client.meta.config.connect_timeout == 5  # as CONFIG says
    assert client.meta.endpoint_url == "https://iot.us-east-1.amazonaws.com"
    used = client._request_signer._credentials.get_frozen_credentials()
    assert (used.access_key, used.secret_key, used.token) == ("ASIAMEMBERMEMBER", "secret", "token")


@pytest.mark.usefixtures("sts")
def test_it_is_asked_for_in_our_own_region_as_not_every_region_takes_others() -> None:
    assert credentials.sts().meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"


def test_nothing_is_kept_for_the_next_invocation(sts: Stubber) -> None:
    for _ in range(2):
        sts.add_response("assume_role", {"Credentials": CREDENTIALS})
    first, second = (iot_client(OWN, MEMBER, HUB, "sweep") for _ in range(2))
    assert first is not second


@pytest.mark.parametrize(
    ("code", "raised", "said"),
    [
        ("AccessDenied", RoleDenied, "the member role in 210987654321 (us-east-1) refuses us"),
        (
            "Throttling",
            RoleRefused,
            "the member role in 210987654321 (us-east-1) could not be assumed: An error",
        ),
    ],
)
def test_a_role_that_refuses_says_which(
    sts: Stubber, code: str, raised: type[RoleRefused], said: str
) -> None:
    sts.add_client_error("assume_role", code, "no", 403)
    with pytest.raises(RoleRefused) as refused:
        iot_client(OWN, MEMBER, HUB, "sweep")
    assert type(refused.value) is raised
    assert str(refused.value).startswith(said)


@pytest.mark.usefixtures("sts")
@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="sts"),
        ResponseParserError("a web page"),
        ClientError({}, "AssumeRole"),
    ],
)
def test_no_answer_of_sts_is_trouble_too(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(credentials.sts(), "assume_role", fail)
    with pytest.raises(RoleRefused) as refused:
        iot_client(OWN, MEMBER, HUB, "sweep")
    said = f"the member role in 210987654321 (us-east-1) could not be assumed: {error}"
    assert str(refused.value) == said


@pytest.mark.usefixtures("sts")
@pytest.mark.parametrize("place", [("999999999999", "us-east-1"), ("210987654321", "eu-west-1")])
def test_no_role_of_a_stranger_is_asked_for(place: tuple[str, str]) -> None:
    with pytest.raises(NotListed, match=r"is not listed in MemberAccounts and MemberRegions"):
        iot_client(OWN, Member(*place), HUB, "sweep")
