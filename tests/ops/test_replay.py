"""The replay promises: nothing is lost, and nothing that was delivered is sent again."""

import dataclasses
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from ops import ROOT, replay
from ops.invoke import ANSWER_SECONDS, CONNECT_SECONDS
from ops.letters import DEAD_LETTERS, START_FAILURES, Letter
from ops.queue import HOLD_SECONDS, Message, Queue
from ops.results import Result
from tests.support.fake_stack import DELIVERED, STACK, FakeStack, HangsUp, Raises
from tests.support.letters import dead_letter, notify_input

LETTERS = "DeadLetterQueueUrl"
UNAVAILABLE = {"delivered": False, "waitSeconds": 30, "waitedSeconds": 30}

type Capture = pytest.CaptureFixture[str]


def run(*arguments: str) -> int:
    return replay.main(["--stack-name", STACK, *arguments])


def put(stack: FakeStack, *task_ids: str) -> None:
    for task_id in task_ids:
        stack.put(LETTERS, dead_letter(task_id))


def task_id(letter: Any) -> str:
    return str(letter["watch"]["input"]["taskId"])


def test_25_letters_are_each_sent_once_as_notify_got_them_and_a_second_run_sends_nothing(
    stack: FakeStack, capsys: Capture
) -> None:
    names = [f"t{number}" for number in range(25)]
    put(stack, *names)
    assert run() == 0
    sent = [notify_input(name) for name in names]
    for each in sent:
        del each["attempt"]  # it is tried as if for the first time
    assert sorted(stack.invoked, key=task_id) == sorted(sent, key=task_id)
    assert "25 delivered." in capsys.readouterr().out
    assert run() == 0
    assert len(stack.invoked) == 25
    assert "queue is empty" in capsys.readouterr().out


def test_only_what_was_delivered_is_deleted_and_the_next_run_may_send_the_rest(
    stack: FakeStack, capsys: Capture
) -> None:
    def notify(payload: Any) -> Any:
        match task_id(payload):
            case "down":
                return UNAVAILABLE
            case "refused":
                raise Raises("DeliveryRejected", "Slack answered 404: no_service")
            case "odd":
                return None
        return DELIVERED

    stack.functions["notify"] = notify
    put(stack, "down", "good", "refused", "odd")
    assert run() == 1
    out = capsys.readouterr().out
    assert "the channel is still unavailable; it asks for 30 s" in out
    assert "DeliveryRejected: Slack answered 404: no_service" in out
    assert "the function's answer is not understood: null" in out
    assert "1 delivered; 3 kept." in out

    stack.functions["notify"] = lambda _: DELIVERED
    assert run() == 0
    assert sorted(map(task_id, stack.invoked[4:])) == ["down", "odd", "refused"]
    assert stack.counts(LETTERS) == (0, 0)


def test_one_channel_leaves_the_letters_of_the_other(stack: FakeStack, capsys: Capture) -> None:
    put(stack, "t1", "t2")
    stack.put(LETTERS, dead_letter("t1", "sns"))
    assert run("--channel", "slack") == 0
    assert [payload["channel"] for payload in stack.invoked] == ["slack", "slack"]
    assert "2 delivered; 1 of another channel left alone." in capsys.readouterr().out
    assert [letter["channel"] for letter in stack.bodies(LETTERS)] == ["sns"]


def test_a_dry_run_shows_both_messages_and_changes_nothing(
    stack: FakeStack, capsys: Capture
) -> None:
    letters = [dead_letter("t1", "sns"), dead_letter("t2", "slack")]
    for letter in letters:
        stack.put(LETTERS, letter)
    assert run("--dry-run") == 0
    out = capsys.readouterr().out
    for shown in (
        "Subject: [FAILED] t1: 3 of 12 mitigation actions failed",
        "🚨 t2: 3 of 12 mitigation actions failed",
        "plant-7 (123456789012)",
        "11:01:07 CET",
        "Nothing was sent, nothing was deleted.",
    ):
        assert shown in out
    assert stack.invoked == []
    assert sorted(stack.bodies(LETTERS), key=str) == sorted(letters, key=str)


