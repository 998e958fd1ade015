"""What `make check` says of a deployed stack, in each of its states, on the embedded AWS."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from embedded.deploy import STACK, Stack, deploy, deployed
from embedded.engine import Engine
from embedded.play import WEBHOOK_URL, stack_parameters
from embedded.scenario import SlackAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from ops import check, checks, queue
from ops.aws import read_stack
from ops.filters import hides_final
from tests.ops.conftest import Run
from tests.support import stacks


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """With a stack that has Slack, e-mail and the sweep; there is a trail, and a sweep has run."""
    with Engine(slack=[SlackAnswer(404, body="no_service"), SlackAnswer()], speed=500) as engine:
        stack = deploy(engine, stack_parameters(engine) | {"SweepMinutes": "5"})
        cloudtrail = engine.client("cloudtrail")
        cloudtrail.create_trail(Name="org-trail", S3BucketName="uploads", IsMultiRegionTrail=True)
        cloudtrail.start_logging(Name="org-trail")
        sweep = [{"Name": "FunctionName", "Value": stack.resources["SweepFunction"]}]
        at = datetime.now(UTC) - timedelta(minutes=2)
        ran = {"MetricName": "Invocations", "Dimensions": sweep, "Value": 1, "Timestamp": at}
        engine.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[ran])
        yield engine


@pytest.fixture
def stack(engine: Engine) -> Stack:
    return deployed(engine.client("cloudformation"), STACK)


@pytest.fixture
def say(engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The screen; its exit code is its first line."""
    surroundings = engine.environment() | engine.slack.environment(engine.folder)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)

    def look() -> str:
        code = check.main(["--stack-name", STACK])
        return f"{code}\n{capsys.readouterr().out}"

    return look


def give(monkeypatch: pytest.MonkeyPatch, **parameters: str) -> None:
    """As if the stack had been deployed with these parameters alone."""

    def read(session: Any, name: str) -> Any:
        return replace(read_stack(session, name), parameters={"SweepMinutes": "0", **parameters})

    monkeypatch.setattr(check, "read_stack", read)


def test_all_is_well(say: Run) -> None:
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


def test_everything_is_wrong(say: Run, engine: Engine, stack: Stack) -> None:
    """Read it as somebody who is called at night."""
    sns, secrets, sqs = (engine.client(name) for name in ("sns", "secretsmanager", "sqs"))
    trails, watch = engine.client("cloudtrail"), engine.client("cloudwatch")
    queues = [stack.outputs[name] for name in ("DeadLetterQueueUrl", "StartFailuresQueueUrl")]
    alarm = {"AlarmName": stack.resources["NotifyErrorsAlarm"], "StateReason": "test"}
    with ExitStack() as afterwards:
        for name, policy, scope in (
            ("incidents", '{"severity": ["CRITICAL"]}', "MessageAttributes"),
            ("archive", '{"verdict": ["FAILED"]}', "MessageBody"),
        ):
            subscription = sns.subscribe(
                TopicArn=stack.outputs["TopicArn"],
                Protocol="sqs",
                Endpoint=f"arn:aws:sqs:eu-west-1:123456789012:{name}",
                Attributes={"FilterPolicy": policy, "FilterPolicyScope": scope},
            )
            afterwards.callback(sns.unsubscribe, SubscriptionArn=subscription["SubscriptionArn"])
        secrets.put_secret_value(SecretId="slack", SecretString="XYZ")
        afterwards.callback(secrets.put_secret_value, SecretId="slack", SecretString=WEBHOOK_URL)
        trails.create_trail(Name="never-started", S3BucketName="uploads", IsMultiRegionTrail=True)
        trails.put_event_selectors(TrailName="org-trail", **basic("ReadOnly"))
        afterwards.callback(trails.put_event_selectors, TrailName="org-trail", **basic("All"))
        for url in queues:
            sqs.send_message(QueueUrl=url, MessageBody="{}")
            afterwards.callback(sqs.purge_queue, QueueUrl=url)
        watch.set_alarm_state(**alarm, StateValue="ALARM")
        afterwards.callback(watch.set_alarm_state, **alarm, StateValue="OK")
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
            said = say()
    assert re.sub(r"(Topic)-\w+", r"\1", said) == (
        "1\n"
        "ok  Messages     email on-call@example.com, sqs arn:aws:sqs:eu-west-1:123456789012:"
        "incidents, sqs arn:aws:sqs:eu-west-1:123456789012:archive are subscribed to "
        "mitigation-notifier-NotificationTopic\n"
        "!!               sqs arn:aws:sqs:eu-west-1:123456789012:incidents may be told "
        '"still running" and never the end: let {"followsInterim": ["true"]} through, too\n'
        "-                sqs arn:aws:sqs:eu-west-1:123456789012:archive filters by what messages "
        "say, not by their attributes\n"
        "!!  Slack        the Slack secret does not hold a webhook URL: expected an incoming "
        "webhook's URL, https://hooks.slack.com/services/… or "
        "https://hooks.slack-gov.com/services/…\n"
        "ok  Alarm topic  email on-call@example.com is subscribed to "
        "mitigation-notifier-AlarmTopic\n"
        "!!  CloudTrail   no trail logs here: tasks are found by the sweep, within 5 minutes or "
        "so, and nobody knows who started them\n"
        "!!  Sweep        has not run for 20 minutes\n"
        "!!  Letters      1 could not be delivered: make replay STACK=mitigation-notifier\n"
        '!!               1 could not start a watch: make replay ARGS="--starts" '
        "STACK=mitigation-notifier\n"
        "!!  Alarms       NotifyErrorsAlarm rings: Telling has failed for 15 minutes - the log "
        "says why.\n"
        "\n7 to see to; docs/operations.md says how.\n"
    )


