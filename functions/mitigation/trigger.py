"""What starts a watch: CloudTrail's event, or the sweep's list."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mitigation.kind import TaskType
from mitigation.member import Hub, Member, NotListed
from mitigation.watch import InvalidWatch, StartedBy, Watch, parse_task_id
from mitigation.wire import InvalidTask, Reader

START_CALLS = {
    "StartDetectMitigationActionsTask": TaskType.DETECT,
    "StartAuditMitigationActionsTask": TaskType.AUDIT,
}

# The sweep looks this far back for tasks whose start was missed…
SWEEP_WINDOW_SECONDS = 6 * 3600
# …and leaves the youngest to CloudTrail's event, which knows who started them.
SWEEP_GRACE_SECONDS = 120


class Started(NamedTuple):
    """A task that has started: what watches it, and when it did."""

    watch: Watch
    at: datetime | None


def from_cloudtrail(event: object) -> Watch:
    """The watch for an `AWS API Call via CloudTrail` event of one of the two Start calls.

    Its member is the account and region in the event's envelope, which is EventBridge's own, be it
    listed or not: see `admit`. What `detail` says of them counts for nothing.
    """
    try:
        root = Reader.of(event)
        detail = root.child("detail")
        call = detail.text("eventName")
        if call not in START_CALLS:
            expected = " or ".join(START_CALLS)
            raise InvalidWatch(f"detail.eventName: expected {expected}, got {call!r}")
        if error_code := detail.text("errorCode"):
            raise InvalidWatch(f"{call} was refused with {error_code}: there is no task")
        task_id = detail.child("requestParameters").text("taskId") or detail.child(
            "responseElements"
        ).text("taskId")
        return Watch(
            START_CALLS[call],
            parse_task_id(task_id),
            _started_by(detail),
            Member(root.text("account") or "", root.text("region") or "").check(),
        )
    except InvalidTask as error:
        raise InvalidWatch(f"CloudTrail event: {error}") from error


def admit(watch: Watch, own: Member, hub: Hub) -> Watch:
    """The watch, without a member where the task is of our own account and region.

    Raises InvalidWatch for a task that is neither ours nor of a listed member.
    """
    try:
        member = None if watch.member in (None, own) else hub.check(watch.member)
    except NotListed as error:
        raise InvalidWatch(f"{watch.task_name}: {error}") from error
    return watch._replace(member=member)


def listed(
    item: object,
    task_type: TaskType,
    member: Member | None = None,
    *,
    since: datetime,
    until: datetime,
) -> Iterator[Started]:
    """The task in an item of List…MitigationActionsTasks, where it started in [since, until).

    The list is filtered here too: which time AWS filters it by is not documented. Raises
    InvalidWatch for an item that names no task; one whose start can't be read is watched.
    """
    try:
        summary = Reader.of(item, f"a listed {task_type} task")
        task_id = parse_task_id(summary.text("taskId"))
    except InvalidTask as error:
        raise InvalidWatch(str(error)) from error
    try:
        started = summary.time("taskStartTime") or summary.time("startTime")
    except InvalidTask:
        started = None
    if started is None or since <= started < until:
        yield Started(Watch(task_type, task_id, member=member), started)


def _started_by(detail: Reader) -> StartedBy | None:
    """None where it can't be read: a task is watched whoever started it."""
    try:
        return StartedBy(
            detail.child("userIdentity").text("arn"),
            detail.text("sourceIPAddress"),
            detail.time("eventTime"),
        )
    except InvalidTask:
        return None
