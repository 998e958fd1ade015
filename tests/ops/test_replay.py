"""The replay promises: nothing is lost, and nothing that was delivered is sent again.

What can't be done as it was asked is said in one line, with exit code 2 and no traceback.
"""

import dataclasses
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from ops import ROOT, invoke, letters, queue, replay
from tests.ops import conftest as fake
from tests.ops.conftest import LETTERS, STARTS, FakeStack, Run, dead_letter
from tests.support.watched import started

type Mishap = Callable[[FakeStack], None]

UNAVAILABLE = {"delivered": False, "waitSeconds": 30, "waitedSeconds": 30}


def put(stack: FakeStack, *task_ids: str) -> None:
    stack.put(LETTERS, *map(dead_letter, task_ids))


def task_id(letter: Any) -> str:
    return str(letter["watch"]["input"]["taskId"])


def test_25_letters_are_each_sent_once_as_notify_got_them_and_a_second_run_sends_nothing(
    stack: FakeStack, run: Run
) -> None:
    names = [f"t{number:02}" for number in range(25)]
    put(stack, *names)
    assert "25 delivered." in run()
    sent = [fake.notify_input(name) for name in names]
    for each in sent:
        del each["attempt"]  # it is tried as if for the first time
    assert sorted(stack.invoked, key=task_id) == sent
    assert "queue is empty" in run()
    assert len(stack.invoked) == 25


def test_only_what_was_delivered_is_deleted_and_the_next_run_may_send_the_rest(
    stack: FakeStack, run: Run
) -> None:
    def notify(payload: Any) -> Any:
        match task_id(payload):
            case "refused":
                raise fake.Refused("DeliveryRejected", "Slack answered 404: no_service")
            case name:
                return {"down": UNAVAILABLE, "odd": None}.get(name, fake.DELIVERED)

    stack.functions["notify"] = notify
    put(stack, "down", "good", "refused", "odd")
    said = run(code=1)
    assert "the channel is still unavailable; it asks for 30 s" in said
    assert "DeliveryRejected: Slack answered 404: no_service" in said
    assert "the function's answer is not understood: null" in said
    assert "1 delivered; 3 kept." in said
    stack.functions["notify"] = lambda _: fake.DELIVERED
    run()
    assert sorted(map(task_id, stack.invoked[4:])) == ["down", "odd", "refused"]
    assert stack.counts(LETTERS) == (0, 0)


def test_a_dry_run_shows_what_would_become_of_each_letter_and_changes_nothing(
    stack: FakeStack, run: Run
) -> None:
    stack.put(LETTERS, dead_letter("t1", "sns"), dead_letter("t2", "slack"), "garbage")
    said = run("--dry-run", code=1)
    for shown in (
        "Subject: [FAILED] t1: 3 of 12 mitigation actions failed",
        "🚨 t2: 3 of 12 mitigation actions failed",
        "plant-7 (123456789012)",
        "11:01:07 CET",
        "Nothing was sent, nothing was deleted.",
    ):
        assert shown in said
    document = json.loads(run("--json", "--dry-run", "--channel", "sns", code=1))
    assert (document["stack"], document["ofAnotherChannel"]) == (fake.STACK, 1)
    found = {letter["outcome"]: letter for letter in document["letters"]}
    assert set(found) == {"would send", "not ours"}
    ours = found["would send"]
    assert (ours["channel"], ours["message"]["attributes"]["verdict"]) == ("sns", "PARTLY_FAILED")
    assert ours["failure"] == "DeliveryRejected: Slack answered 404: no_service"
    assert (stack.invoked, stack.counts(LETTERS)) == ([], (3, 0))


def test_nothing_is_shown_that_a_terminal_would_obey(stack: FakeStack, run: Run) -> None:
    for channel in ("sns", "slack", "[bold]\u202epager\n"):
        hostile = dead_letter("t1", channel, taskStatus="\x1b[31m[red]\u202e\r")
        stack.put(LETTERS, hostile, "not JSON \u202e")
    said = run("--dry-run", code=1)
    assert r"\x1b[31m[red]\u202e\r" in said
    assert r"[bold]\u202epager\n" in said
    assert not {"\x1b", "\u202e", "\r"} & set(said)


