"""Account, region and links come from the execution's ARN, right in each partition."""

import pytest

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


@pytest.mark.parametrize("arn", [None, "", "arn:aws:states", "execution"])
def test_outside_of_an_execution_only_the_alias_is_known(arn: str | None) -> None:
    assert Place.of_execution(arn, "production") == Place(account_alias="production")


def test_a_name_cannot_break_out_of_the_link() -> None:
    place = Place.of_execution(ARN.format("aws", "eu-west-1") + "<!channel>|x y")
    assert str(place.execution_console).endswith("detect-quarantine-7%3C%21channel%3E%7Cx%20y")
