"""Where a task is, right in each partition, and the resource of a finding as people know it."""

from typing import Any

import pytest

from mitigation.member import Member
from mitigation.place import Place
from mitigation.resources import resource_name
from mitigation.wire import InvalidTask
from tests.support.service_model import members_of

ARN = "arn:{}:states:{}:123456789012:execution:WatchTask:detect-quarantine-7"
HERE = ARN.format("aws", "eu-west-1")


@pytest.mark.parametrize(
    ("partition", "region", "console"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
        ("aws-us-gov", "us-gov-west-1", "https://console.amazonaws-us-gov.com"),
        ("aws-cn", "cn-north-1", "https://console.amazonaws.cn"),
    ],
)
def test_links_are_right_in_each_partition(partition: str, region: str, console: str) -> None:
    arn = ARN.format(partition, region)
    place = Place.of_execution(f"{arn}<!channel>|x y")  # a name cannot break out of the link
    assert (place.partition, place.region, place.account) == (partition, region, "123456789012")
    assert place.iot_console == f"{console}/iot/home?region={region}"
    assert place.execution_console == (
        f"{console}/states/home?region={region}#/v2/executions/details/"
        f"{arn}%3C%21channel%3E%7Cx%20y"
    )


def test_a_partition_without_a_known_console_has_no_links() -> None:
    place = Place.of_execution(ARN.format("aws-iso", "us-iso-east-1"))
    assert (place.region, place.links()) == ("us-iso-east-1", [])


@pytest.mark.parametrize("arn", [None, "arn:aws:states:eu-west-1:1:execution:W"])
def test_outside_of_an_execution_only_the_alias_is_known(arn: str | None) -> None:
    assert Place.of_execution(arn, "production") == Place(account_alias="production")


def test_a_member_s_task_is_of_the_member_and_its_execution_of_the_hub() -> None:
    member = Member("210987654321", "us-east-1")
    place = Place.of_execution(HERE, "hub", member, {"210987654321": "fleet-us"})
    assert (place.account, place.region) == member
    assert (place.account_name, place.lead) == ("fleet-us (210987654321)", "fleet-us, us-east-1: ")
    assert str(place.iot_console).endswith("/iot/home?region=us-east-1")
    assert str(place.execution_console).startswith(
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/"
    )
    assert Place.of_execution(HERE, "hub", member).account_name == "210987654321"


@pytest.mark.parametrize(
    ("more", "lead"),
    [
        ((), ""),
        ((None, None, {}), "123456789012, eu-west-1: "),
        (("x" * 25, None, {}), f"{'x' * 24}, eu-west-1: "),
        (("hub", Member("123456789012", "us-east-1"), {}), "hub, us-east-1: "),
        (("hub", Member("210987654321", "us-east-1")), "210987654321, us-east-1: "),
    ],
)
def test_whose_a_task_is_is_said_first_where_there_are_members(more: Any, lead: str) -> None:
    assert Place.of_execution(HERE, *more).lead == lead


def of_resource(**identifier: Any) -> str | None:
    return resource_name({"nonCompliantResource": {"resourceIdentifier": identifier}})


ISSUER = {"issuerCertificateSubject": "CN=ca", "issuerId": "7"}


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ({"deviceCertificateId": "c0ffee", "account": "1"}, "device certificate c0ffee"),
        (
            {"policyVersionIdentifier": {"policyName": "fleet", "policyVersionId": "3"}},
            "policy fleet version 3",
        ),
        ({"policyVersionIdentifier": {"policyName": "fleet"}}, "policy fleet"),
        ({"issuerCertificateIdentifier": ISSUER}, "issuer certificate CN=ca"),
        ({"issuerCertificateIdentifier": {"issuerId": "7f"}}, "issuer certificate 7f"),
        (
            {"issuerCertificateIdentifier": {"issuerCertificateSerialNumber": "0a:1b"}},
            "issuer certificate 0a:1b",
        ),
        ({}, None),
    ],
)
def test_a_resource_is_named_as_people_know_it(
    identifier: dict[str, Any], name: str | None
) -> None:
    assert of_resource(**identifier) == name


def test_every_identifier_of_the_service_model_gives_a_name() -> None:
    for member in members_of("ResourceIdentifier") - {
        "policyVersionIdentifier",
        "issuerCertificateIdentifier",
    }:
        assert str(of_resource(**{member: "x"})).endswith(" x"), member


def test_a_resource_without_an_identifier_is_named_by_its_type_and_none_is_refused() -> None:
    finding = {"nonCompliantResource": {"resourceType": "IOT_POLICY"}}
    assert resource_name(finding) == "IOT_POLICY"
    with pytest.raises(InvalidTask, match=r"^finding\.nonCompliantResource: expected an object"):
        resource_name({"nonCompliantResource": "x"})
