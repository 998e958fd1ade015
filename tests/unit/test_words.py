"""AWS's terms in plain words, and moments in the reader's zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mitigation import words
from mitigation.task import Task
from mitigation.words import Clock
from mitigation.zone import UnknownZone, find_clock, find_zone
from tests.support.tasks import audit, detect

MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
EIGHT, TEN = MORNING.replace(hour=8, minute=0, second=0), MORNING.replace(minute=0, second=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("Europe/London", MORNING, "2026-11-22 10:01:07 UTC"),  # it is UTC for now
        ("Europe/Berlin", MORNING, "2026-11-22 11:01:07 CET (10:01:07 UTC)"),
        ("Asia/Tokyo", MORNING + 10 * HOUR, "2026-11-23 05:01:07 JST (2026-11-22 20:01:07 UTC)"),
        ("America/Sao_Paulo", MORNING, "2026-11-22 07:01:07 UTC-03 (10:01:07 UTC)"),  # no letters
        ("Asia/Tokyo", datetime.max.replace(tzinfo=UTC), "9999-12-31 23:59:59 UTC"),
    ],
)
def test_a_moment_is_shown_in_the_reader_s_zone_and_in_utc(
    zone: str, moment: datetime, shown: str
) -> None:
    assert Clock(ZoneInfo(zone)).show(moment) == shown


@pytest.mark.parametrize(
    ("zone", "after", "shown"),
    [
        ("UTC", -HOUR, "10:01:07 UTC"),
        # Of the day before in UTC, and of the same one in Tokyo; then the other way round.
        ("Asia/Tokyo", -11 * HOUR, "19:01:07 JST (10:01:07 UTC)"),
        ("Asia/Tokyo", 9 * HOUR, "2026-11-22 19:01:07 JST (10:01:07 UTC)"),
    ],
)
def test_the_day_is_not_repeated(zone: str, after: timedelta, shown: str) -> None:
    assert Clock(ZoneInfo(zone)).show(MORNING, after=MORNING + after) == shown


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (None, None, "at any time"),
        (MORNING, None, "from 2026-11-22 10:01:07 UTC"),
        (None, MORNING, "to 2026-11-22 10:01:07 UTC"),
        (MORNING, TEN + HOUR, "from 2026-11-22 10:01:07 to 11:00:00 UTC"),
        (EIGHT, MORNING, "from 2026-11-22 08:00:00 to 10:01:07 UTC"),
        (EIGHT, TEN + DAY, "from 2026-11-22 08:00 to 2026-11-23 10:00 UTC"),
    ],
)
def test_a_range_says_no_more_than_is_known(
    start: datetime | None, end: datetime | None, shown: str
) -> None:
    assert Clock().range(start, end) == shown


SUMMER = datetime(2026, 10, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end", "shown"),
    [
        ("Europe/Berlin", EIGHT, TEN, "2026-11-22 09:00 to 11:00 CET (08:00 to 10:00 UTC)"),
        (
            "Pacific/Kiritimati",
            EIGHT,
            TEN,
            "2026-11-22 22:00 to 2026-11-23 00:00 UTC+14 (08:00 to 10:00 UTC)",
        ),
        (
            "Europe/Berlin",
            SUMMER,
            SUMMER + DAY,
            "2026-10-24 14:00 CEST to 2026-10-25 13:00 CET (12:00 to 2026-10-25 12:00 UTC)",
        ),
    ],
)
def test_a_range_names_dates_and_zones_once(
    zone: str, start: datetime, end: datetime, shown: str
) -> None:
    assert Clock(ZoneInfo(zone)).range(start, end) == f"from {shown}"


AN_EXAMPLE = "see the IANA time zone names, such as Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Berlin", "Europe/Berlin"),
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
    assert find_clock("Europe/Berlin") == Clock(ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.4, "under 1 s"),
        (1.06, "1 s"),
        (59.6, "1 min"),
        (154, "2 min 34 s"),
        (3_605, "1 h"),
        (93_784, "1 d 2 h"),
        (86_400 * 400, "400 d"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 3, "0 %"),
        (1, 3, "33 %"),
        (1, 100_000, "under 1 %"),
        (99_999, 100_000, "over 99 %"),
        (1, 100, "1 %"),
        (99, 100, "99 %"),
        (5, 5, "100 %"),
    ],
)
def test_a_share_never_claims_all_or_nothing_falsely(part: int, whole: int, shown: str) -> None:
    assert words.share(part, whole) == shown


COUNTS = {
    "8 of 12 actions executed (67 %), 0 failed, 4 skipped": (
        detect(executed=8, skipped=4, failed=0)
    ),
    "all 1,234 actions executed, 0 failed, 0 skipped": detect(executed=1_234, skipped=0, failed=0),
    "1 action executed, 0 failed, 0 skipped": detect(executed=1, skipped=0, failed=0),
    "all 2 actions skipped": detect(skipped=2),
    "3 actions failed, 8 executed, 1 skipped": (
        detect("IN_PROGRESS", executed=8, skipped=1, failed=3)
    ),
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


SCOPES = {
    None: {},
    "Active and past ones": {"onlyActiveViolationsIncluded": False},
    "Violations at any time": {"violationEventOccurrenceRange": {}},
}


@pytest.mark.parametrize(("shown", "members"), SCOPES.items())
def test_range_and_flags_are_told_in_words(shown: str | None, members: dict[str, Any]) -> None:
    assert words.scope(detect(**members), Clock()) == shown


ACTIONS: dict[str, dict[str, Any]] = {
    "parameters not told by AWS": {},
    "updates the CA certificate (NEW)": {"updateCACertificateParams": {"action": "NEW"}},
    "adds the things to thing groups ?, dynamic groups kept": {
        "addThingsToThingGroupParams": {"overrideDynamicGroups": False}
    },
    "replaces the default policy version with template NEW": {
        "replaceDefaultPolicyVersionParams": {"templateName": "NEW"}
    },
    "replaces the default policy version with template ?": {
        "replaceDefaultPolicyVersionParams": {}
    },
    "enables AWS IoT logging at level ? as role ?": {"enableIoTLoggingParams": {}},
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
        "publishFindingToSnsParams": {"topicArn": "arn:topic"},
        "enableIoTLoggingParams": {"roleArnForLogging": "arn:logging"},
    }
    definition = {"name": "Act", "id": "id-1", "roleArn": "arn:role", "actionParams": params}
    known, nameless, unknown = detect(
        actionsDefinition=[definition, {"id": "id-2"}, {"name": "Act"}]
    ).actions
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
