"""What starts a watch, whose tasks are watched, and by which execution."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.member import Hub, Member, read_aliases
from mitigation.starts import NoNameLeft, start
from mitigation.state import write_look
from mitigation.trigger import admit, from_cloudtrail, listed
from mitigation.watch import InvalidWatch, StartedBy, Watch
from tests.support.looks import START
from tests.support.watched import STARTED, started

OWN = Member("123456789012", "eu-west-1")
OTHER = Member("210987654321", "us-east-1")
ENVIRONMENT = {
    "MEMBER_ACCOUNTS": "210987654321,123456789012",
    "MEMBER_REGIONS": "us-east-1,eu-central-1",
    "MEMBER_ALIASES": "210987654321=fleet=us,310987654321=fleet-eu",
    "MEMBER_ROLE": "arn:aws:iam::{account}:role/notifier-member-{region}",
    "POWERTOOLS_SERVICE_NAME": "notifier",
    "AWS_REGION": "eu-west-1",
}
HUB = Hub.of(ENVIRONMENT)
NO_TASK: dict[str, Any] = {"requestParameters": None, "responseElements": None}


def event(**detail: Any) -> dict[str, Any]:
    return started("detect", **detail)


def detect(task_id: str, member: Member | None = None) -> Watch:
    return Watch(TaskType.DETECT, task_id, member=member)


# --- Whose tasks -------------------------------------------------------------------------------


def test_every_listed_account_is_a_member_in_every_listed_region_or_else_in_our_own() -> None:
    accounts, regions = (OTHER.account, OWN.account), ("us-east-1", "eu-central-1")
    assert [*HUB.members()] == [Member(a, region) for a in accounts for region in regions]
    alone = Hub.of(ENVIRONMENT | {"MEMBER_REGIONS": "", "MEMBER_ACCOUNTS": OTHER.account})
    assert [*alone.members()] == [Member(OTHER.account, "eu-west-1")]
    assert HUB.external_id == "notifier"
    assert HUB.role_arn(OTHER) == "arn:aws:iam::210987654321:role/notifier-member-us-east-1"


def test_accounts_may_have_names_and_there_are_none_without_members() -> None:
    names = {"210987654321": "fleet=us", "310987654321": "fleet-eu"}
    assert read_aliases(ENVIRONMENT) == names
    assert read_aliases(ENVIRONMENT | {"MEMBER_ALIASES": ""}) == {}
    assert read_aliases(ENVIRONMENT | {"MEMBER_ACCOUNTS": ""}) is None


def test_a_task_is_that_of_the_envelope_whatever_the_record_says() -> None:
    record = event(recipientAccountId="999999999999", awsRegion="eu-west-3")
    assert admit(from_cloudtrail(record | OWN._asdict()), OWN, HUB).member is None
    for member in (OTHER, Member(OWN.account, "us-east-1")):
        assert admit(from_cloudtrail(record | member._asdict()), OWN, HUB).member == member


@pytest.mark.parametrize(
    "place", [("999999999999", "us-east-1"), ("210987654321", "eu-west-1"), OWN[::-1]]
)
def test_a_task_of_no_member_is_refused(place: tuple[str, str]) -> None:
    with pytest.raises(InvalidWatch, match=r"^detect-t-1: .* MemberAccounts and MemberRegions"):
        admit(detect("t-1", Member(*place)), OWN, HUB)


# --- CloudTrail's event, and an item of the sweep's lists --------------------------------------


def test_a_started_task_is_watched_and_who_started_it_is_known() -> None:
    by = StartedBy("arn:aws:sts::123456789012:assumed-role/SecOps/ada", "198.51.100.24", STARTED)
    watch = Watch(TaskType.DETECT, "quarantine-7", by, OWN)
    assert from_cloudtrail(event()) == watch
    assert Watch.from_input(watch.to_input()) == watch


def test_the_task_id_may_stand_in_the_response_alone_and_nobody_needs_to_be_known() -> None:
    record = event(requestParameters=None, responseElements={"taskId": "a"}, userIdentity=None)
    watch = from_cloudtrail(record)
    assert (watch.task_id, watch.started_by) == ("a", StartedBy(None, "198.51.100.24", STARTED))


REFUSED = event(errorCode="LimitExceededException", **NO_TASK)
NO_EVENTS: list[tuple[Any, str]] = [
    ({}, "detail.eventName: expected StartDetectMitigationActionsTask or StartAudit"),
    (REFUSED, "StartDetectMitigationActionsTask was refused with LimitExceededException: there is"),
    (event(**NO_TASK), "taskId is missing"),
    (event(requestParameters=[]), "CloudTrail event: detail.requestParameters: expected an"),
    (event() | {"account": None}, "CloudTrail event: member.account: '' is not an AWS account"),
    (event() | {"region": None}, "CloudTrail event: member.region: '' is not an AWS region"),
    (event() | {"region": "x" * 41}, f"CloudTrail event: member.region: '{'x' * 40}' is"),
]


@pytest.mark.parametrize(("record", "complaint"), NO_EVENTS)
def test_an_event_that_names_no_task_starts_no_watch_and_says_why(
    record: Any, complaint: str
) -> None:
    with pytest.raises(InvalidWatch, match=f"^{re.escape(complaint)}"):
        from_cloudtrail(record)


HOUR = timedelta(hours=1)
SINCE = START - 6 * HOUR


def swept(**item: object) -> list[datetime | None]:
    """Of the tasks that the sweep takes, where the list has this one."""
    found = [*listed({"taskId": "a"} | item, TaskType.DETECT, since=SINCE, until=START)]
    assert all(each.watch == detect("a") for each in found)
    return [each.at for each in found]


def test_the_sweep_takes_the_tasks_that_started_in_its_window() -> None:
    assert swept(taskStartTime=SINCE - HOUR) == []
    assert swept(taskStartTime=SINCE) == [SINCE]
    assert swept(startTime=START - HOUR) == [START - HOUR]  # as an audit task has it
    assert swept(taskStartTime=START) == []
    assert swept(taskStartTime="soon") == [None]  # watched, whatever is said of its start


def test_an_item_that_names_no_task_is_refused() -> None:
    said = "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got 'a b'"
    with pytest.raises(InvalidWatch, match=f"^{said}$"):
        swept(taskId="a b")
    with pytest.raises(InvalidWatch, match=r"^a listed audit task: expected an object, got None$"):
        list(listed(None, TaskType.AUDIT, since=SINCE, until=START))


# --- The execution's input, and its name -------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"taskId": "quarantine-7\n"}, r"taskId: expected 1 to 128 of .*, got 'quarantine-7\\n'$"),
        ({"taskType": "audits"}, "taskType: expected detect or audit, got 'audits'$"),
        ({"taskType": "x" * 41}, f"taskType: expected detect or audit, got '{'x' * 40}'$"),
        ({"startedBy": "ada"}, "execution input: startedBy: expected an object, got"),
        ({"startedBy": {"at": "soon"}}, "execution input: startedBy.at: "),
        ({"member": {"account": "21"}}, "execution input: missing: member.region"),
        ({"member": {"account": "2" * 12, "region": "x/../x-1"}}, "execution input: member.region"),
    ],
)
def test_an_execution_input_that_names_no_task_is_refused_and_says_why(
    given: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidWatch, match=f"^{complaint}"):
        Watch.from_input({"taskId": "a", **given})


def test_a_member_s_execution_is_named_after_its_account_and_region_too() -> None:
    watch, member = detect("quarantine-7", OTHER), OTHER._asdict()
    assert watch.execution_name == "210987654321-us-east-1-detect-quarantine-7"
    own = {"taskType": "detect", "taskId": "quarantine-7", "startedBy": None}
    assert watch.to_input() == {**own, "member": member}
    assert detect("quarantine-7").to_input() == own
    assert Watch.from_input(watch.to_input()) == watch


def test_a_name_that_is_used_up_has_eight_after_it() -> None:
    first, second, *_, last = detect("x" * 73).execution_names
    assert first == f"detect-{'x' * 73}"  # 80 characters
    assert (second[:66], second[-2:], last[-2:]) == (f"detect-{'x' * 58}-", "-2", "-9")


def test_names_differ_by_task_account_and_region_however_long_and_are_the_same_always() -> None:
    places = [None, OTHER, OTHER._replace(region="eu-central-1"), OWN]
    watches = [detect("x" * 127 + last, place) for place in places for last in "ab"]
    names = [name for watch in watches for name in watch.execution_names]
    assert len({*names}) == 8 * 9
    assert {len(name) for name in names} == {80}
    known = admit(from_cloudtrail(event(requestParameters={"taskId": "x" * 127 + "a"})), OWN, HUB)
    assert known.execution_name == names[0]


# --- Which execution is the watch, where its name is taken already -----------------------------

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:WatchTask"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:"
WATCH = Watch(TaskType.DETECT, "t", StartedBy("arn:ada", None, START))
INPUT, BY_HAND = json.dumps(WATCH.to_input()), {"taskId": "t"}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


class States(Stubber):
    """Step Functions' answers, in order; whatever else is asked is an error."""

    def __init__(self) -> None:
        super().__init__(boto3.client("stepfunctions", region_name="eu-west-1"))
        self.activate()

    def has(self, name: str, *, execution_input: object = BY_HAND, **found: Any) -> None:
        """The name is taken, by this execution."""
        asked = {"stateMachineArn": MACHINE, "name": name, "input": INPUT}
        self.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=asked)
        arn = {"executionArn": EXECUTION + name}
        status = "SUCCEEDED" if "stopDate" in found else "RUNNING"
        known = {"stateMachineArn": MACHINE, "name": name, "status": status, "startDate": at(-60)}
        execution = arn | known | {"input": json.dumps(execution_input)} | found
        self.add_response("describe_execution", execution, arn)

    def takes(self, name: str) -> None:
        asked = {"stateMachineArn": MACHINE, "name": name, "input": INPUT}
        answer = {"executionArn": EXECUTION + name, "startDate": START}
        self.add_response("start_execution", answer, asked)

    def start(self, task_started: datetime | None = START) -> str:
        """The name of the execution that is the watch; every answer was asked for."""
        states: Any = self.client
        arn = start(states, MACHINE, WATCH, task_started)
        self.assert_no_pending_responses()
        return arn.removeprefix(EXECUTION)