def basic(kind: str, *, management: bool = True) -> dict[str, Any]:
    return {"EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": management}]}


def advanced(**wanted: str) -> dict[str, Any]:
    selectors = [{"Field": name, "Equals": [value]} for name, value in wanted.items()]
    return {"AdvancedEventSelectors": [{"FieldSelectors": selectors}]}


@pytest.mark.parametrize(
    ("fields", "takes"),
    [
        (basic("WriteOnly"), True),
        (basic("All", management=False), False),
        (advanced(eventCategory="Management"), True),
        (advanced(eventCategory="Management", readOnly="true"), False),
        (advanced(eventCategory="Data"), False),
    ],
)
def test_a_trail_counts_where_it_logs_writes_of_management(fields: Any, takes: bool) -> None:
    assert checks.takes_writes(fields) is takes


def test_who_has_not_confirmed_is_told_and_does_not_count(
    say: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = {"SubscriptionArn": checks.PENDING, "Protocol": "email", "Endpoint": "ada@x.org"}
    monkeypatch.setattr(checks, "_subscriptions", lambda *_: [ada])
    said = say()
    assert "-   Messages     nobody is subscribed to" in said  # Slack is told
    assert "!!  Alarm topic  nobody hears an alarm: subscribe somebody to arn:aws:sns" in said
    assert said.count("email ada@x.org has not confirmed: use the link in SNS's e-mail") == 2
    give(monkeypatch)  # no Slack either
    assert "!!  Messages     nobody is subscribed to" in say()


def test_a_sweep_that_fails_is_told_and_so_is_what_can_t_be_looked_at(
    say: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    counts = {"Invocations": {now: 3.0, now - timedelta(minutes=5): 1.0}, "Errors": {now: 1.0}}
    monkeypatch.setattr(checks, "_ran", lambda _deployed, metric, _minutes: counts[metric])
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    said = say()
    assert said.startswith("1\n")
    assert "!!  CloudTrail   can't be looked at: Could not connect to the endpoint" in said
    assert "!!  Sweep        ran just now; 1 of the last 4 failed: see its log" in said


def test_what_is_off_is_no_fault(say: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch)
    said = say()
    assert said.startswith("0\n")
    assert "-   Slack        not configured" in said
    assert "-   Sweep        off: tasks whose start CloudTrail does not tell are not" in said


@pytest.mark.parametrize(
    ("policy", "hides"),
    [
        ({"verdict": ["FAILED"]}, False),  # nothing is told in between, so no end is waited for
        ({"verdict": ["FAILED", "OVERDUE"]}, True),
        ({"securityProfileName": ["FleetBaseline"], "severity": ["WARNING"]}, True),
        ({"taskStatus": [{"anything-but": "SUCCESSFUL"}]}, True),
        ({"$or": [{"severity": ["CRITICAL"]}, {"followsInterim": ["true"]}]}, False),
    ],
)
def test_a_filter_hides_the_end_where_something_in_between_passes(policy: Any, hides: bool) -> None:
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
)
def test_of_a_slack_app_the_token_the_scopes_and_the_channel_are_asked_of_slack(
    say: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch, workspace: Workspace, expected: str
) -> None:
    create = engine.client("secretsmanager").create_secret
    secret = create(Name=f"slack-app-{id(workspace)}", SecretString=TOKEN)
    give(monkeypatch, SlackBotTokenSecretArn=secret["ARN"], SlackChannelId=CHANNEL)
    monkeypatch.setattr(engine.slack, "workspace", workspace)
    said = say()
    assert expected in said
    assert TOKEN not in said


@pytest.mark.slow
def test_the_letter_that_a_revoked_webhook_left_reaches_slack_once_the_webhook_works(
    say: Run, run: Run, engine: Engine, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "POLL_SECONDS", 0)
    before = len(engine.mail)
    engine.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"], input='{"taskId": "none"}'
    )
    assert [*stacks.ended_watches(engine, stack.resources).values()] == ["FAILED"]
    assert "!!  Letters      1 could not be delivered" in say()
    assert "1 delivered." in run()
    refused, delivered = engine.slack.posts
    assert (refused.status, delivered.status) == (404, 200)
    assert delivered.payload == refused.payload
    assert len(engine.mail) == before + 1  # the other channel's message is sent no second time
