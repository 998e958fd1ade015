"""Account, region and links come from the execution's ARN, right in each partition."""

import pytest

from mitigation.member import Member
from mitigation.place import Place

ARN = "arn:{}:states:{}:123456789012:execution:WatchTask:detect-quarantine-7"


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
    place = Place.of_execution(arn)
    assert (place.partition, place.region, place.account) == (partition, region, "123456789012")
    assert place.iot_console == f"{console}/iot/home?region={region}"
    assert place.execution_console == (
        f"{console}/states/home?region={region}#/v2/executions/details/{arn}"
    )


def test_a_partition_without_a_known_console_has_no_links() -> None:
    place = Place.of_execution(ARN.format("aws-iso", "us-iso-east-1"))
    assert place.region == "us-iso-east-1"
    assert place.links() == []


@pytest.mark.parametrize("arn", [None, "", "execution", "arn:aws:states:eu-west-1:1:execution:W"])
def test_outside_of_an_execution_only_the_alias_is_known(arn: str | None) -> None:
    assert Place.of_execution(arn, "production") == Place(account_alias="production")


def test_a_member_s_task_is_of_the_member_and_its_execution_of_the_hub() -> None:
    arn = ARN.format("aws", "eu-west-1")
    member = Member("210987654321", "us-east-1")
    place = Place.of_execution(arn, "hub", member, {"210987654321": "fleet-us"})
    assert (place.account, place.region) == member
    assert (place.account_name, place.lead) == ("fleet-us (210987654321)", "fleet-us, us-east-1: ")
    assert str(place.iot_console).endswith("/iot/home?region=us-east-1")
    assert str(place.execution_console).startswith(
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/"
    )


def test_whose_a_task_is_is_said_first_where_there_are_members() -> None:
    arn = ARN.format("aws", "eu-west-1")
    assert Place.of_execution(arn).lead == ""
    assert Place.of_execution(arn, member_aliases={}).lead == "123456789012, eu-west-1: "
    assert Place.of_execution(arn, "hub", member_aliases={}).lead == "hub, eu-west-1: "
    long = Place.of_execution(arn, "x" * 25, member_aliases={})
    assert long.lead == f"{'x' * 24}, eu-west-1: "
    elsewhere = Member("123456789012", "us-east-1")
    assert Place.of_execution(arn, "hub", elsewhere, {}).lead == "hub, us-east-1: "
    stranger = Member("210987654321", "us-east-1")
    assert Place.of_execution(arn, "hub", stranger).account_name == "210987654321"


def test_a_name_cannot_break_out_of_the_link() -> None:
    place = Place.of_execution(ARN.format("aws", "eu-west-1") + "<!channel>|x y")
    assert str(place.execution_console).endswith("detect-quarantine-7%3C%21channel%3E%7Cx%20y")