def told(decision: Decision, looked: datetime, first: datetime) -> str:
    """The output of a watch that ended with this decision."""
    memory = Memory(since=first, age_seconds=int((looked - first).total_seconds()))
    look = {**write_look(Look(decision, memory=memory)), "retries": 0}
    return json.dumps({"machine": {"version": 2}, "input": BY_HAND, "look": look})


SAW_NONE, SAW_NONE_BEFORE = (told(Decision.VANISHED, at(look), at(-10)) for look in (5, 4.9))
IS_THE_WATCH: dict[str, dict[str, Any]] = {
    "ended as the task started": {"stopDate": START},
    "ended after it, with what nobody can read": {"stopDate": at(1), "output": "{}"},
    "looked for five minutes after the task's start": {"stopDate": at(11), "output": SAW_NONE},
    "told its end": {"stopDate": at(1), "output": told(Decision.ENDED, at(0.5), START)},
}


@pytest.mark.parametrize("found", IS_THE_WATCH.values(), ids=IS_THE_WATCH)
def test_an_execution_is_the_watch_that(found: dict[str, Any]) -> None:
    states = States()
    states.has("detect-t", **found)
    assert states.start() == "detect-t"


IS_NOT: dict[str, dict[str, Any]] = {
    "ended before the task's start": {"stopDate": at(-0.01)},
    "saw no task before, by a clock that is ahead, and was long in telling it": {
        "stopDate": at(300), "output": SAW_NONE_BEFORE,
    },
    "names another task": {"execution_input": {"taskId": "u"}},
    "names no task": {"execution_input": {"taskID": "t"}, "stopDate": at(1), "status": "FAILED"},
    "has an input that nobody may see": {"input": "", "stopDate": at(1)},
}  # fmt: skip


@pytest.mark.parametrize("found", IS_NOT.values(), ids=IS_NOT)
def test_the_next_name_is_taken_after_an_execution_that(found: dict[str, Any]) -> None:
    states = States()
    states.has("detect-t", **found)
    states.takes("detect-t-2")
    assert states.start() == "detect-t-2"


def test_a_task_whose_start_is_not_known_is_not_told_twice() -> None:
    states = States()
    states.has("detect-t", stopDate=at(-1))
    assert states.start(task_started=None) == "detect-t"


def test_when_all_names_are_used_up_it_is_raised() -> None:
    states = States()
    for name in WATCH.execution_names:
        states.has(name, stopDate=at(-1))
    with pytest.raises(NoNameLeft, match="start one under any other name"):
        states.start()
