"""Strategies: any answer that AWS may give, and any text that a hostile hand may have put in it.

Strategies are made once each: making them takes longer than drawing from them.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

from mitigation.action_executions import read_details
from mitigation.causes import Details
from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look, Memory, Problem
from mitigation.kind import TaskType
from mitigation.notice import Notice
from mitigation.report import Report
from mitigation.state import write_look
from mitigation.task import Task, parse_task
from mitigation.wire import format_time, to_wire
from tests.support.service_model import DESCRIBE, output_shape
from tests.support.static_iot import StaticIot, unpaced

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient

FRAGMENTS = (
    "<!channel>", "<!here|here>", "<@U012AB3CD>", "<https://evil.example|click>", "@everyone",
    "&", "&lt;", "&amp;", "<", ">", "|", "`", "```", "*", "_", "~", "\\", "'", '"', "$(id)",
    "; rm -rf /", "--help", "-", "file:///etc/passwd", "https://evil.example/", "!!", "%s", "{}",
    "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u200b",
    "\u200d", "\ufeff", "\u00ad", "\U000e0041", "\ud800", "\udfff", "\uffff", "\ue000", "\u00a0",
    "😀", "👩\u200d💻", "🏳\ufe0f\u200d🌈", "é", "e\u0301", "ß", "ﷺ", "設備", "جهاز",
    "^{}[]~|€", "sensor-17", " ", ",",
)  # fmt: skip


@cache
def texts(most: int = 128) -> st.SearchStrategy[str]:
    """Never empty; often plain, often hostile, sometimes as long as it may be."""
    hostile = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=8).map("".join)
    return st.one_of(
        PLAIN,
        hostile,
        st.text(st.characters(exclude_categories=()), min_size=1, max_size=20),
        hostile.map(lambda text: text * most),
    ).map(lambda text: text[:most])


@cache
def maybe_texts(most: int) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), texts(most))


PLAIN = st.from_regex(r"[a-zA-Z0-9_-]{1,16}", fullmatch=True)
TASK_IDS = st.one_of(
    st.just("quarantine-7"), st.from_regex(r"[a-zA-Z0-9_-]{1,128}", fullmatch=True)
)
TASK_TYPES = st.sampled_from(TaskType)
MOMENTS = st.builds(
    lambda moment, offset: moment.replace(tzinfo=offset),
    st.one_of(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  zoned above
        st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001  zoned above
    ),
    st.sampled_from([UTC, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))]),
)
EDGES = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
MAYBE_TIMES = st.one_of(st.none(), MOMENTS.map(format_time))
COUNTS = st.one_of(
    st.integers(0, 20), st.integers(-5, 10**6), st.sampled_from([-(2**63), 2**63 - 1, 0])
)
ERRORS = st.one_of(
    st.sampled_from(["ResourceNotFoundException", "ClientError", "States.Timeout", "InvalidTask"]),
    texts(60),
)
CAUSES = st.one_of(
    texts(600).map(lambda text: json.dumps({"errorMessage": text, "errorType": "ClientError"})),
    texts(600),
    st.just(""),
)
DECISIONS = st.sampled_from([each for each in Decision if each is not Decision.WAIT])
TOLD = st.builds(ChannelMemory, st.booleans())
AGES = st.one_of(st.integers(0, 10**6), st.integers(0, 10**11))
EXECUTION_ARNS = st.one_of(
    st.none(),
    st.builds(
        "arn:{}:states:eu-west-1:123456789012:execution:watch:{}".format,
        st.sampled_from(["aws", "aws-us-gov", "aws-cn", "aws-iso"]),
        texts(80),
    ),
)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Any value for the shape, every member optional, lists up to and beyond AWS's limits."""
    match shape:
        case StructureShape():
            members = {name: values(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case ListShape():
            return _lists(values(shape.member), shape.metadata.get("max", 5))
        case MapShape():
            return _maps(values(shape.key), values(shape.value))
        case StringShape() if shape.enum:
            return st.one_of(st.sampled_from(list(shape.enum)), texts(60))
        case StringShape():
            return texts(shape.metadata.get("max", 200))
    return {
        "timestamp": st.one_of(MOMENTS, MOMENTS, EDGES),
        "boolean": st.booleans(),
        "long": COUNTS,
    }[shape.type_name]


def _lists(items: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    def repeat(item: Any, size: int) -> list[Any]:
        return [f"{n}{item}"[:128] if isinstance(item, str) else item for n in range(size)]

    few = st.lists(items, max_size=min(3, most))
    many = st.builds(repeat, items, st.sampled_from([most - 1, most, most + 1, 4 * most]))
    return st.one_of(few, few, few, many)


def _maps(
    keys: st.SearchStrategy[str], items: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    def repeat(key: str, item: Any, size: int) -> dict[str, Any]:
        return {f"{n}{key}": item for n in range(size)}

    few = st.dictionaries(keys, items, max_size=3)
    many = st.builds(repeat, keys, items, st.integers(20, 70))
    return st.one_of(few, few, few, many)


@cache
def answers(task_type: TaskType) -> st.SearchStrategy[Any]:
    """Describe answers as boto3 gives them."""
    return values(output_shape(DESCRIBE[task_type]))


@cache
def rows(task_type: TaskType) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Action executions, most of them failed."""
    page = output_shape(f"List{task_type.capitalize()}MitigationActionsExecutions")
    assert isinstance(page, StructureShape)
    items = page.members["actionsExecutions"]
    assert isinstance(items, ListShape)
    row = values(items.member).map(
        lambda row: row if row.get("status") == "SKIPPED" else {**row, "status": "FAILED"}
    )
    return st.lists(row, max_size=4)


@cache
def findings() -> st.SearchStrategy[list[dict[str, Any]]]:
    answer = output_shape("DescribeAuditFinding")
    assert isinstance(answer, StructureShape)
    return st.lists(values(answer.members["finding"]), max_size=3)


COPIES = st.sampled_from([1, 1, 1, 7, 40])


@st.composite
def details(draw: st.DrawFn, task: Task) -> Details | None:
    """What is read of any action executions of the task, up to hundreds."""
    member, subjects = "violationId", task.target.violation_ids
    found: list[dict[str, Any]] = []
    if task.type is TaskType.AUDIT:
        member, subjects = "findingId", task.target.finding_ids
        found = draw(findings())
        if subjects:
            found = [{**finding, "findingId": subjects[0]} for finding in found]
    several = []
    copies = draw(COPIES)
    for row in draw(rows(task.type)):
        for number in range(copies):
            copy = dict(row)
            if subjects:
                copy[member] = subjects[number % len(subjects)]
            if "thingName" in row:
                copy["thingName"] = f"{number}{row['thingName']}"[:128]
            several.append(copy)
    return read_details(cast("IoTClient", StaticIot(several, found)), task, unpaced())


@st.composite
def looks(draw: st.DrawFn, task_type: TaskType, task_id: str) -> dict[str, Any]:
    """What DescribeTask returns."""
    answer = to_wire(draw(answers(task_type)))
    found = draw(details(parse_task(answer, task_type, task_id)))
    memory = Memory(
        age_seconds=draw(AGES),
        trouble_since=draw(st.none() | AGES),
        problem=draw(st.none() | st.builds(Problem, ERRORS, st.none() | CAUSES)),
        channels=draw(st.dictionaries(st.sampled_from(["sns", "slack"]), TOLD)),
        task=answer,
        details=encode(found),
    )
    look = Look(draw(DECISIONS), 60, memory)
    return {**write_look(look), "retries": draw(st.integers(0, 200))}


@st.composite
def notices(draw: st.DrawFn) -> dict[str, Any]:
    """Any input of Notify: of any answer, seen or not, with any details, from anywhere."""
    task_type, task_id = draw(TASK_TYPES), draw(TASK_IDS)
    given: dict[str, Any] = {"taskType": task_type.value, "taskId": task_id}
    if draw(st.booleans()):
        given["startedBy"] = {
            "arn": draw(maybe_texts(200)),
            "sourceIp": draw(maybe_texts(60)),
            "at": draw(MAYBE_TIMES),
        }
    state: dict[str, Any] = {"input": given}
    chance = draw(st.integers(0, 9))
    if chance:
        state["look"] = draw(looks(task_type, task_id))
    if chance < 2:
        state["look"] = state.get("look", {}) | {"decision": "final/crashed"}
        state["crash"] = {"Error": draw(ERRORS), "Cause": draw(CAUSES)}
    arn = draw(EXECUTION_ARNS)
    return {"version": 2, "channel": "sns", "executionArn": arn, "watch": state}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any report, made as Notify makes it: from JSON."""
    event = json.loads(json.dumps(draw(notices())))
    return Notice.parse(event, account_alias=draw(maybe_texts(60))).report