def test_a_letter_that_cannot_be_rendered_here_is_still_for_notify_to_judge(
    stack: FakeStack, run: Run
) -> None:
    stack.put(LETTERS, dead_letter("t1", taskStatus=7))
    assert "can't be rendered: taskSummary.taskStatus" in run("--dry-run", code=1)
    run()
    assert len(stack.invoked) == 1


@pytest.mark.parametrize(
    ("queue_name", "body", "why"),
    [
        (LETTERS, "[" * 100_000, "it is not JSON"),
        (LETTERS, "[1]", "it is not a JSON object: [1]"),
        (LETTERS, '{"channel": 7, "watch": {}}', "neither a channel nor a watch is in it"),
        (LETTERS, '{"Type": "Notification"}', "SNS could not hand it to a subscriber"),
        (STARTS, '{"requestContext": {}, "requestPayload": "text"}', "no event is in it"),
    ],
)
def test_what_is_no_letter_is_shown_and_kept(
    stack: FakeStack, run: Run, queue_name: str, body: str, why: str
) -> None:
    stack.put(queue_name, body)
    said = run(*(["--starts"] if queue_name == STARTS else []), code=1)
    assert said.startswith("not ours")
    assert why in said
    assert max(len(line) for line in said.splitlines()) < 400
    assert (stack.invoked, stack.counts(queue_name)) == ([], (1, 0))


def test_two_replays_at_once_send_each_letter_once(stack: FakeStack) -> None:
    """The second one runs from start to end while the first one has its second in its hands."""
    put(stack, "t0", "t1", "t2", "t3")
    options = replay.parse_options(["--stack-name", fake.STACK])
    first, second = replay.prepare(options), replay.prepare(options)
    send = first.handle

    def overtaken(*asked: Any) -> Any:
        if len(stack.invoked) == 1:
            second.run()
        return send(*asked)

    first.handle = overtaken
    first.run()
    assert sorted(map(task_id, stack.invoked)) == ["t0", "t1", "t2", "t3"]
    assert (len(first.summary.results), len(second.summary.results)) == (2, 2)
    assert stack.counts(LETTERS) == (0, 0)


def test_a_run_that_finds_all_letters_in_other_hands_does_not_call_the_queue_empty(
    stack: FakeStack, run: Run
) -> None:
    put(stack, "t1")
    stack.sqs.receive_message(QueueUrl=stack.outputs[LETTERS], VisibilityTimeout=60)
    assert "1 just now in other hands" in run(code=1)


