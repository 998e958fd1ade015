"""The embedded AWS does what AWS does, where ministack alone would not."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from embedded.deploy import Stack, deploy
from embedded.engine import Engine
from embedded.play import receive
from embedded.process import EngineFailed
from tests.support.stacks import until

TEMPLATE = Path(__file__).parent / "stack" / "template.yaml"
THEN = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MY_SECRET", "nobody's business")
        environment.setenv("AWS_PROFILE", "production")
        environment.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with Engine(now=THEN, speed=10_000, lambda_environment={"MADE_FOR": "tests"}) as engine:
            yield engine


@pytest.fixture(scope="module")
def stack(engine: Engine) -> Stack:
    return deploy(engine, {}, TEMPLATE)


def invoke(engine: Engine, stack: Stack, **event: Any) -> Any:
    answer = engine.client("lambda").invoke(
        FunctionName=stack.outputs["FunctionName"], Payload=json.dumps(event)
    )
    return json.loads(answer["Payload"].read())


def publish(engine: Engine, stack: Stack, **message: Any) -> Any:
    return invoke(engine, stack, do="publish", message=message)


def test_a_worker_outlives_its_exceptions(engine: Engine, stack: Stack) -> None:
    before = invoke(engine, stack, do="look")["pid"]
    assert invoke(engine, stack, do="fail")["errorType"] == "OutOfOrder"
    assert invoke(engine, stack, do="look")["pid"] == before


def test_waits_pass_for_the_functions_and_hardly_for_us(engine: Engine, stack: Stack) -> None:
    states, machine = engine.client("stepfunctions"), stack.outputs["MachineArn"]
    arn = states.start_execution(stateMachineArn=machine, input='{"items": [1, 2]}')["executionArn"]
    until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", "its end")
    execution = states.describe_execution(executionArn=arn)
    [look, _] = json.loads(execution["output"])["seen"]
    passed = datetime.fromisoformat(look["seen"]["now"]) - THEN
    assert timedelta(days=1, minutes=1) < passed < timedelta(days=1, minutes=3)
    assert [wait["seconds"] for wait in engine.waits] == [60, 86400]
    assert sum(wait["took"] for wait in engine.waits) < 0.1
    started, ended = engine.times_of([execution["startDate"], execution["stopDate"]])
    assert started - THEN < timedelta(minutes=1)
    assert ended - THEN > timedelta(days=1)


def test_nothing_of_the_person_who_runs_it_reaches_a_function(engine: Engine, stack: Stack) -> None:
    environment = invoke(engine, stack, do="look")["environment"]
    assert not {"MY_SECRET", "AWS_PROFILE", "HTTP_PROXY"} & set(environment)
    assert {"MADE_FOR", "HTTPS_PROXY", "SSL_CERT_FILE", "AWS_ENDPOINT_URL_IOT"} <= set(environment)


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("FAILED", {"all@example.com", "problems@example.com"}), ("OVERDUE", {"all@example.com"})],
)
def test_a_filter_policy_decides_who_gets_mail(
    engine: Engine, stack: Stack, verdict: str, told: set[str]
) -> None:
    attributes = {"verdict": {"DataType": "String", "StringValue": verdict}}
    publish(engine, stack, Subject=verdict, Message="problem", MessageAttributes=attributes)
    assert {mail["to"] for mail in engine.mail if mail["subject"] == verdict} == told


def test_what_sns_refuses_is_refused_and_not_sent(engine: Engine, stack: Stack) -> None:
    answer = publish(engine, stack, Subject="x" * 100, Message="too long a subject")
    assert answer["errorType"] == "InvalidParameterException"
    assert answer["errorMessage"].endswith("Invalid parameter: Subject")
    assert not [mail for mail in engine.mail if mail["body"] == "too long a subject"]


def test_a_failed_event_is_tried_again_and_then_kept(engine: Engine, stack: Stack) -> None:
    entry = {"Source": "aws.iot", "DetailType": "any", "Detail": '{"id": 7}'}
    answer = engine.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    letters: list[Any] = []
    sqs, queue = engine.client("sqs"), stack.outputs["FailuresUrl"]

    def has_come() -> bool:
        letters.extend(receive(sqs, queue))
        return bool(letters)

    until(has_come, "the letter")
    assert letters[0]["requestPayload"]["detail"] == {"id": 7}
    assert letters[0]["responsePayload"]["errorType"] == "OutOfOrder"
    [lines] = [lines for name, lines in engine.logs().items() if "Listener" in name]
    assert sum(line.startswith("START") for line in lines) == 3


def test_what_was_recorded_can_be_read_afterwards() -> None:
    with Engine() as engine:
        topic = engine.client("sns").create_topic(Name="any")["TopicArn"]
        engine.client("sns").publish(TopicArn=topic, Message="remembered")
    assert [sent["message"] for sent in engine.sns] == ["remembered"]
    assert not engine.folder.exists()


def test_a_broken_template_is_told_by_its_resource(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources: {Bad: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 99999}}}"
    )
    with Engine() as engine, pytest.raises(EngineFailed, match=r"deploy failed: .*Bad"):
        deploy(engine, {}, template)


def test_an_engine_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded.process.CHILD", ("-c", "raise SystemExit('a mend moved')"))
    with pytest.raises(EngineFailed, match="the engine did not start: a mend moved"), Engine():
        pass


def test_nobody_can_reach_the_engine_from_elsewhere(engine: Engine) -> None:
    port = int(engine.endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    with pytest.raises(OSError, match=r"refused|unreachable|requested address"):
        socket.create_connection(("127.0.0.2", port), timeout=5)
