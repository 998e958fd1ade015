"""Strategies: any answer that AWS may give, and any text that a hostile hand may have put in it.

Strategies are made once each: making them takes longer than drawing from them.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

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

type Json = dict[str, Any]

FRAGMENTS = (
    "<!channel>", "<!here|here>", "<@U012AB3CD>", "<https://evil.example|click>", "@everyone",
    "&", "&lt;", "&amp;", "<", ">", "|", "`", "```", "*", "_", "~", "\\", "'", '"', "$(id)",
    "; rm -rf /", "--help", "-", "file:///etc/passwd", "https://evil.example/", "!!", "%s", "{}",
    "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u200b",
    "\u200d", "\ufeff", "\u00ad", "\U000e0041", "\ud800", "\udfff", "\uffff", "\ue000", "\u00a0",
    "😀", "👩\u200d💻", "🏳\ufe0f\u200d🌈", "é", "e\u0301", "ß", "ﷺ", "設備", "جهاز",
    "^{}[]~|€", "sensor-17", " ", ",",
)  # fmt: skip
PLAIN = st.from_regex(r"[a-zA-Z0-9_-]{1,16}", fullmatch=True)
HOSTILE = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=8).map("".join)
UNICODE = st.text(st.characters(exclude_categories=()), min_size=1, max_size=20)
TASK_IDS = st.just("quarantine-7") | st.from_regex(r"[a-zA-Z0-9_-]{1,128}", fullmatch=True)
TASK_TYPES = st.sampled_from(TaskType)
EDGES = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
ZONES = st.sampled_from([UTC, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=ZONES),  # noqa: DTZ001  zoned
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES),  # noqa: DTZ001  zoned
)
COUNTS = st.integers(0, 20) | st.integers(-5, 10**6) | st.sampled_from([-(2**63), 2**63 - 1])
AGES = st.integers(0, 10**6) | st.integers(0, 10**11)


@cache
def texts(most: int = 128) -> st.SearchStrategy[str]:
    """Never empty; often plain, often hostile, sometimes as long as it may be."""
    longest = HOSTILE.map(lambda text: text * most)
    return st.one_of(PLAIN, HOSTILE, UNICODE, longest).map(lambda text: text[:most])


ERRORS = st.sampled_from(["ResourceNotFoundException", "States.Timeout", "InvalidTask"]) | texts(60)
RAISED = texts(600).map(lambda text: json.dumps({"errorMessage": text, "errorType": "E"}))
CAUSES = RAISED | texts(600) | st.just("")
ARN = "arn:{}:states:eu-west-1:123456789012:execution:watch:{}"
PARTITIONS = st.sampled_from(["aws", "aws-us-gov", "aws-cn", "aws-iso"])
AT = st.none() | MOMENTS.map(format_time)
STARTED_BY = st.fixed_dictionaries(
    {"arn": st.none() | texts(200), "sourceIp": st.none() | texts(60), "at": AT}
)


@cache
def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Any value for the shape, every member optional, lists up to and beyond AWS's limits."""
    match shape:
        case StructureShape():
            members = {name: values(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case ListShape():
            most = shape.metadata.get("max", 5)
            few = st.lists(values(shape.member), max_size=min(3, most))
            sizes = st.sampled_from([most - 1, most, most + 1, 4 * most])
            many = st.builds(_several, values(shape.member), sizes)
            return st.one_of(few, few, few, many)
        case MapShape():
            key, value = values(shape.key), values(shape.value)
            keys = st.builds(_several, key, st.integers(20, 70))
            some = st.dictionaries(key, value, max_size=3)
            return st.one_of(some, some, some, st.builds(dict.fromkeys, keys, value))
        case StringShape() if shape.enum:
            return st.sampled_from(list(shape.enum)) | texts(60)
        case StringShape():
            return texts(shape.metadata.get("max", 200))
    return {
        "timestamp": st.one_of(MOMENTS, MOMENTS, EDGES),
        "boolean": st.booleans(),
        "long": COUNTS,
    }[shape.type_name]


def _several(item: Any, size: int) -> list[Any]:
    return [f"{n}{item}"[:128] if isinstance(item, str) else item for n in range(size)]


def answers(task_type: TaskType) -> st.SearchStrategy[Any]:
    """Describe answers as boto3 gives them."""
    return values(output_shape(DESCRIBE[task_type]))


@st.composite
def details(draw: st.DrawFn, task: Task) -> Details | None:
    """What is read of any action executions of the task, most of them failed, up to hundreds."""
    kind, subject, ids = "Detect", "violationId", task.target.violation_ids
    findings: list[Json] = []
    if task.type is TaskType.AUDIT:
        kind, subject, ids = "Audit", "findingId", task.target.finding_ids
        answer = draw(values(output_shape("DescribeAuditFinding")))
        findings = [answer.get("finding", {}) | {"findingId": one} for one in ids[:1]]
    page = draw(values(output_shape(f"List{kind}MitigationActionsExecutions")))
    rows = page.get("actionsExecutions", [])[:4] * draw(st.sampled_from([1, 1, 1, 7, 40]))
    for number, row in enumerate(rows):
        skipped = "SKIPPED" if row.get("status") == "SKIPPED" else "FAILED"
        one_of = {subject: ids[number % len(ids)]} if ids else {}
        thing = {"thingName": f"{number}{row['thingName']}"[:128]} if "thingName" in row else {}
        rows[number] = {**row, "status": skipped, **one_of, **thing}
    iot: Any = StaticIot(rows, findings)
    return read_details(iot, task, unpaced())


@st.composite
def looks(draw: st.DrawFn, task_type: TaskType, task_id: str) -> Json:
    """What DescribeTask returns."""
    answer = to_wire(draw(answers(task_type)))
    memory = Memory(
        age_seconds=draw(AGES),
        trouble_since=draw(st.none() | AGES),
        problem=draw(st.none() | st.builds(Problem, ERRORS, st.none() | CAUSES)),
        channels={"slack": ChannelMemory(told_interim=draw(st.booleans()))},
        task=answer,
        details=encode(draw(details(parse_task(answer, task_type, task_id)))),
    )
    decision = draw(st.sampled_from([each for each in Decision if each is not Decision.WAIT]))
    return {**write_look(Look(decision, 60, memory)), "retries": draw(st.integers(0, 200))}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any report, made as Notify makes it: of any answer, seen or not, with any details."""
    task_type, task_id = draw(TASK_TYPES), draw(TASK_IDS)
    given = {"taskType": task_type, "taskId": task_id, "startedBy": draw(st.none() | STARTED_BY)}
    state: Json = {"input": given}
    chance = draw(st.integers(0, 9))
    if chance:
        state["look"] = draw(looks(task_type, task_id))
    if chance < 2:
        state["look"] = state.get("look", {}) | {"decision": "final/crashed"}
        state["crash"] = {"Error": draw(ERRORS), "Cause": draw(CAUSES)}
    arn = draw(st.none() | st.builds(ARN.format, PARTITIONS, texts(80)))
    event = {"version": 2, "channel": "sns", "executionArn": arn, "watch": state}
    alias = draw(st.none() | texts(60))
    return Notice.parse(json.loads(json.dumps(event)), account_alias=alias).report
