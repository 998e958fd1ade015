"""Which accounts and regions are watched, as the functions' environment says it."""

import pytest

from mitigation.member import Hub, Member, read_aliases
from mitigation.wire import InvalidTask

ENVIRONMENT = {
    "MEMBER_ACCOUNTS": "210987654321,310987654321",
    "MEMBER_REGIONS": "us-east-1,eu-central-1",
    "MEMBER_ALIASES": "210987654321=fleet=us,310987654321=fleet-eu",
    "MEMBER_ROLE": "arn:aws:iam::{account}:role/notifier-member-{region}",
    "POWERTOOLS_SERVICE_NAME": "notifier",
    "AWS_REGION": "eu-west-1",
}
MEMBER = Member("210987654321", "us-east-1")


def test_every_listed_account_is_a_member_in_every_listed_region() -> None:
    hub = Hub.of(ENVIRONMENT)
    assert [str(member) for member in hub.members()] == [
        "210987654321 (us-east-1)",
        "210987654321 (eu-central-1)",
        "310987654321 (us-east-1)",
        "310987654321 (eu-central-1)",
    ]
    assert hub.external_id == "notifier"
    assert hub.role_arn(MEMBER) == "arn:aws:iam::210987654321:role/notifier-member-us-east-1"


def test_without_regions_members_are_watched_in_our_own() -> None:
    hub = Hub.of(ENVIRONMENT | {"MEMBER_REGIONS": "", "MEMBER_ACCOUNTS": MEMBER.account})
    assert list(hub.members()) == [Member(MEMBER.account, "eu-west-1")]


def test_accounts_may_have_names_and_there_are_none_without_members() -> None:
    names = {"210987654321": "fleet=us", "310987654321": "fleet-eu"}
    assert read_aliases(ENVIRONMENT) == names
    assert read_aliases(ENVIRONMENT | {"MEMBER_ALIASES": ""}) == {}
    assert read_aliases(ENVIRONMENT | {"MEMBER_ACCOUNTS": ""}) is None


def test_what_can_be_no_account_is_named_and_cut() -> None:
    with pytest.raises(InvalidTask) as error:
        Member("1" * 41, "us-east-1").check()
    assert str(error.value) == f"member.account: {'1' * 40!r} is not an AWS account"


def test_a_function_s_arn_tells_where_we_are() -> None:
    arn = "arn:aws:lambda:us-east-1:210987654321:function:notifier-sweep:live"
    assert Member.of_arn(arn) == MEMBER
