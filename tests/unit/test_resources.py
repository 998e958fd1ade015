"""A finding's resource is named as people know it."""

from typing import Any

import pytest

from mitigation.resources import resource_name
from mitigation.wire import InvalidTask
from tests.support.service_model import enum_of, members_of

CERTIFICATE = "c0ffee" * 10 + "cafe"


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ({"deviceCertificateId": CERTIFICATE}, f"device certificate {CERTIFICATE}"),
        ({"deviceCertificateArn": "arn:aws:iot:…"}, "device certificate arn:aws:iot:…"),
        ({"caCertificateId": CERTIFICATE}, f"CA certificate {CERTIFICATE}"),
        ({"cognitoIdentityPoolId": "eu-west-1:1"}, "Cognito identity pool eu-west-1:1"),
        ({"clientId": "sensor-17"}, "client sensor-17"),
        (
            {"policyVersionIdentifier": {"policyName": "fleet", "policyVersionId": "3"}},
            "policy fleet version 3",
        ),
        ({"policyVersionIdentifier": {"policyName": "fleet"}}, "policy fleet"),
        ({"account": "123456789012"}, "settings of account 123456789012"),
        ({"iamRoleArn": "arn:aws:iam::1:role/r"}, "role arn:aws:iam::1:role/r"),
        ({"roleAliasArn": "arn:aws:iot:…:rolealias/a"}, "role alias arn:aws:iot:…:rolealias/a"),
        (
            {"issuerCertificateIdentifier": {"issuerCertificateSubject": "CN=ca", "issuerId": "7"}},
            "issuer certificate CN=ca",
        ),
        ({"issuerCertificateIdentifier": {"issuerId": "7f"}}, "issuer certificate 7f"),
        (
            {"issuerCertificateIdentifier": {"issuerCertificateSerialNumber": "0a:1b"}},
            "issuer certificate 0a:1b",
        ),
    ],
)
def test_each_kind_of_resource_has_a_name(identifier: dict[str, Any], name: str) -> None:
    finding = {"nonCompliantResource": {"resourceIdentifier": identifier}}
    assert resource_name(finding) == name


def test_every_identifier_of_the_service_model_gives_a_name() -> None:
    nested = {
        "policyVersionIdentifier": {"policyName": "x"},
        "issuerCertificateIdentifier": {"issuerId": "x"},
    }
    for member in members_of("ResourceIdentifier"):
        identifier = {member: nested.get(member, "x")}
        finding = {"nonCompliantResource": {"resourceIdentifier": identifier}}
        assert resource_name(finding) is not None, member


@pytest.mark.parametrize("resource_type", sorted(enum_of("ResourceType")))
def test_a_resource_without_an_identifier_is_named_by_its_type(resource_type: str) -> None:
    assert resource_name({"nonCompliantResource": {"resourceType": resource_type}}) == resource_type


@pytest.mark.parametrize("finding", [{}, {"nonCompliantResource": {"resourceIdentifier": {}}}])
def test_a_finding_that_names_nothing_has_no_name(finding: dict[str, Any]) -> None:
    assert resource_name(finding) is None


def test_a_finding_that_is_none_is_refused_by_the_name_of_the_member() -> None:
    with pytest.raises(InvalidTask, match=r"^finding\.nonCompliantResource: expected an object"):
        resource_name({"nonCompliantResource": "x"})
