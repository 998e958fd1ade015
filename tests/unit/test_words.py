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
BERLIN = Clock(ZoneInfo("Europe/Berlin"))
TOKYO = Clock(ZoneInfo("Asia/Tokyo"))


def test_a_moment_is_shown_in_utc() -> None:
    assert Clock().show(MORNING) == "2026-11-22 10:01:07 UTC"


def test_a_moment_is_shown_in_the_reader_s_zone_and_in_utc() -> None:
    assert BERLIN.show(MORNING) == "2026-11-22 11:01:07 CET (10:01:07 UTC)"


def test_a_day_that_differs_in_the_reader_s_zone_is_shown_for_both() -> None:
    evening = MORNING.replace(hour=20)
    assert TOKYO.show(evening) == "2026-11-23 05:01:07 JST (2026-11-22 20:01:07 UTC)"


def test_the_day_is_not_repeated() -> None:
    assert Clock().show(MORNING + timedelta(minutes=2), after=MORNING) == "10:03:07 UTC"
    assert Clock().show(MORNING + timedelta(days=1), after=MORNING) == "2026-11-23 10:01:07 UTC"


def test_a_zone_that_is_utc_for_now_is_shown_once() -> None:
    assert Clock(ZoneInfo("Europe/London")).show(MORNING) == "2026-11-22 10:01:07 UTC"


def test_a_zone_without_letters_is_shown_by_its_offset() -> None:
    assert Clock(ZoneInfo("America/Sao_Paulo")).show(MORNING) == (
        "2026-11-22 07:01:07 UTC-03 (10:01:07 UTC)"
    )


@pytest.mark.parametrize("clock", [TOKYO, Clock(ZoneInfo("America/Los_Angeles"))])
@pytest.mark.parametrize(
    "moment", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
)
def test_the_ends_of_the_calendar_can_be_shown(clock: Clock, moment: datetime) -> None:
    assert "UTC" in clock.show(moment)


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (None, None, "at any time"),
        (MORNING, None, "from 2026-11-22 10:01:07 UTC"),
        (None, MORNING, "to 2026-11-22 10:01:07 UTC"),
        (MORNING, MORNING + timedelta(hours=1), "from 2026-11-22 10:01:07 to 11:01:07 UTC"),
        (
            MORNING.replace(hour=8, minute=0, second=0),
            MORNING.replace(hour=10, minute=0, second=0),
            "from 2026-11-22 08:00 to 10:00 UTC",
        ),
        (
            MORNING,
            MORNING + timedelta(days=1),
            "from 2026-11-22 10:01:07 to 2026-11-23 10:01:07 UTC",
        ),
    ],
)
def test_a_range_says_no_more_than_is_known(
    start: datetime | None, end: datetime | None, shown: str
) -> None:
    assert Clock().range(start, end) == shown


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


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        (
            detect(executed=8, skipped=1, failed=3),
            "3 of 12 actions failed (25 %), 8 executed, 1 skipped",
        ),
        (
            detect(executed=8, skipped=4, failed=0),
            "8 of 12 actions executed (67 %), 0 failed, 4 skipped",
        ),
        (
            detect(executed=1_234, skipped=0, failed=0),
            "all 1,234 actions executed, 0 failed, 0 skipped",
        ),
        (detect(executed=1, skipped=0, failed=0), "1 action executed, 0 failed, 0 skipped"),
        (detect(executed=0, skipped=0, failed=0), "0 actions executed, 0 failed, 0 skipped"),
        (detect(failed=5), "all 5 actions failed"),
        (detect(skipped=2), "all 2 actions skipped"),
        (
            detect("IN_PROGRESS", executed=8, skipped=1, failed=3),
            "3 actions failed, 8 executed, 1 skipped",
        ),
        (detect("CANCELED", executed=4, failed=0), "4 actions executed, 0 failed"),
        (
            audit(total=40, executed=33, skipped=2, failed=5, canceled=0),
            "5 of 40 findings could not be mitigated (12 %), 33 mitigated, 2 skipped, 0 canceled",
        ),
        (
            audit("CANCELED", total=40, executed=30, failed=0),
            "30 of 40 findings mitigated (75 %), 0 failed, 10 without an outcome",
        ),
        (audit("IN_PROGRESS", total=40), "40 findings, none with an outcome"),
    ],
)
def test_counts_begin_with_what_matters_most_and_claim_no_whole_that_is_not_known(
    task: Task, shown: str
) -> None:
    assert words.counts(task.statistics, task.kind, task.whole) == shown


def test_a_target_of_ids_is_counted() -> None:
    target = detect(target={"violationIds": ["v1", "v2", "v3"]}).target
    assert list(words.target(target)) == ["3 violations"]


def test_a_target_of_a_profile_is_named() -> None:
    target = detect(target={"securityProfileName": "Fleet", "behaviorName": "Auth"}).target
    assert list(words.target(target)) == ["Security profile Fleet", "behavior Auth"]


