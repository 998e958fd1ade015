"""AWS's terms in plain words: moments in the reader's zone, counts, actions; places, resources."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mitigation import words
from mitigation.member import Member
from mitigation.place import Place
from mitigation.resources import resource_name
from mitigation.task import Task
from mitigation.wire import InvalidTask
from mitigation.words import Clock
from mitigation.zone import UnknownZone, find_clock, find_zone
from tests.support.service_model import members_of
from tests.support.tasks import audit, detect

MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
EIGHT, TEN = MORNING.replace(hour=8, minute=0, second=0), MORNING.replace(minute=0, second=0)
SUMMER = datetime(2026, 10, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def in_zone(name: str) -> Clock:
    return Clock(ZoneInfo(name))


TOKYO = in_zone("Asia/Tokyo")


def test_a_moment_is_shown_in_the_reader_s_zone_and_in_utc() -> None:
    london, berlin, paulo = map(in_zone, ["Europe/London", "Europe/Berlin", "America/Sao_Paulo"])
    assert london.show(MORNING) == "2026-11-22 10:01:07 UTC"  # it is UTC for now
    assert berlin.show(MORNING) == "2026-11-22 11:01:07 CET (10:01:07 UTC)"
    assert paulo.show(MORNING) == "2026-11-22 07:01:07 UTC-03 (10:01:07 UTC)"  # it has no letters
    evening = "2026-11-23 05:01:07 JST (2026-11-22 20:01:07 UTC)"
    assert TOKYO.show(MORNING + 10 * HOUR) == evening
    assert TOKYO.show(datetime.max.replace(tzinfo=UTC)) == "9999-12-31 23:59:59 UTC"


def test_the_day_is_not_repeated_be_it_that_of_the_zone_or_of_utc() -> None:
    shown = "19:01:07 JST (10:01:07 UTC)"
    assert Clock().show(MORNING, after=MORNING - HOUR) == "10:01:07 UTC"
    assert TOKYO.show(MORNING, after=MORNING - 11 * HOUR) == shown  # the day before in UTC alone
    assert TOKYO.show(MORNING, after=MORNING + 9 * HOUR) == f"2026-11-22 {shown}"  # in Tokyo alone


def test_a_range_says_no_more_than_is_known() -> None:
    told = Clock().range
    assert told(None, None) == "at any time"
    assert told(MORNING, None) == "from 2026-11-22 10:01:07 UTC"
    assert told(None, MORNING) == "to 2026-11-22 10:01:07 UTC"
    assert told(MORNING, TEN + HOUR) == "from 2026-11-22 10:01:07 to 11:00:00 UTC"
    assert told(EIGHT, MORNING) == "from 2026-11-22 08:00:00 to 10:01:07 UTC"
    assert told(EIGHT, TEN + DAY) == "from 2026-11-22 08:00 to 2026-11-23 10:00 UTC"


def test_a_range_names_dates_and_zones_once() -> None:
    assert in_zone("Pacific/Kiritimati").range(EIGHT, TEN) == (
        "from 2026-11-22 22:00 to 2026-11-23 00:00 UTC+14 (08:00 to 10:00 UTC)"
    )
    assert in_zone("Europe/Berlin").range(SUMMER, SUMMER + DAY) == (
        "from 2026-10-24 14:00 CEST to 2026-10-25 13:00 CET (12:00 to 2026-10-25 12:00 UTC)"
    )


AN_EXAMPLE = "see the IANA time zone names, such as Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("europe/berlin", "Europe/Berlin, Europe/Dublin, Europe/Helsinki"),
        ("New York", "America/New_York"),
        ("Deutschland/Berlin", "Europe/Berlin"),
        ("Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires, America/Buenos_Aires"),
        *((name, AN_EXAMPLE) for name in ("Zulu time", "../../etc/passwd", "\0", "/")),
    ],
)
def test_a_wrong_zone_gets_the_ones_that_may_have_been_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownZone) as error:
        find_zone(name)
    assert str(error.value) == f"time zone {name!r} is not known: {near}"


def test_a_clock_with_a_wrong_zone_shows_utc_and_says_why() -> None:
    clock = find_clock("Berlin")
    assert clock.show(TEN) == "2026-11-22 10:00:00 UTC"
    assert clock.complaint == "Shown in UTC alone: time zone 'Berlin' is not known: Europe/Berlin"
    assert find_clock("Europe/Berlin") == in_zone("Europe/Berlin")


def test_a_duration_is_told_in_its_two_largest_units() -> None:
    told = {0.4: "under 1 s", 1.06: "1 s", 59.6: "1 min", 154: "2 min 34 s", 3_605: "1 h"}
    told |= {93_784: "1 d 2 h", 86_400 * 400: "400 d"}
    assert {seconds: words.duration(seconds) for seconds in told} == told


def test_a_share_never_claims_all_or_nothing_falsely() -> None:
    told = {0: "0 %", 1: "under 1 %", 999: "under 1 %", 1_000: "1 %", 33_333: "33 %"}
    told |= {99_000: "99 %", 99_001: "over 99 %", 99_999: "over 99 %", 100_000: "100 %"}
    assert {part: words.share(part, 100_000) for part in told} == told


@pytest.mark.parametrize(
    ("task", "told"),
    [
        (detect(executed=1_234, failed=0), "all 1,234 actions executed, 0 failed"),
        (detect(skipped=2), "all 2 actions skipped"),
        (audit("IN_PROGRESS", total=40), "40 findings, none with an outcome"),
        (audit("IN_PROGRESS"), "0 findings, none with an outcome"),
    ],
)
def test_counts_claim_no_more_than_is_known(task: Task, told: str) -> None:
    assert words.counts(task.statistics, task.kind, task.whole) == told


GROUPS, CA = "addThingsToThingGroupParams", "updateCACertificateParams"
POLICY, TELL = "replaceDefaultPolicyVersionParams", "publishFindingToSnsParams"
LOGGING, KEPT = "enableIoTLoggingParams", {"overrideDynamicGroups": False}
ACTIONS: dict[str, dict[str, Any]] = {
    "parameters not told by AWS": {},
    "updates the CA certificate (NEW)": {CA: {"action": "NEW"}},
    "adds the things to thing groups ?, dynamic groups kept": {GROUPS: KEPT},
    "replaces the default policy version with template NEW": {POLICY: {"templateName": "NEW"}},
    "replaces the default policy version with template ?": {POLICY: {}},
    "enables AWS IoT logging at level ? as role ?": {LOGGING: {}},
    "updates the CA certificate (?); publishes the finding to SNS topic ?": {CA: {}, TELL: {}},
}


@pytest.mark.parametrize(("shown", "params"), ACTIONS.items())
def test_each_action_is_told_by_what_it_does(shown: str, params: dict[str, Any]) -> None:
    definition = {"actionParams": params}
    named, unnamed = detect(actionsDefinition=[{"name": "Act", **definition}, definition]).actions
    assert words.action(named) == f"Act: {shown}"
    assert words.action(unnamed) == f"unnamed action: {shown}"


def test_ids_and_roles_of_an_action_are_told_in_full() -> None:
    params = {TELL: {"topicArn": "arn:topic"}, LOGGING: {"roleArnForLogging": "arn:logging"}}
    whole = {"name": "Act", "id": "id-1", "roleArn": "arn:role", "actionParams": params}
    definitions = [whole, {"id": "id-2"}, {"name": "Act"}]
    known, nameless, unknown = detect(actionsDefinition=definitions).actions
    assert words.action_identity(known) == "Act: id-1, arn:role, arn:logging, arn:topic"
    assert words.action_identity(nameless) == "unnamed action: id-2"
    assert words.action_identity(unknown) is None


def test_a_check_is_told_with_its_counts_its_actions_and_its_reasons() -> None:
    task = audit(
        failed=5,
        total=4,  # fewer than have an outcome: all is not claimed of more than there are
        auditCheckToActionsMapping={"LOGGING_DISABLED_CHECK": ["A", "B"], "UNKNOWN_CHECK": []},
        target={"auditCheckToReasonCodeFilter": {"OTHER_CHECK": ["ONE", "TWO"]}},
    )
    assert {words.check(check, task.kind) for check in task.checks} == {
        "LOGGING_DISABLED_CHECK: all 5 findings could not be mitigated; actions A, B",
        "UNKNOWN_CHECK: nothing known",
        "OTHER_CHECK: only reasons ONE, TWO",
    }


def test_a_list_says_how_much_it_leaves_out() -> None:
    assert words.listing(["a", "b"]) == "a, b"
    assert words.listing(["a", "b", "c"], 2, more=1_400) == "a, b and 1,401 more"


# --- Where a task is, right in each partition, and what a finding is about --------------------

ARN = "arn:{}:states:{}:123456789012:execution:WatchTask:detect-quarantine-7"
HERE = ARN.format("aws", "eu-west-1")
THEIRS, ALSO_OURS = Member("210987654321", "us-east-1"), Member("123456789012", "us-east-1")


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
    execution = f"region={region}#/v2/executions/details/{arn}%3C%21channel%3E%7Cx%20y"
    assert place.links() == [
        ("AWS IoT console", f"{console}/iot/home?region={region}"),
        ("Execution", f"{console}/states/home?{execution}"),
    ]


def test_what_is_not_known_of_a_place_is_left_out() -> None:
    place = Place.of_execution(ARN.format("aws-iso", "us-iso-east-1"))
    assert (place.region, place.links()) == ("us-iso-east-1", [])  # a console nobody has told of
    for none in (None, "arn:aws:states:eu-west-1:1:execution:W"):
        assert Place.of_execution(none, "production") == Place(account_alias="production")


def test_whose_a_task_is_is_said_first_where_there_are_members() -> None:
    def lead(*more: Any) -> str:
        return Place.of_execution(HERE, *more).lead

    assert lead() == ""
    assert lead(None, None, {}) == "123456789012, eu-west-1: "
    assert lead("x" * 25, None, {}) == f"{'x' * 24}, eu-west-1: "
    assert lead("hub", ALSO_OURS, {}) == "hub, us-east-1: "
    assert lead("hub", THEIRS) == "210987654321, us-east-1: "


def of_resource(**identifier: Any) -> str | None:
    return resource_name({"nonCompliantResource": {"resourceIdentifier": identifier}})


OF_POLICY, OF_ISSUER = "policyVersionIdentifier", "issuerCertificateIdentifier"
RESOURCES: dict[str, dict[str, Any]] = {
    "device certificate c0ffee": {"deviceCertificateId": "c0ffee", "account": "1"},
    "policy fleet version 3": {OF_POLICY: {"policyName": "fleet", "policyVersionId": "3"}},
    "policy fleet": {OF_POLICY: {"policyName": "fleet"}},
    "issuer certificate CN=ca": {OF_ISSUER: {"issuerCertificateSubject": "CN=ca", "issuerId": "7"}},
    "issuer certificate 7f": {OF_ISSUER: {"issuerId": "7f"}},
    "issuer certificate 0a:1b": {OF_ISSUER: {"issuerCertificateSerialNumber": "0a:1b"}},
}


@pytest.mark.parametrize(("name", "identifier"), RESOURCES.items())
def test_a_resource_is_named_as_people_know_it(name: str, identifier: dict[str, Any]) -> None:
    assert of_resource(**identifier) == name


def test_every_identifier_of_the_service_model_gives_a_name() -> None:
    for member in members_of("ResourceIdentifier") - {OF_POLICY, OF_ISSUER}:
        assert str(of_resource(**{member: "x"})).endswith(" x"), member


def test_a_resource_without_an_identifier_is_named_by_its_type_and_none_is_refused() -> None:
    assert resource_name({"nonCompliantResource": {"resourceType": "IOT_POLICY"}}) == "IOT_POLICY"
    assert of_resource() is None
    with pytest.raises(InvalidTask, match=r"^finding\.nonCompliantResource: expected an object"):
        resource_name({"nonCompliantResource": "x"})