@pytest.mark.parametrize("channel", ["sns", "slack", "[bold]\u202eslack\n"])
def test_nothing_is_shown_that_a_terminal_would_obey(
    stack: FakeStack, capsys: Capture, channel: str
) -> None:
    letter = dead_letter("t1", channel)
    letter["watch"]["look"]["memory"]["task"]["taskSummary"]["taskStatus"] = "\x1b[31m[red]\u202e\r"
    stack.put(LETTERS, letter)
    run("--dry-run")
    out = capsys.readouterr().out
    assert (r"\x1b[31m[red]\u202e\r" if "bold" not in channel else r"[bold]\u202eslack\n") in out
    assert not {"\x1b", "\u202e", "\r"} & set(out)


def test_a_letter_that_cannot_be_rendered_here_is_still_for_notify_to_judge(
    stack: FakeStack, capsys: Capture
) -> None:
    letter = dead_letter("t1")
    letter["watch"]["look"]["memory"]["task"]["taskSummary"]["taskStatus"] = 7
    stack.put(LETTERS, letter)
    assert run("--dry-run") == 1
    assert "can't be rendered: taskSummary.taskStatus" in capsys.readouterr().out
    assert run() == 0
    assert len(stack.invoked) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("not JSON \u202e", "it is not JSON: not JSON \\u202e"),
        ("[" * 100_000, "it is not JSON"),
        ("[1]", "it is not a JSON object: [1]"),
        ('{"channel": "slack"}', "neither a channel nor a watch is in it"),
        ('{"channel": 7, "watch": {}}', "neither a channel nor a watch is in it"),
        ('{"Type": "Notification"}', "SNS could not hand it to a subscriber"),
    ],
)
def test_what_is_no_letter_is_shown_and_kept(
    stack: FakeStack, capsys: Capture, body: str, why: str
) -> None:
    stack.put(LETTERS, body)
    assert run() == 1
    out = capsys.readouterr().out
    assert out.startswith("not ours")
    assert why in out
    assert max(len(line) for line in out.splitlines()) < 400
    assert (stack.invoked, stack.counts(LETTERS)) == ([], (1, 0))


@pytest.mark.parametrize("overtaken_at", [1, 3])
def test_two_replays_at_once_send_each_letter_once(stack: FakeStack, overtaken_at: int) -> None:
    """The second one runs from start to end while the first one has a letter in its hands."""
    put(stack, "t0", "t1", "t2", "t3")
    first, second = (
        replay.prepare(replay.parse_options(["--stack-name", STACK])) for _ in range(2)
    )
    in_hand: list[Letter] = []

    def overtaken(message: Message, letter: Letter) -> Result:
        in_hand.append(letter)
        if len(in_hand) == overtaken_at:
            second.run()
        return send(message, letter)

    send, first.handle = first.handle, overtaken
    first.run()
    assert sorted(map(task_id, stack.invoked)) == ["t0", "t1", "t2", "t3"]
    assert len(first.summary.results) == overtaken_at
    assert len(second.summary.results) == 4 - overtaken_at
    assert stack.counts(LETTERS) == (0, 0)


def test_a_run_that_finds_all_letters_in_other_hands_does_not_call_the_queue_empty(
    stack: FakeStack, capsys: Capture
) -> None:
    put(stack, "t1")
    stack.sqs.receive_message(QueueUrl=stack.outputs[LETTERS], VisibilityTimeout=HOLD_SECONDS)
    assert run() == 1
    assert "1 just now in other hands" in capsys.readouterr().out


