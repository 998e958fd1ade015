"""AWS's terms in plain words."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mitigation import words
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.tasks import audit, detect

MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
EIGHT, TEN = MORNING.replace(hour=8, minute=0, second=0), MORNING.replace(minute=0, second=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("UTC", MORNING, "2026-11-22 10:01:07 UTC"),
        ("Europe/London", MORNING, "2026-11-22 10:01:07 UTC"),  # it is UTC for now
        ("Europe/Berlin", MORNING, "2026-11-22 11:01:07 CET (10:01:07 UTC)"),
        ("Asia/Tokyo", MORNING + 10 * HOUR, "2026-11-23 05:01:07 JST (2026-11-22 20:01:07 UTC)"),
        ("America/Sao_Paulo", MORNING, "2026-11-22 07:01:07 UTC-03 (10:01:07 UTC)"),  # no letters
    ],
)
def test_a_moment_is_shown_in_the_reader_s_zone_and_in_utc(
    zone: str, moment: datetime, shown: str
) -> None:
    assert Clock(ZoneInfo(zone)).show(moment) == shown


def test_a_fixed_offset_is_a_zone_like_any_other() -> None:
    clock = Clock(timezone(timedelta(hours=5, minutes=45)))
    assert clock.show(MORNING) == "2026-11-22 15:46:07 UTC+05:45 (10:01:07 UTC)"


@pytest.mark.parametrize(
    ("zone", "after", "shown"),
    [
        ("UTC", -HOUR, "10:01:07 UTC"),
        ("UTC", -DAY, "2026-11-22 10:01:07 UTC"),
        ("Asia/Tokyo", HOUR, "19:01:07 JST (10:01:07 UTC)"),
        # Of the day before in UTC, and of the same one in Tokyo; then the other way round.
        ("Asia/Tokyo", -11 * HOUR, "19:01:07 JST (10:01:07 UTC)"),
        ("Asia/Tokyo", 9 * HOUR, "2026-11-22 19:01:07 JST (10:01:07 UTC)"),
    ],
)
def test_the_day_is_not_repeated(zone: str, after: timedelta, shown: str) -> None:
    assert Clock(ZoneInfo(zone)).show(MORNING, after=MORNING + after) == shown


@pytest.mark.parametrize(
    ("zone", "moment"),
    [("Asia/Tokyo", "9999-12-31 23:59:59"), ("America/Los_Angeles", "0001-01-01 00:00:00")],
)
def test_the_ends_of_the_calendar_are_shown_in_utc(zone: str, moment: str) -> None:
    last = datetime.fromisoformat(f"{moment}Z")
    assert Clock(ZoneInfo(zone)).show(last).endswith(f"{moment.lstrip('0')} UTC")


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (None, None, "at any time"),
        (MORNING, None, "from 2026-11-22 10:01:07 UTC"),
        (None, MORNING, "to 2026-11-22 10:01:07 UTC"),
        (MORNING, MORNING + HOUR, "from 2026-11-22 10:01:07 to 11:01:07 UTC"),
        (EIGHT, TEN, "from 2026-11-22 08:00 to 10:00 UTC"),
        (EIGHT, MORNING, "from 2026-11-22 08:00:00 to 10:01:07 UTC"),
        (MORNING, MORNING + DAY, "from 2026-11-22 10:01:07 to 2026-11-23 10:01:07 UTC"),
    ],
)
def test_a_range_says_no_more_than_is_known(
    start: datetime | None, end: datetime | None, shown: str
) -> None:
    assert Clock().range(start, end) == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Africa/Abidjan", "2026-11-22 08:00 to 10:00 UTC"),
        ("Europe/Berlin", "2026-11-22 09:00 to 11:00 CET (08:00 to 10:00 UTC)"),
        ("America/Sao_Paulo", "2026-11-22 05:00 to 07:00 UTC-03 (08:00 to 10:00 UTC)"),
        ("Pacific/Kiritimati", "2026-11-22 22:00 to 2026-11-23 00:00 UTC+14 (08:00 to 10:00 UTC)"),
        ("Pacific/Pago_Pago", "2026-11-21 21:00 to 23:00 SST (2026-11-22 08:00 to 10:00 UTC)"),
    ],
)
def test_a_range_names_dates_and_zones_once(zone: str, shown: str) -> None:
    assert Clock(ZoneInfo(zone)).range(EIGHT, TEN) == f"from {shown}"


def test_a_range_over_the_end_of_summer_time_names_both_zones() -> None:
    start, end = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert Clock(ZoneInfo("Europe/Berlin")).range(start, end) == (
        "from 2026-10-24 14:00 CEST to 2026-10-25 13:00 CET (12:00 to 2026-10-25 12:00 UTC)"
    )


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "under 1 s"),
        (0.4, "under 1 s"),
        (1.06, "1 s"),
        (59.6, "1 min"),
        (154, "2 min 34 s"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (11_100, "3 h 5 min"),
        (90_000, "1 d 1 h"),
        (93_784, "1 d 2 h"),
        (86_400 * 400, "400 d"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 4, "25 %"),
        (1, 3, "33 %"),
        (1, 100_000, "under 1 %"),
        (99_999, 100_000, "over 99 %"),
        (1, 100, "1 %"),
        (99, 100, "99 %"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
    ],
)
def test_a_share_never_claims_all_or_nothing_falsely(part: int, whole: int, shown: str) -> None:
    assert words.share(part, whole) == shown


COUNTS = {
    "3 of 12 actions failed (25 %), 8 executed, 1 skipped": (
        detect(executed=8, skipped=1, failed=3)
    ),
    "8 of 12 actions executed (67 %), 0 failed, 4 skipped": (
        detect(executed=8, skipped=4, failed=0)
    ),
    "all 1,234 actions executed, 0 failed, 0 skipped": detect(executed=1_234, skipped=0, failed=0),
    "1 action executed, 0 failed, 0 skipped": detect(executed=1, skipped=0, failed=0),
    "0 actions executed, 0 failed, 0 skipped": detect(executed=0, skipped=0, failed=0),
    "all 5 actions failed": detect(failed=5),
    "all 2 actions skipped": detect(skipped=2),
    "3 actions failed, 8 executed, 1 skipped": (
        detect("IN_PROGRESS", executed=8, skipped=1, failed=3)
    ),
    "4 actions executed, 0 failed": detect("CANCELED", executed=4, failed=0),
    "5 of 40 findings could not be mitigated (12 %), 33 mitigated, 2 skipped, 0 canceled": (
        audit(total=40, executed=33, skipped=2, failed=5, canceled=0)
    ),
    "30 of 40 findings mitigated (75 %), 0 failed, 10 without an outcome": (
        audit("CANCELED", total=40, executed=30, failed=0)
    ),
    "40 findings, none with an outcome": audit("IN_PROGRESS", total=40),
    "0 findings, none with an outcome": audit("IN_PROGRESS"),
}


@pytest.mark.parametrize(("shown", "task"), COUNTS.items())
def test_counts_begin_with_what_matters_most_and_claim_no_whole_that_is_not_known(
    shown: str, task: Task
) -> None:
    assert words.counts(task.statistics, task.kind, task.whole) == shown


TARGETS = {
    "3 violations": detect(target={"violationIds": ["v1", "v2", "v3"]}),
    "Security profile Fleet, behavior Auth": (
        detect(target={"securityProfileName": "Fleet", "behaviorName": "Auth"})
    ),
    "Findings of audit a-1": audit(target={"auditTaskId": "a-1"}),
    "1 finding": audit(target={"findingIds": ["f"]}),
}


@pytest.mark.parametrize(("shown", "task"), TARGETS.items())
def test_a_target_is_named_and_its_ids_are_counted(shown: str, task: Task) -> None:
    assert ", ".join(words.target(task.target)) == shown


RANGE = {"startTime": "2026-11-22T08:00:00Z", "endTime": "2026-11-22T10:00:00Z"}
SCOPES = {
    None: {},
    "Active ones only": {"onlyActiveViolationsIncluded": True},
    "Active and past ones": {"onlyActiveViolationsIncluded": False},
    "Suppressed alerts included": {"suppressedAlertsIncluded": True},
    "Violations from 2026-11-22 08:00 to 10:00 UTC, active ones only, suppressed alerts left out": {
        "violationEventOccurrenceRange": RANGE,
        "onlyActiveViolationsIncluded": True,
        "suppressedAlertsIncluded": False,
    },
    "Violations at any time": {"violationEventOccurrenceRange": {}},
}


@pytest.mark.parametrize(("shown", "members"), SCOPES.items())
def test_range_and_flags_are_told_in_words(shown: str | None, members: dict[str, Any]) -> None:
    assert words.scope(detect(**members), Clock()) == shown


ROLE = "arn:aws:iam::123456789012:role/service/Mitigate"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:findings"
ACTIONS: dict[str, dict[str, Any]] = {
    "parameters not told by AWS": {},
    "deactivates the device certificate (DEACTIVATE)": {
        "updateDeviceCertificateParams": {"action": "DEACTIVATE"}
    },
    "deactivates the CA certificate (DEACTIVATE)": {
        "updateCACertificateParams": {"action": "DEACTIVATE"}
    },
    "updates the CA certificate (NEW)": {"updateCACertificateParams": {"action": "NEW"}},
    "updates the CA certificate (?)": {"updateCACertificateParams": {}},
    "adds the things to thing group a": {"addThingsToThingGroupParams": {"thingGroupNames": ["a"]}},
    "adds the things to thing groups a, b, dynamic groups overridden": {
        "addThingsToThingGroupParams": {
            "thingGroupNames": ["a", "b"],
            "overrideDynamicGroups": True,
        }
    },
    "adds the things to thing groups ?, dynamic groups kept": {
        "addThingsToThingGroupParams": {"overrideDynamicGroups": False}
    },
    "replaces the default policy version with a blank policy (BLANK_POLICY)": {
        "replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}
    },
    "replaces the default policy version with template NEW": {
        "replaceDefaultPolicyVersionParams": {"templateName": "NEW"}
    },
    "replaces the default policy version with template ?": {
        "replaceDefaultPolicyVersionParams": {}
    },
    "enables AWS IoT logging at level ERROR as role Mitigate": {
        "enableIoTLoggingParams": {"roleArnForLogging": ROLE, "logLevel": "ERROR"}
    },
    "enables AWS IoT logging at level ? as role ?": {"enableIoTLoggingParams": {}},
    "publishes the finding to SNS topic findings": {
        "publishFindingToSnsParams": {"topicArn": TOPIC}
    },
    "publishes the finding to SNS topic ?": {"publishFindingToSnsParams": {}},
    "updates the CA certificate (?); publishes the finding to SNS topic ?": {
        "updateCACertificateParams": {},
        "publishFindingToSnsParams": {},
    },
}


@pytest.mark.parametrize(("shown", "params"), ACTIONS.items())
def test_each_action_is_told_by_what_it_does(shown: str, params: dict[str, Any]) -> None:
    named, unnamed = detect(
        actionsDefinition=[{"name": "Act", "actionParams": params}, {"actionParams": params}]
    ).actions
    assert words.action(named) == f"Act: {shown}"
    assert words.action(unnamed) == f"unnamed action: {shown}"


def test_ids_and_roles_of_an_action_are_told_in_full() -> None:
    params = {
        "publishFindingToSnsParams": {"topicArn": TOPIC},
        "enableIoTLoggingParams": {"roleArnForLogging": "arn:logging"},
    }
    definition = {"name": "Act", "id": "id-1", "roleArn": ROLE, "actionParams": params}
    known, nameless, unknown = detect(
        actionsDefinition=[definition, {"id": "id-2"}, {"name": "Act"}]
    ).actions
    assert words.action_identity(known) == f"Act: id-1, {ROLE}, arn:logging, {TOPIC}"
    assert words.action_identity(nameless) == "unnamed action: id-2"
    assert words.action_identity(unknown) is None


CHECKED = audit(
    failed=5,
    total=40,
    auditCheckToActionsMapping={"LOGGING_DISABLED_CHECK": ["A", "B"], "UNKNOWN_CHECK": []},
    target={"auditCheckToReasonCodeFilter": {"OTHER_CHECK": ["ONE", "TWO"]}},
)


def test_a_check_is_told_with_its_counts_its_actions_and_its_reasons() -> None:
    assert {words.check(check, CHECKED.kind) for check in CHECKED.checks} == {
        (
            "LOGGING_DISABLED_CHECK: 5 of 40 findings could not be mitigated (12 %), "
            "35 without an outcome; actions A, B"
        ),
        "UNKNOWN_CHECK: nothing known",
        "OTHER_CHECK: only reasons ONE, TWO",
    }


def test_a_check_whose_counts_exceed_its_total_claims_no_more_than_all() -> None:
    [check] = audit(total=2, executed=3).checks
    assert words.check(check, CHECKED.kind) == "LOGGING_DISABLED_CHECK: all 3 findings mitigated"


def test_a_list_says_how_much_it_leaves_out() -> None:
    assert words.listing(["a", "b"]) == "a, b"
    assert words.listing(["a", "b", "c"], 2) == "a, b and 1 more"
    assert words.listing(["a"], more=1_400) == "a and 1,400 more"
