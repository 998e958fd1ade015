"""The engine's IAM decides about AWS IoT too, though that is a fake of our own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from embedded.engine import Engine
from embedded.places import HOME

ONE, OTHER = 64 * "1", 64 * "2"
ROOT_ARN = f"arn:aws:iam::{HOME.account}:root"
CERTIFICATES = f"arn:aws:iot:{HOME.region}:{HOME.account}:cert"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(auth=True) as running:
        yield running


@pytest.fixture(scope="module")
def as_role(engine: Engine) -> Any:
    """A client of AWS IoT that may describe one certificate, list the tasks of this region, and
    findings, for which it sends a body.
    """
    here = {"StringEquals": {"aws:RequestedRegion": HOME.region}}
    listing = {"Action": "iot:ListDetectMitigationActionsTasks", "Resource": "*"}
    may: list[dict[str, Any]] = [
        {"Action": "iot:DescribeCertificate", "Resource": f"{CERTIFICATES}/{ONE}"},
        {**listing, "Condition": here},
        {"Action": "iot:ListAuditFindings", "Resource": "*"},
    ]
    trust = {"Action": "sts:AssumeRole", "Principal": {"AWS": ROOT_ARN}}
    iam = engine.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=allowing(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allowing(*may))
    session = engine.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    return engine.client("iot", credentials=session["Credentials"])


def allowing(*statements: dict[str, Any]) -> str:
    each = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": each})


def code(client: Any, operation: str, **parameters: Any) -> str:
    try:
        getattr(client, operation)(**parameters)
    except client.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_a_role_asks_for_what_its_policy_names(engine: Engine, as_role: Any) -> None:
    assert code(as_role, "describe_certificate", certificateId=ONE) == "ResourceNotFoundException"
    times = {"startTime": 1, "endTime": 2}
    assert code(as_role, "list_detect_mitigation_actions_tasks", **times) == "allowed"
    assert code(as_role, "list_audit_findings", taskId="t") == "allowed"
    assert [call.error for call in engine.iot.calls[-2:]] == [None, None]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_certificate", {"certificateId": OTHER}),
        ("update_certificate", {"certificateId": ONE, "newStatus": "ACTIVE"}),
        ("cancel_detect_mitigation_actions_task", {"taskId": "t"}),
    ],
)
def test_a_role_is_refused_the_rest(
    engine: Engine, as_role: Any, operation: str, parameters: dict[str, str]
) -> None:
    assert code(as_role, operation, **parameters) == "AccessDeniedException"
    assert engine.iot.calls[-1].error == "AccessDeniedException"


def test_whoever_owns_the_account_may_ask_for_anything(engine: Engine) -> None:
    found = code(engine.client("iot"), "describe_certificate", certificateId=OTHER)
    assert found == "ResourceNotFoundException"
