"""What `make check` says of a deployed stack, in each of its states, on the embedded AWS."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from embedded.deploy import STACK, Stack, deploy
from embedded.engine import Engine
from embedded.play import stack_parameters
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from ops import check, checks
from ops.aws import Stack as OtherStack
from ops.aws import read_stack
from ops.checks import Deployed
from ops.filters import hides_final

type Say = Callable[[], str]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def stack(engine: Engine) -> Stack:
    """With Slack, e-mail and the sweep: all is well, once there is a trail and a sweep."""
    stack = deploy(engine, stack_parameters(engine, slack="webhook") | {"SweepMinutes": "5"})
    cloudtrail = engine.client("cloudtrail")
    cloudtrail.create_trail(Name="org-trail", S3BucketName="uploads", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="org-trail")
    swept(engine, stack, "Invocations", minutes_ago=2)
    return stack


def swept(engine: Engine, stack: Stack, metric: str, minutes_ago: int) -> None:
    function = {"Name": "FunctionName", "Value": stack.resources["SweepFunction"]}
    engine.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [function],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes_ago),
                "Value": 1,
            }
        ],
    )


@pytest.fixture
def say(
    engine: Engine,
    stack: Stack,  # noqa: ARG001  deployed
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """The screen; its exit code is its first line."""
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)

    def look() -> str:
        code = check.main(["--stack-name", STACK])
        return f"{code}\n{capsys.readouterr().out}"

    return look


@contextmanager
def subscribed(engine: Engine, topic: str, **attributes: str) -> Iterator[None]:
    arn = engine.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:eu-west-1:123456789012:incidents",
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    yield
    engine.client("sns").unsubscribe(SubscriptionArn=arn)


def test_all_is_well(say: Say) -> None:
    """Read it as somebody who has just deployed."""
    topics = r"email on-call@example.com is subscribed to mitigation-notifier-"
    assert re.fullmatch(
        "0\n"
        rf"ok  Messages     {topics}NotificationTopic-\w+\n"
        "ok  Slack        the secret can be read, and holds a webhook's URL\n"
        rf"ok  Alarm topic  {topics}AlarmTopic-\w+\n"
        "ok  CloudTrail   org-trail logs AWS IoT's calls\n"
        "ok  Sweep        ran [23] minutes ago\n"
        "ok  Letters      none that could not be delivered\n"
        "ok               none that could not start a watch\n"
        r"ok  Alarms       none of \d+ rings\n"
        "\nAll is well.\n",
        say(),
    )


def test_a_filter_that_hides_the_end_is_told(say: Say, engine: Engine, stack: Stack) -> None:
    policy = json.dumps({"severity": ["CRITICAL"]})
    with subscribed(engine, stack.outputs["TopicArn"], FilterPolicy=policy):
        said = say()
    assert said.startswith("1\n")
    assert 'incidents may be told "still running" and never the end: let {"followsInterim"' in said
    assert "1 to see to; docs/operations.md says how." in said


def test_a_filter_by_the_message_itself_is_left_to_the_reader(
    say: Say, engine: Engine, stack: Stack
) -> None:
    attributes = {"FilterPolicy": '{"verdict": ["FAILED"]}', "FilterPolicyScope": "MessageBody"}
    with subscribed(engine, stack.outputs["TopicArn"], **attributes):
        said = say()
    assert said.startswith("0\n")
    assert "-                incidents" not in said
    assert "incidents filters by what messages say" in said


def test_who_has_not_confirmed_is_told_and_does_not_count(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = {"SubscriptionArn": checks.PENDING, "Protocol": "email", "Endpoint": "ada@x.org"}
    monkeypatch.setattr(checks, "_subscriptions", lambda *_: [ada])
    said = say()
    assert said.startswith("1\n")
    assert "-   Messages     nobody is subscribed to" in said  # Slack is told
    assert "!!  Alarm topic  nobody hears an alarm: subscribe somebody to arn:aws:sns" in said
    assert said.count("email ada@x.org has not confirmed: use the link in SNS's e-mail") == 2


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("https://hooks.slack.com/triggers/T0/XYZ", "holds a workflow trigger's URL"),
        ("XYZ", "does not hold a webhook URL"),
    ],
)
def test_a_secret_of_another_form_is_told_and_never_shown(
    say: Say, engine: Engine, secret: str, line: str
) -> None:
    secrets = engine.client("secretsmanager")
    [found] = secrets.list_secrets()["SecretList"]
    before = secrets.get_secret_value(SecretId=found["ARN"])["SecretString"]
    secrets.put_secret_value(SecretId=found["ARN"], SecretString=secret)
    said = say()
    secrets.put_secret_value(SecretId=found["ARN"], SecretString=before)
    assert said.startswith("1\n")
    assert f"!!  Slack        the Slack secret {line}" in said
    assert "XYZ" not in said


@pytest.mark.parametrize(
    "selectors",
    [
        [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}],
        [{"ReadWriteType": "All", "IncludeManagementEvents": False}],
        None,
    ],
)
def test_without_a_trail_that_logs_such_calls_the_sweep_has_to_find_all(
    say: Say, engine: Engine, selectors: Any
) -> None:
    cloudtrail, usual = engine.client("cloudtrail"), {"ReadWriteType": "All"}
    if selectors:
        cloudtrail.put_event_selectors(TrailName="org-trail", EventSelectors=selectors)
    else:
        cloudtrail.stop_logging(Name="org-trail")
    said = say()
    cloudtrail.start_logging(Name="org-trail")
    everything = [usual | {"IncludeManagementEvents": True}]
    cloudtrail.put_event_selectors(TrailName="org-trail", EventSelectors=everything)
    assert said.startswith("1\n")
    assert "!!  CloudTrail   no trail logs here: tasks are found by the sweep, within 5" in said


def test_advanced_selectors_count_too() -> None:
    def takes(*fields: dict[str, Any]) -> bool:
        return checks.takes_writes({"AdvancedEventSelectors": [{"FieldSelectors": [*fields]}]})

    management = {"Field": "eventCategory", "Equals": ["Management"]}
    assert takes(management)
    assert takes(management, {"Field": "readOnly", "Equals": ["false"]})
    assert not takes(management, {"Field": "readOnly", "Equals": ["true"]})
    assert not takes({"Field": "eventCategory", "Equals": ["Data"]})


def test_a_sweep_that_does_not_run_is_told(say: Say) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        said = say()
    assert said.startswith("1\n")
    assert "!!  Sweep        has not run for 20 minutes" in said


def test_a_sweep_that_fails_is_told(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    counts = {"Invocations": {now: 3.0, now - timedelta(minutes=5): 1.0}, "Errors": {now: 1.0}}
    monkeypatch.setattr(checks, "_ran", lambda _deployed, metric, _minutes: counts[metric])
    assert "!!  Sweep        ran just now; 1 of the last 4 failed: see its log" in say()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("DeadLetterQueueUrl", "1 could not be delivered: make replay STACK="),
        ("StartFailuresQueueUrl", '1 could not start a watch: make replay ARGS="--starts" STACK='),
    ],
)
def test_letters_that_wait_are_told(
    say: Say, engine: Engine, stack: Stack, output: str, line: str
) -> None:
    sqs, queue = engine.client("sqs"), stack.outputs[output]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    said = say()
    sqs.purge_queue(QueueUrl=queue)
    assert said.startswith("1\n")
    assert line + STACK in said


def test_an_alarm_that_rings_is_told_in_the_template_s_words(
    say: Say, engine: Engine, stack: Stack
) -> None:
    cloudwatch, name = engine.client("cloudwatch"), stack.resources["NotifyErrorsAlarm"]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    said = say()
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
    assert "NotifyErrorsAlarm rings: Telling has failed for 15 minutes" in said


def test_what_can_t_be_looked_at_is_told_and_keeps_nothing_else_from_being_looked_at(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    said = say()
    assert said.startswith("1\n")
    assert "!!  CloudTrail   can't be looked at: Could not connect to the endpoint" in said
    assert "ok  Alarms" in said


def test_what_is_off_is_no_fault(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(session: Any, name: str) -> Any:
        return replace(read_stack(session, name), parameters={"SweepMinutes": "0"})

    monkeypatch.setattr(check, "read_stack", without)
    said = say()
    assert said.startswith("0\n")
    assert "-   Slack        not configured" in said
    assert "-   Sweep        off: tasks whose start CloudTrail does not tell are not" in said


def test_a_stack_that_is_not_there_ends_with_two(
    say: Say,  # noqa: ARG001  the account
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.main(["--stack-name", "nobody-s"]) == 2
    assert "there is no stack 'nobody-s'" in capsys.readouterr().err


def test_another_s_stack_ends_with_two(
    say: Say,  # noqa: ARG001  the account
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(check, "read_stack", lambda *_: OtherStack("other", {}, {}))
    monkeypatch.setattr(Deployed, "read", lambda session, stack: Deployed(
        session, stack, {}, (), datetime.now(UTC)))  # fmt: skip
    assert check.main(["--stack-name", "other"]) == 2
    assert "stack other has no output TopicArn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("policy", "hides"),
    [
        ({}, False),
        ({"severity": ["CRITICAL"]}, True),
        ({"verdict": ["FAILED"]}, False),  # nothing is told in between, so no end is waited for
        ({"verdict": ["FAILED", "OVERDUE"]}, True),
        ({"taskType": ["audit"]}, False),
        ({"securityProfileName": ["FleetBaseline"]}, False),
        ({"securityProfileName": ["FleetBaseline"], "severity": ["WARNING"]}, True),
        ({"taskStatus": ["FAILED", "CANCELED"]}, False),
        ({"taskStatus": [{"anything-but": "SUCCESSFUL"}]}, True),
        ({"$or": [{"severity": ["CRITICAL"]}, {"followsInterim": ["true"]}]}, False),
        ({"followsInterim": ["false"]}, True),
        ({"severity": [{"prefix": "CRIT"}]}, True),
    ],
)
def test_a_filter_hides_the_end_where_something_in_between_passes(
    policy: dict[str, Any], hides: bool
) -> None:
    assert hides_final(json.dumps(policy)) is hides


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [
        (Workspace(), "ok               it is in C0MITIGATE, and finds what it has posted there\n"),
        (Workspace(scopes=("chat:write",)), "-                without channels:history a message"),
        (Workspace(scopes=("channels:history",)), "!!  Slack        mitigation in Example has no"),
        (Workspace(is_member=False), "!!               Slack answered not_in_channel: invite the"),
        (Workspace(token="xoxb-another"), "!!  Slack        Slack answered invalid_auth: put the"),
    ],
    ids=["all is well", "no history", "no chat:write", "not in the channel", "wrong token"],
)
def test_of_a_slack_app_the_token_the_scopes_and_the_channel_are_asked_of_slack(
    say: Say,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    workspace: Workspace,
    expected: str,
) -> None:
    name = f"slack-app-{id(workspace)}"
    secret = engine.client("secretsmanager").create_secret(Name=name, SecretString=TOKEN)
    parameters = {"SlackBotTokenSecretArn": secret["ARN"], "SlackChannelId": CHANNEL}

    def with_app(session: Any, name: str) -> Any:
        return replace(read_stack(session, name), parameters={"SweepMinutes": "0", **parameters})

    monkeypatch.setattr(check, "read_stack", with_app)
    monkeypatch.setattr(engine.slack, "workspace", workspace)
    for variable, value in engine.slack.environment(engine.folder).items():
        monkeypatch.setenv(variable, value)
    said = say()
    assert expected in said
    assert TOKEN not in said