def test_a_target_of_an_audit_is_named_and_of_findings_counted() -> None:
    assert list(words.target(audit(target={"auditTaskId": "a-1"}).target)) == [
        "Findings of audit a-1"
    ]
    assert list(words.target(audit(target={"findingIds": ["f"]}).target)) == ["1 finding"]


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({}, None),
        ({"onlyActiveViolationsIncluded": True}, "Active ones only"),
        ({"onlyActiveViolationsIncluded": False}, "Active and past ones"),
        ({"suppressedAlertsIncluded": True}, "Suppressed alerts included"),
        (
            {
                "violationEventOccurrenceRange": {
                    "startTime": "2026-11-22T08:00:00Z",
                    "endTime": "2026-11-22T10:00:00Z",
                },
                "onlyActiveViolationsIncluded": True,
                "suppressedAlertsIncluded": False,
            },
            (
                "Violations from 2026-11-22 08:00 to 10:00 UTC, active ones only, "
                "suppressed alerts left out"
            ),
        ),
        ({"violationEventOccurrenceRange": {}}, "Violations at any time"),
    ],
)
def test_range_and_flags_are_told_in_words(members: dict[str, Any], shown: str | None) -> None:
    assert words.scope(detect(**members), Clock()) == shown


ARN = "arn:aws:iam::123456789012:role/service/Mitigate"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:findings"


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({}, "parameters not told by AWS"),
        (
            {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}},
            "deactivates the device certificate (DEACTIVATE)",
        ),
        (
            {"updateCACertificateParams": {"action": "DEACTIVATE"}},
            "deactivates the CA certificate (DEACTIVATE)",
        ),
        ({"updateCACertificateParams": {"action": "NEW"}}, "updates the CA certificate (NEW)"),
        ({"updateCACertificateParams": {}}, "updates the CA certificate (?)"),
        (
            {"addThingsToThingGroupParams": {"thingGroupNames": ["a"]}},
            "adds the things to thing group a",
        ),
        (
            {
                "addThingsToThingGroupParams": {
                    "thingGroupNames": ["a", "b"],
                    "overrideDynamicGroups": True,
                }
            },
            "adds the things to thing groups a, b, dynamic groups overridden",
        ),
        (
            {"addThingsToThingGroupParams": {"overrideDynamicGroups": False}},
            "adds the things to thing groups ?, dynamic groups kept",
        ),
        (
            {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}},
            "replaces the default policy version with a blank policy (BLANK_POLICY)",
        ),
        (
            {"replaceDefaultPolicyVersionParams": {"templateName": "NEW"}},
            "replaces the default policy version with template NEW",
        ),
        (
            {"enableIoTLoggingParams": {"roleArnForLogging": ARN, "logLevel": "ERROR"}},
            "enables AWS IoT logging at level ERROR as role Mitigate",
        ),
        ({"enableIoTLoggingParams": {}}, "enables AWS IoT logging at level ? as role ?"),
        (
            {"publishFindingToSnsParams": {"topicArn": TOPIC}},
            "publishes the finding to SNS topic findings",
        ),
        ({"publishFindingToSnsParams": {}}, "publishes the finding to SNS topic ?"),
    ],
)
def test_each_action_is_told_by_what_it_does(params: dict[str, Any], shown: str) -> None:
    action = detect(actionsDefinition=[{"name": "Act", "actionParams": params}]).actions[0]
    assert words.action(action) == f"Act: {shown}"


def test_an_action_without_a_name_is_told_too() -> None:
    assert words.action(detect(actionsDefinition=[{}]).actions[0]) == (
        "unnamed action: parameters not told by AWS"
    )


def test_ids_and_roles_of_an_action_are_told_in_full() -> None:
    definition = {
        "name": "Act",
        "id": "id-1",
        "roleArn": ARN,
        "actionParams": {"publishFindingToSnsParams": {"topicArn": TOPIC}},
    }
    action = detect(actionsDefinition=[definition]).actions[0]
    assert words.action_identity(action) == f"Act: id-1, {ARN}, {TOPIC}"
    assert words.action_identity(detect(actionsDefinition=[{}]).actions[0]) is None


def test_a_check_is_told_with_its_counts_its_actions_and_its_reasons() -> None:
    task = audit(
        failed=5,
        total=40,
        auditCheckToActionsMapping={"LOGGING_DISABLED_CHECK": ["A", "B"]},
        target={"auditCheckToReasonCodeFilter": {"OTHER_CHECK": ["CODE"]}},
    )
    one, other = (words.check(check, task.kind) for check in task.checks)
    assert one == (
        "LOGGING_DISABLED_CHECK: 5 of 40 findings could not be mitigated (12 %), "
        "35 without an outcome; actions A, B"
    )
    assert other == "OTHER_CHECK: only reasons CODE"


def test_a_check_of_which_nothing_is_known_says_so() -> None:
    task = audit(auditCheckToActionsMapping={"LOGGING_DISABLED_CHECK": []})
    assert words.check(task.checks[0], task.kind) == "LOGGING_DISABLED_CHECK: nothing known"


def test_a_list_says_how_much_it_leaves_out() -> None:
    assert words.listing(["a", "b"]) == "a, b"
    assert words.listing(["a", "b", "c"], 2) == "a, b and 1 more"
    assert words.listing(["a"], more=1_400) == "a and 1,400 more"


def test_a_fixed_offset_is_a_zone_like_any_other() -> None:
    clock = Clock(timezone(timedelta(hours=5, minutes=45)))
    assert clock.show(MORNING) == "2026-11-22 15:46:07 UTC+05:45 (10:01:07 UTC)"