def test_a_letter_is_held_for_longer_than_its_function_may_take() -> None:
    """Else SQS would give it to another replay while this one still sends it."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for kind in (DEAD_LETTERS, START_FAILURES):
        function = template["Outputs"][kind.function_output]["Value"]["Ref"]
        assert template["Resources"][function]["Properties"]["Timeout"] < ANSWER_SECONDS
    assert CONNECT_SECONDS + ANSWER_SECONDS < HOLD_SECONDS / 2


def test_a_letter_that_could_not_be_deleted_stays_invisible_for_a_while(stack: FakeStack) -> None:
    put(stack, "t1")
    queue = Queue(stack.sqs, stack.outputs[LETTERS])
    with closing(queue.messages()) as messages:
        message = next(messages)
        with pytest.raises(ClientError):
            queue.delete(dataclasses.replace(message, receipt="not a receipt"))
    assert stack.counts(LETTERS) == (0, 1)


def lose_the_queue(stack: FakeStack) -> Any:
    stack.sqs.delete_queue(QueueUrl=stack.outputs[LETTERS])
    return DELIVERED


def hang_up(_stack: FakeStack) -> Any:
    raise HangsUp


def interrupt(_stack: FakeStack) -> Any:
    os.kill(os.getpid(), signal.SIGINT)
    return DELIVERED


def interrupt_twice(_stack: FakeStack) -> Any:
    os.kill(os.getpid(), signal.SIGINT)
    while signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        time.sleep(0.001)  # until the first one was taken in
    os.kill(os.getpid(), signal.SIGINT)
    INTERRUPTED.wait(10)
    return DELIVERED


INTERRUPTED = threading.Event()
ONE_WENT = "1 delivered."
MAY_HAVE = "it may have arrived: look there before you replay again"


@pytest.mark.parametrize(
    ("mishap", "code", "shown", "left"),
    [
        (lose_the_queue, 1, ["DELIVERED, BUT STILL IN", "aws sqs delete-message --region"], None),
        (hang_up, 1, ["unknown", f"no answer (ConnectionClosedError); {MAY_HAVE}"], (1, 1)),
        (interrupt, 130, [ONE_WENT, "lies in the queue as before"], (1, 0)),
        (interrupt_twice, 130, [f"interrupted while it was sent; {MAY_HAVE}"], (1, 1)),
    ],
)
def test_a_run_that_ends_at_its_first_letter_says_what_is_known_of_it(
    stack: FakeStack,
    capsys: Capture,
    mishap: Callable[[FakeStack], Any],
    code: int,
    shown: list[str],
    left: tuple[int, int] | None,
) -> None:
    stack.functions["notify"] = lambda _: mishap(stack)
    put(stack, "t1", "t2")
    INTERRUPTED.clear()
    try:
        assert run() == code
    finally:
        INTERRUPTED.set()
    told = capsys.readouterr()
    for line in shown:
        assert line in told.out + told.err
    assert len(stack.invoked) == 1  # never tried again by itself
    assert left is None or stack.counts(LETTERS) == left


def test_json_says_what_became_of_each_letter(stack: FakeStack, capsys: Capture) -> None:
    put(stack, "t1")
    stack.put(LETTERS, dead_letter("t1", "sns"))
    stack.put(LETTERS, "garbage")
    assert run("--json", "--channel", "slack") == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["stack"], shown["ofAnotherChannel"]) == (STACK, 1)
    by_outcome = {letter["outcome"]: letter for letter in shown["letters"]}
    assert set(by_outcome) == {"delivered", "not ours"}
    assert by_outcome["delivered"]["channel"] == "slack"
    failure = by_outcome["delivered"]["failure"]
    assert failure == "DeliveryRejected: Slack answered 404: no_service"


def test_json_of_a_dry_run_holds_the_messages(stack: FakeStack, capsys: Capture) -> None:
    stack.put(LETTERS, dead_letter("t1", "sns"))
    assert run("--json", "--dry-run") == 0
    [letter] = json.loads(capsys.readouterr().out)["letters"]
    assert letter["outcome"] == "would send"
    assert set(letter["message"]["body"]) == {"default", "email", "sms"}
    assert letter["message"]["attributes"]["verdict"] == "PARTLY_FAILED"
