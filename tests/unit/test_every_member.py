"""Each member of both Describe answers that botocore knows reaches e-mail, Slack and JSON."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded.slack_limits import texts
from mitigation.kind import TaskType
from mitigation.messages import data, email, slack
from mitigation.report import Report
from mitigation.task import parse_task
from mitigation.words import Clock
from tests.support.service_model import DESCRIBE, output_shape

type Leaves = dict[str, str | int | datetime | None]


def planted(shape: Shape, leaves: Leaves, path: str = "") -> Any:
    """With every member present: what `leaves` has for a path, or else what is put there too.

    Texts and times are unique; each number is a third of the one before, so a total that comes
    first is more than its parts, and no sum or rest of some is like another.
    """
    match shape:
        case StructureShape():
            return {n: planted(m, leaves, f"{path}.{n}") for n, m in shape.members.items()}
        case ListShape():
            return [planted(shape.member, leaves, f"{path}[]")]
        case MapShape():
            key = planted(shape.key, leaves, f"{path}{{key}}")
            return {key: planted(shape.value, leaves, f"{path}{{}}")}
    number = len(leaves)
    start = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
    unique: Leaves = {
        "timestamp": start + timedelta(days=number, seconds=number),
        "boolean": True,
        "long": 3 ** (30 - number),
        "string": f"leaf-{number}-x",
    }
    return leaves.setdefault(path, unique[shape.type_name])


def messages(task_type: TaskType, leaves: Leaves) -> tuple[str, str, str]:
    """The e-mail as it is, Slack's texts as Slack shows them, and what queues get."""
    answer = planted(output_shape(DESCRIBE[task_type]), leaves)
    report = Report.of(parse_task(answer, task_type, "given-id"))
    payload: Any = slack.render(report, Clock()).payload
    mail = email.render(report, Clock())
    shown = html.unescape("\n".join(text["text"] for text in texts(payload["blocks"])))
    return f"{mail.subject}\n{mail.body}", shown, data.render(report)


@pytest.mark.parametrize("task_type", TaskType)
def test_every_text_number_and_time_is_told_and_no_two_look_alike(task_type: TaskType) -> None:
    leaves: Leaves = {}
    told = [text.replace(",", "") for text in messages(task_type, leaves)]  # as in 1,234
    values = {
        path: f"{value:%H:%M:%S}" if isinstance(value, datetime) else str(value)
        for path, value in leaves.items()
        if value is not True
    }
    for text in told:
        assert [path for path, value in values.items() if value not in text] == []
    all_values = " ".join(values.values())
    assert [path for path, value in values.items() if all_values.count(value) > 1] == []


@pytest.mark.parametrize("task_type", TaskType)
def test_every_flag_is_told_as_true_as_false_and_not_at_all(task_type: TaskType) -> None:
    leaves: Leaves = {}
    messages(task_type, leaves)
    for path in [path for path, value in leaves.items() if value is True]:
        told = [messages(task_type, {path: value}) for value in (True, False, None)]
        assert (path, *(len({*texts}) for texts in zip(*told, strict=True))) == (path, 3, 3, 3)
