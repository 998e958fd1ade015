"""What starts a watch, and what doesn't."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mitigation.kind import TaskType
from mitigation.member import Hub, Member
from mitigation.trigger import admit, from_cloudtrail, listed
from mitigation.watch import InvalidWatch, StartedBy, Watch
from tests.support.watched import STARTED, started

OWN = Member("123456789012", "eu-west-1")
OTHER = Member("210987654321", "us-east-1")
HUB = Hub(("210987654321", "123456789012"), ("us-east-1", "eu-central-1"), "role", "notifier")
SAMPLES = Path(__file__).resolve().parents[2] / "events" / "cloudtrail"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(**detail: Any) -> dict[str, Any]:
    return started("detect", **detail)


NO_TASK: dict[str, Any] = {"requestParameters": None, "responseElements": None}


def test_a_started_task_is_watched_and_who_started_it_is_known() -> None:
    assert from_cloudtrail(event()) == Watch(
        TaskType.DETECT,
        "quarantine-7",
        StartedBy("arn:aws:sts::123456789012:assumed-role/SecOps/ada", "198.51.100.24", STARTED),
        OWN,
    )


def test_a_started_audit_mitigation_task_is_watched_as_one() -> None:
    watch = from_cloudtrail(event(eventName="StartAuditMitigationActionsTask"))
    assert watch.task_type is TaskType.AUDIT


def test_the_task_id_may_stand_in_the_response_alone() -> None:
    record = event(requestParameters=None, responseElements={"taskId": "quarantine-8"})
    assert from_cloudtrail(record).task_id == "quarantine-8"


def test_nobody_needs_to_be_known() -> None:
    record = event(userIdentity=None, sourceIPAddress=None, eventTime=None)
    assert from_cloudtrail(record).started_by == StartedBy(None, None, None)


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({}, "detail.eventName: expected StartDetectMitigationActionsTask or"),
        (event(eventName="CancelDetectMitigationActionsTask"), "got 'CancelDetect"),
        (
            event(errorCode="LimitExceededException", **NO_TASK),
            "was refused with LimitExceededException: there is no task",
        ),
        (event(**NO_TASK), "taskId is missing"),
        (event(requestParameters={"taskId": "a b"}), "expected 1 to 128 of"),
        (event(requestParameters={"taskId": 7}), "requestParameters.taskId: expected text, got 7"),
        (event(requestParameters=[]), "detail.requestParameters: expected an object"),
        (event() | {"account": None}, "member.account: '' is not an AWS account"),
        (event() | {"region": "x"}, "member.region: 'x' is not an AWS region"),
        (event() | {"region": None}, "member.region: '' is not an AWS region"),
        ([], "expected an object, got []"),
    ],
)
def test_an_event_that_names_no_task_starts_no_watch_and_says_why(
    record: Any, complaint: str
) -> None:
    with pytest.raises(InvalidWatch) as error:
        from_cloudtrail(record)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("place", "member"),
    [(OWN, None), (OTHER, OTHER), (Member("123456789012", "us-east-1"),) * 2],
)
def test_a_task_is_that_of_the_envelope_whatever_the_record_says(
    place: Member, member: Member | None
) -> None:
    record = event(recipientAccountId="999999999999", awsRegion="eu-west-3") | place._asdict()
    assert admit(from_cloudtrail(record), OWN, HUB).member == member


@pytest.mark.parametrize(
    "place", [("999999999999", "us-east-1"), ("210987654321", "eu-west-1"), OWN[::-1]]
)
def test_a_task_of_no_member_is_refused(place: tuple[str, str]) -> None:
    with pytest.raises(InvalidWatch, match="is not listed in MemberAccounts and MemberRegions"):
        admit(Watch(TaskType.DETECT, "t-1", member=Member(*place)), OWN, HUB)


def test_without_members_only_our_own_tasks_are_watched() -> None:
    nobody = Hub((), ("eu-west-1",), "role", "notifier")
    assert admit(from_cloudtrail(event()), OWN, nobody).member is None
    with pytest.raises(InvalidWatch, match="quarantine-7: 210987654321"):
        admit(from_cloudtrail(event() | OTHER._asdict()), OWN, nobody)
    assert list(nobody.members()) == []


def test_a_task_id_is_all_that_an_execution_input_needs() -> None:
    assert Watch.from_input({"taskId": "quarantine-7"}) == Watch(TaskType.DETECT, "quarantine-7")


def test_an_execution_input_is_read_back_as_it_was_written() -> None:
    watch = from_cloudtrail(event())
    assert Watch.from_input(watch.to_input()) == watch


@pytest.mark.parametrize(
    ("execution_input", "complaint"),
    [
        ({}, "taskId is missing: it names the mitigation actions task to watch"),
        ({"taskId": ""}, "taskId is missing"),
        ({"taskId": "x" * 129}, "expected 1 to 128 of a-z, A-Z, 0-9, _ and -"),
        ({"taskId": "quarantine-7\n"}, "expected 1 to 128"),
        ({"taskId": "../x"}, "got '../x'"),
        ({"taskId": "a", "taskType": "audits"}, "taskType: expected detect or audit, got 'audits'"),
        ({"taskId": "a", "startedBy": "ada"}, "startedBy: expected an object, got 'ada'"),
        ({"taskId": "a", "member": {"account": "21"}}, "missing: member.region"),
        ({"taskId": "a", "member": OTHER._replace(account="2" * 13)._asdict()}, "AWS account"),
        ({"taskId": "a", "member": OTHER._replace(region="eu/../x-1")._asdict()}, "AWS region"),
        ("quarantine-7", "expected an object"),
    ],
)
def test_an_execution_input_that_names_no_task_is_refused_and_says_why(
    execution_input: Any, complaint: str
) -> None:
    with pytest.raises(InvalidWatch) as error:
        Watch.from_input(execution_input)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_an_execution_is_named_after_its_task() -> None:
    assert Watch(TaskType.AUDIT, "weekly-46").execution_name == "audit-weekly-46"


def test_a_member_s_execution_is_named_after_its_account_and_region_too() -> None:
    watch = Watch(TaskType.DETECT, "quarantine-7", member=OTHER)
    assert watch.execution_name == "210987654321-us-east-1-detect-quarantine-7"
    assert watch.to_input() == {
        "taskType": "detect",
        "taskId": "quarantine-7",
        "startedBy": None,
        "member": {"account": "210987654321", "region": "us-east-1"},
    }
    assert Watch.from_input(watch.to_input()) == watch
    assert "member" not in dict(Watch(TaskType.DETECT, "a").to_input())  # type: ignore[arg-type]  # it is an object


def test_names_of_equal_tasks_differ_by_account_and_region_however_long() -> None:
    places = [None, OTHER, OTHER._replace(region="eu-central-1"), OWN]
    for task_id in ("a", "x" * 128):
        watches = [Watch(TaskType.AUDIT, task_id, member=place) for place in places]
        names = {name for watch in watches for name in watch.execution_names}
        assert len(names) == len(places) * len(list(watches[0].execution_names))
        assert all(len(name) <= 80 for name in names)


def test_a_name_of_eighty_characters_is_kept() -> None:
    assert Watch(TaskType.DETECT, "x" * 73).execution_name == f"detect-{'x' * 73}"


def test_longer_names_are_cut_and_still_differ() -> None:
    watches = [Watch(TaskType.DETECT, f"{'x' * 100}{n}") for n in range(20)]
    names = {name for watch in watches for name in watch.execution_names}
    assert len(names) == 20 * 9
    assert {len(name) for name in names} == {80}


def test_a_name_that_is_used_up_has_eight_after_it() -> None:
    first, second, *_, last = Watch(TaskType.DETECT, "quarantine-7").execution_names
    assert [first, second, last] == [
        "detect-quarantine-7",
        "detect-quarantine-7-2",
        "detect-quarantine-7-9",
    ]


def test_the_same_task_has_the_same_name_always() -> None:
    record = event(requestParameters={"taskId": "x" * 128})
    known = admit(from_cloudtrail(record), OWN, HUB)
    swept = Watch(TaskType.DETECT, "x" * 128)
    assert known.execution_name == swept.execution_name


SINCE = NOW - timedelta(hours=6)


@pytest.mark.parametrize(
    ("item", "at"),
    [
        ({"taskStartTime": NOW - timedelta(hours=7)}, "too old"),
        ({"taskStartTime": SINCE}, SINCE),
        ({"startTime": NOW - timedelta(hours=1)}, NOW - timedelta(hours=1)),  # of an audit task
        ({"taskStartTime": NOW}, "too young"),
        ({}, None),
        ({"taskStartTime": "soon"}, None),  # a task is watched, whatever is said of its start
    ],
)
def test_the_sweep_takes_the_tasks_that_started_in_its_window(
    item: dict[str, Any], at: datetime | str | None
) -> None:
    found = list(listed({"taskId": "a", **item}, TaskType.DETECT, since=SINCE, until=NOW))
    assert found == ([] if isinstance(at, str) else [(Watch(TaskType.DETECT, "a"), at)])


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ({}, "taskId is missing: it names the mitigation actions task to watch"),
        ({"taskId": "a b"}, "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got 'a b'"),
        ({"taskId": 7}, "a listed audit task.taskId: expected text, got 7"),
        (None, "a listed audit task: expected an object, got None"),
    ],
)
def test_an_item_that_names_no_task_is_refused(item: Any, complaint: str) -> None:
    with pytest.raises(InvalidWatch) as refused:
        list(listed(item, TaskType.AUDIT, since=SINCE, until=NOW))
    assert str(refused.value) == complaint


def test_the_samples_are_records_of_their_own_as_cloudtrail_writes_them() -> None:
    records = [json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.json"))]
    ids = [[r["id"], r["detail"]["requestID"], r["detail"]["eventID"]] for r in records]
    assert len({each for three in ids for each in three}) == 3 * len(records) == 9
    for record in records:
        assert record["detail"]["userIdentity"]["accessKeyId"].startswith("ASIA")
        assert record["time"] == record["detail"]["eventTime"]
        refused = "errorCode" in record["detail"]
        assert refused is (record["detail"]["requestParameters"] is None)
