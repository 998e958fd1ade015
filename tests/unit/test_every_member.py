"""Each member of both Describe answers that botocore knows reaches e-mail, Slack and JSON."""

import html
import json
import re
from datetime import datetime
from typing import Any

import pytest

from embedded.slack_limits import texts
from mitigation.kind import TaskType
from mitigation.messages import data, email, slack
from mitigation.report import Report
from mitigation.task import parse_task
from mitigation.words import Clock
from tests.support.service_model import DESCRIBE, Planter, output_shape


def planted(task_type: TaskType) -> tuple[Any, Planter]:
    planter = Planter()
    return planter.plant(output_shape(DESCRIBE[task_type])), planter


def leaves(*types: type) -> list[tuple[TaskType, str]]:
    return [
        (task_type, path)
        for task_type in TaskType
        for path, value in planted(task_type)[1].leaves.items()
        if type(value) in types
    ]


def messages(answer: Any, task_type: TaskType) -> dict[str, str]:
    """The e-mail as it is, Slack's texts as Slack shows them, and what queues get."""
    report = Report.of(parse_task(answer, task_type, "given-id"))
    payload = json.loads(json.dumps(slack.render(report, Clock()).payload))
    mail = email.render(report, Clock())
    return {
        "email": f"{mail.subject}\n{mail.body}",
        "slack": html.unescape("\n".join(text["text"] for text in texts(payload["blocks"]))),
        "json": data.render(report),
    }


def shown(value: str | float | datetime, channel: str = "email") -> str:
    match value:
        case datetime():
            return f"{value:%H:%M:%S}"
        case int() if channel != "json":
            return f"{value:,}"
    return str(value)


@pytest.mark.parametrize("task_type", TaskType)
def test_every_text_number_and_time_is_told_and_no_two_look_alike(task_type: TaskType) -> None:
    answer, planter = planted(task_type)
    values = {path: v for path, v in planter.leaves.items() if type(v) is not bool}
    for channel, text in messages(answer, task_type).items():
        assert [path for path, v in values.items() if shown(v, channel) not in text] == []
        all_shown = " ".join(shown(v, channel) for v in values.values())
        assert [path for path, v in values.items() if all_shown.count(shown(v, channel)) > 1] == []


@pytest.mark.parametrize(("task_type", "path"), leaves(bool))
def test_every_flag_is_told_as_true_as_false_and_not_at_all(task_type: TaskType, path: str) -> None:
    told = []
    for value in (True, False, None):
        answer, _ = planted(task_type)
        *parents, name = re.findall(r"[^.\[\]{}]+", path)
        holder = answer
        for parent in parents:
            holder = holder[parent]
            holder = holder[0] if isinstance(holder, list) else holder
        holder[name] = value
        told.append(messages(answer, task_type))
    for channel in ("email", "slack", "json"):
        assert len({messages[channel] for messages in told}) == 3
