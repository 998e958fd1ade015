"""The replay promises: nothing is lost, and nothing that was delivered is sent again."""

import dataclasses
import json
import os
import signal
import threading
import time
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


def run(*arguments: str) -> int:
    return replay.main(["--stack-name", STACK, *arguments])


def sent(stack: FakeStack) -> list[str]:
    return [payload["watch"]["input"]["taskId"] for payload in stack.invoked]


def test_a_letter_is_sent_as_notify_once_got_it_and_then_deleted(stack: FakeStack) -> None:
    stack.put(LETTERS, dead_letter("t1"))

    assert run() == 0

    sent = notify_input("t1")
    del sent["attempt"]  # it is tried as if for the first time
    assert stack.invoked == [sent]
    assert stack.counts(LETTERS) == (0, 0)


def test_25_letters_are_each_sent_once_and_a_second_run_sends_nothing(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(25):
        stack.put(LETTERS, dead_letter(f"t{number}"))

    assert run() == 0
    assert sorted(sent(stack)) == sorted(f"t{number}" for number in range(25))
    assert "25 delivered." in capsys.readouterr().out

    assert run() == 0
    assert len(stack.invoked) == 25
    assert "queue is empty" in capsys.readouterr().out


def test_only_what_was_delivered_is_deleted(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def notify(payload: Any) -> Any:
        match payload["watch"]["input"]["taskId"]:
            case "down":
                return UNAVAILABLE
            case "refused":
                raise Raises("DeliveryRejected", "Slack answered 404: no_service")
            case "odd":
                return None
        return DELIVERED

    stack.functions["notify"] = notify
    for name in ("down", "good", "refused", "odd"):
        stack.put(LETTERS, dead_letter(name))

    assert run() == 1

    out = capsys.readouterr().out
    assert "the channel is still unavailable; it asks for 30 s" in out
    assert "DeliveryRejected: Slack answered 404: no_service" in out
    assert "the function's answer is not understood: null" in out
    assert "1 delivered; 3 kept." in out
    assert stack.counts(LETTERS) == (3, 0)
    kept = [letter["watch"]["input"]["taskId"] for letter in stack.bodies(LETTERS)]
    assert sorted(kept) == ["down", "odd", "refused"]


def test_what_was_kept_can_be_sent_by_the_next_run(stack: FakeStack) -> None:
    stack.functions["notify"] = lambda _: UNAVAILABLE
    stack.put(LETTERS, dead_letter("t1"))
    assert run() == 1

    stack.functions["notify"] = lambda _: DELIVERED
    assert run() == 0
    assert stack.counts(LETTERS) == (0, 0)


def test_one_channel_leaves_the_letters_of_the_other(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        stack.put(LETTERS, dead_letter(f"t{number}", "slack"))
        stack.put(LETTERS, dead_letter(f"t{number}", "sns"))

    assert run("--channel", "slack") == 0

    assert {payload["channel"] for payload in stack.invoked} == {"slack"}
    assert "3 delivered; 3 of another channel left alone." in capsys.readouterr().out
    assert stack.counts(LETTERS) == (3, 0)
    assert {letter["channel"] for letter in stack.bodies(LETTERS)} == {"sns"}


def test_a_dry_run_shows_both_messages_and_changes_nothing(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = [dead_letter("t1", "sns"), dead_letter("t2", "slack")]
    for letter in letters:
        stack.put(LETTERS, letter)

    assert run("--dry-run") == 0

    out = capsys.readouterr().out
    assert "Subject: [FAILED] t1: 3 of 12 mitigation actions failed" in out
    assert "🚨 t2: 3 of 12 mitigation actions failed" in out
    assert "plant-7 (123456789012)" in out
    assert "(11:01:07 Europe/Berlin)" in out or "11:01" in out
    assert "Nothing was sent, nothing was deleted." in out
    assert stack.invoked == []
    assert stack.counts(LETTERS) == (2, 0)
    assert sorted(stack.bodies(LETTERS), key=str) == sorted(letters, key=str)


@pytest.mark.parametrize("channel", ["sns", "slack"])
def test_a_dry_run_shows_no_character_that_a_terminal_would_obey(
    stack: FakeStack, capsys: pytest.CaptureFixture[str], channel: str
) -> None:
    letter = dead_letter("t1", channel)
    letter["watch"]["look"]["memory"]["task"]["taskSummary"]["taskStatus"] = "\x1b[31m[red]\u202e\r"
    stack.put(LETTERS, letter)

    assert run("--dry-run") == 0

    out = capsys.readouterr().out
    assert r"\x1b[31m[red]\u202e\r" in out
    assert not {"\x1b", "\u202e", "\r"} & set(out)


def test_a_letter_that_cannot_be_rendered_here_is_still_for_notify_to_judge(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = dead_letter("t1")
    letter["watch"]["look"]["memory"]["task"]["taskSummary"]["taskStatus"] = 7
    stack.put(LETTERS, letter)

    assert run("--dry-run") == 1
    assert "can't be rendered: taskSummary.taskStatus" in capsys.readouterr().out
    assert run() == 0
    assert len(stack.invoked) == 1


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[1]",
        "{}",
        '{"channel": "slack"}',
        '{"channel": 7, "watch": {}}',
        "[" * 100_000,
        '{"Type": "Notification", "Subject": "[FAILED] quarantine-7"}',  # of SNS itself
        '"\x1b[31mred"',
    ],
)
def test_what_is_no_letter_is_shown_and_kept(
    stack: FakeStack, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    stack.put(LETTERS, body.replace("\x1b", "\u202e"))

    assert run() == 1

    out = capsys.readouterr().out
    assert out.startswith("not ours")
    assert "\u202e" not in out
    assert max(len(line) for line in out.splitlines()) < 400
    assert stack.invoked == []
    assert stack.counts(LETTERS) == (1, 0)


def test_a_hostile_name_is_neither_markup_nor_an_escape(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = dead_letter("t1", "[bold]\u202eslack\n")
    stack.put(LETTERS, letter)

    assert run() == 0

    assert r"[bold]\u202eslack\n: [FAILED] t1" in capsys.readouterr().out


@pytest.mark.parametrize("overtaken_at", [1, 3])
def test_two_replays_at_once_send_each_letter_once(stack: FakeStack, overtaken_at: int) -> None:
    """The second one runs from start to end while the first one has a letter in its hands."""
    for number in range(4):
        stack.put(LETTERS, dead_letter(f"t{number}"))
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

    assert sorted(sent(stack)) == ["t0", "t1", "t2", "t3"]
    assert len(first.summary.results) == overtaken_at
    assert len(second.summary.results) == 4 - overtaken_at
    assert stack.counts(LETTERS) == (0, 0)


def test_a_run_that_finds_all_letters_in_other_hands_does_not_call_the_queue_empty(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put(LETTERS, dead_letter("t1"))
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


def test_a_delete_that_fails_after_the_delivery_is_said_and_ends_the_run(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def notify(_payload: Any) -> Any:
        stack.sqs.delete_queue(QueueUrl=stack.outputs[LETTERS])
        return DELIVERED

    stack.functions["notify"] = notify
    stack.put(LETTERS, dead_letter("t1"))
    stack.put(LETTERS, dead_letter("t2"))

    assert run() == 1

    out = capsys.readouterr().out
    assert "DELIVERED, BUT STILL IN THE QUEUE" in out
    assert f"aws sqs delete-message --region eu-west-1 --queue-url {stack.outputs[LETTERS]}" in out
    assert "1 not deleted." in out
    assert len(stack.invoked) == 1


def test_a_letter_that_could_not_be_deleted_stays_invisible_for_a_while(stack: FakeStack) -> None:
    stack.put(LETTERS, dead_letter("t1"))
    queue = Queue(stack.sqs, stack.outputs[LETTERS])
    with closing(queue.messages()) as messages:
        message = next(messages)
        with pytest.raises(ClientError):
            queue.delete(dataclasses.replace(message, receipt="not a receipt"))

    assert stack.counts(LETTERS) == (0, 1)


def test_a_broken_connection_is_no_proof_that_nothing_arrived(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def notify(_payload: Any) -> Any:
        raise HangsUp

    stack.functions["notify"] = notify
    stack.put(LETTERS, dead_letter("t1"))
    stack.put(LETTERS, dead_letter("t2"))

    assert run() == 1

    out = capsys.readouterr().out
    assert out.startswith("unknown")
    assert "it may have arrived: look there before you replay again" in out
    assert len(stack.invoked) == 1  # never tried again by itself, and the run ends here
    assert stack.counts(LETTERS) == (1, 1)


def test_ctrl_c_waits_for_the_letter_that_is_being_sent(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def notify(_payload: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return DELIVERED

    stack.functions["notify"] = notify
    for number in range(3):
        stack.put(LETTERS, dead_letter(f"t{number}"))

    assert run() == 130

    shown = capsys.readouterr()
    assert "1 delivered." in shown.out
    assert "lies in the queue as before" in shown.err
    assert len(stack.invoked) == 1
    assert stack.counts(LETTERS) == (2, 0)


def test_a_second_ctrl_c_says_that_the_letter_may_have_arrived(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted = threading.Event()

    def notify(_payload: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        while signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            time.sleep(0.001)  # until the first one was taken in
        os.kill(os.getpid(), signal.SIGINT)
        interrupted.wait(10)
        return DELIVERED

    stack.functions["notify"] = notify
    stack.put(LETTERS, dead_letter("t1"))
    try:
        assert run() == 130
    finally:
        interrupted.set()

    assert "interrupted while it was sent; it may have arrived" in capsys.readouterr().out
    assert stack.counts(LETTERS) == (0, 1)


def test_json_says_what_became_of_each_letter(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put(LETTERS, dead_letter("t1"))
    stack.put(LETTERS, dead_letter("t1", "sns"))
    stack.put(LETTERS, "garbage")

    assert run("--json", "--channel", "slack") == 1

    shown = json.loads(capsys.readouterr().out)
    assert shown["stack"] == STACK
    assert shown["ofAnotherChannel"] == 1
    by_outcome = {letter["outcome"]: letter for letter in shown["letters"]}
    assert set(by_outcome) == {"delivered", "not ours"}
    assert by_outcome["delivered"]["channel"] == "slack"
    assert by_outcome["delivered"]["failure"] == (
        "DeliveryRejected: Slack answered 404: no_service"
    )


def test_json_of_a_dry_run_holds_the_messages(
    stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put(LETTERS, dead_letter("t1", "sns"))

    assert run("--json", "--dry-run") == 0

    [letter] = json.loads(capsys.readouterr().out)["letters"]
    assert letter["outcome"] == "would send"
    assert set(letter["message"]["body"]) == {"default", "email", "sms"}
    assert letter["message"]["attributes"]["verdict"] == "PARTLY_FAILED"