def test_a_letter_is_held_for_longer_than_its_function_may_take() -> None:
    """Else SQS would give it to another replay while this one still sends it."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for kind in (letters.DEAD_LETTERS, letters.START_FAILURES):
        function = template["Outputs"][kind.function_output]["Value"]["Ref"]
        assert template["Resources"][function]["Properties"]["Timeout"] < invoke.ANSWER_SECONDS
    assert invoke.CONNECT_SECONDS + invoke.ANSWER_SECONDS < queue.HOLD_SECONDS / 2


def test_a_letter_that_could_not_be_deleted_stays_invisible_for_a_while(stack: FakeStack) -> None:
    put(stack, "t1")
    found = queue.Queue(stack.sqs, stack.outputs[LETTERS])
    with closing(found.messages()) as messages, pytest.raises(ClientError):
        found.delete(dataclasses.replace(next(messages), receipt="not a receipt"))
    assert stack.counts(LETTERS) == (0, 1)


def lose_the_queue(stack: FakeStack) -> None:
    stack.sqs.delete_queue(QueueUrl=stack.outputs[LETTERS])


def hang_up(_stack: FakeStack) -> None:
    raise ConnectionAbortedError


def interrupt(_stack: FakeStack) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def interrupt_twice(_stack: FakeStack) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    while signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        time.sleep(0.001)  # until the first one was taken in
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(2)  # there is no answer meanwhile


MAY_HAVE = "it may have arrived: look there before you replay again"


@pytest.mark.parametrize(
    ("mishap", "code", "shown", "left"),
    [
        (lose_the_queue, 1, ["DELIVERED, BUT STILL IN", "aws sqs delete-message --region"], None),
        (hang_up, 1, ["unknown", f"no answer (ConnectionClosedError); {MAY_HAVE}"], (1, 1)),
        (interrupt, 130, ["1 delivered.", "lies in the queue as before"], (1, 0)),
        (interrupt_twice, 130, [f"interrupted while it was sent; {MAY_HAVE}"], (1, 1)),
    ],
)
def test_a_run_that_ends_at_its_first_letter_says_what_is_known_of_it(
    stack: FakeStack, run: Run, mishap: Mishap, code: int, shown: list[str], left: Any
) -> None:
    def notify(_payload: object) -> Any:
        mishap(stack)
        return fake.DELIVERED

    stack.functions["notify"] = notify
    put(stack, "t1", "t2")
    said = run(code=code)
    assert [line for line in shown if line not in said] == []
    assert len(stack.invoked) == 1  # never tried again by itself
    assert left is None or stack.counts(LETTERS) == left


def test_an_event_is_handed_to_start_watch_whoever_left_it_there(
    stack: FakeStack, run: Run
) -> None:
    of_lambda = {
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": started("detect", "t2"),
        "responsePayload": {"errorType": "ClientError", "errorMessage": "AccessDeniedException"},
    }
    stack.put(STARTS, started("detect", "t1"), of_lambda)
    put(stack, "t3")
    said = run("--starts", "--dry-run")
    assert "start of detect task t1" in said
    assert "AccessDeniedException" in said
    stack.functions["start-watch"] = lambda _: {}
    assert "2 kept." in run("--starts", code=1)
    stack.functions["start-watch"] = lambda _: {"tasksSeen": 1}
    run("--starts")
    expected = [started("detect", "t1"), started("detect", "t2")]
    assert sorted(stack.invoked[2:], key=str) == sorted(expected, key=str)
    assert (stack.counts(STARTS), stack.counts(LETTERS)) == ((0, 0), (1, 0))


SSO = """\
[profile ops]
sso_start_url = https://s.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = r
"""
NO_REGION = {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
LOGGED_OUT = "Error loading SSO Token: Token for https://s.awsapps.com/start does not exist; log in"
ELSEWHERE = ["--stack-name", "other", "--region", "us-east-1"]


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({}, ["--profile", "nobody"], "The config profile (nobody) could not be found; `aws conf"),
        (NO_REGION, [], "no region: give --region, or set AWS_REGION"),
        (NO_REGION, ELSEWHERE, "there is no stack 'other' in us-east-1 of this account: name it"),
        (NO_KEYS, [], "no AWS credentials: give --profile, or log in"),
        ({"AWS_ENDPOINT_URL_STS": "garbage"}, [], "AWS_ENDPOINT_URL or the region makes no sense"),
        ({"AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:9"}, [], "Could not connect to the endpoi"),
        ({}, ["--profile", "ops"], LOGGED_OUT),
        ({}, ["--starts"], f"stack {fake.STACK} has no output {STARTS}: is it this"),
    ],
)
def test_what_can_t_be_done_as_asked_is_said_and_the_letter_stays(
    stack: FakeStack,
    run: Run,
    environment: dict[str, str],
    arguments: list[str],
    said: str,
) -> None:
    del stack.outputs[STARTS]
    put(stack, "t1")
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(SSO)
    with mock.patch.dict("os.environ", {"AWS_MAX_ATTEMPTS": "1", **environment}):
        assert run(*arguments, code=2).splitlines()[-1].startswith(said)
    assert (stack.invoked, stack.counts(LETTERS)) == ([], (1, 0))
