"""Each printed command does what it says when it is pasted, whatever the names in it hold."""

from collections.abc import Iterator

from hypothesis import given

from mitigation.action import AddThingsToThingGroup
from mitigation.report import Report
from tests.support import cli
from tests.support.hostile import reports
from tests.support.service_model import why_not


@given(reports())
def test_every_command_is_a_legal_call_with_the_names_as_they_are(report: Report) -> None:
    commands = [command for step in report.next_steps for command in step.commands]
    for command in commands:
        assert command.isascii()
        assert command.replace("\n", "").isprintable()
        assert "`" not in command  # would end a code block in chat
    names = names_in(report)
    for call in cli.read([command for command in commands if "\n" not in command]):
        assert why_not(call.operation, call.members) == ""
        assert call.region == report.place.region
        assert {text for text in texts_in(call) if text not in names} == set()


def names_in(report: Report) -> set[str | None]:
    """Whatever AWS gave that may stand in a command."""
    task, details = report.task, report.details
    groups = {
        group
        for action in task.actions
        for params in action.params
        if isinstance(params, AddThingsToThingGroup)
        for group in params.thing_group_names
    }
    place = report.place
    stem = f"arn:{place.partition}:iot:{place.region}:{place.account}:thinggroup"
    arns = {f"{stem}/{group}" for group in groups}
    names = {task.id, *task.target.finding_ids, *groups, *arns}
    for retry in details.retries if details else ():
        names |= {retry.check_name, *retry.action_names, *retry.subject_ids}
    return names | {check.name for check in task.checks}


def texts_in(call: cli.Call) -> Iterator[str]:
    """Every text of the call that is not of our own making."""
    own = {"clientRequestToken"}
    if call.operation.startswith("Start"):
        own.add("taskId")
    yield from leaves({name: value for name, value in call.members.items() if name not in own})


def leaves(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from leaves(item)
        case dict():
            for item in value.values():
                yield from leaves(item)
