"""Sends what lies in the dead-letter queue again, and deletes only what was delivered.

With --starts: hands the events that could not start a watch to StartWatch again.
Exit: 0 all done, or nothing to do; 1 some are kept; 2 it can't be done as asked; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops import show
from ops.aws import AwsError, Unusable, explain, fit, open_session, read_stack
from ops.handling import MAY_HAVE_ARRIVED, Sender, Shower
from ops.interrupt import finished_first
from ops.invoke import CONFIG
from ops.letters import DEAD_LETTERS, START_FAILURES, Kind, Letter, NoLetter
from ops.queue import Message, Queue
from ops.results import Outcome, Result, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(slots=True)
class Replay:
    """One run over one queue; `summary` holds what has become of it, also after an error."""

    queue: Queue
    kind: Kind
    handle: Callable[[Message, Letter], Result]
    channel: str | None = None  # None for all
    tell: Callable[[Result], None] = lambda _: None
    _results: list[Result] = field(default_factory=list)
    _others: int = 0
    _in_other_hands: int = 0

    @property
    def summary(self) -> Summary:
        return Summary(tuple(self._results), self._others, self._in_other_hands)

    def run(self) -> None:
        """Raises what boto3 raises where AWS can't be asked any more; letters are intact then."""
        with closing(self.queue.messages()) as messages:
            for message in messages:
                if not self._take(message):
                    break
        if not self._results and not self._others:
            self._in_other_hands = self.queue.in_other_hands()

    def _take(self, message: Message) -> bool:
        """Whether to go on with the next one."""
        try:
            letter = self.kind.parse(message.body)
        except NoLetter as error:
            reason = f"{error}: {fit(message.body)}"
            self._note(message, Result(message.id, Outcome.NOT_OURS, reason=reason))
            return True
        if self.channel and letter.channel != self.channel:
            self._others += 1
            return True
        with finished_first(lambda: show.progress("Finishing this letter first; Ctrl-C again …")):
            try:
                result = self.handle(message, letter)
            except KeyboardInterrupt:
                reason = f"interrupted while it was sent; {MAY_HAVE_ARRIVED}"
                self._note(message, Result(message.id, Outcome.UNKNOWN, letter, reason))
                raise
            self._note(message, result)
        return not result.outcome.stops

    def _note(self, message: Message, result: Result) -> None:
        if result.outcome is Outcome.UNKNOWN:
            self.queue.keep_back(message)  # the function may be at it still
        self._results.append(result)
        self.tell(result)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    replay = None
    try:
        replay = prepare(options)
        replay.run()
    except (Unusable, *AwsError) as error:
        show.problem(str(error) if isinstance(error, Unusable) else explain(error))
        code = 2
    except KeyboardInterrupt:
        show.progress("Stopped. What was not delivered lies in the queue as before.")
        code = 130
    else:
        code = 0 if replay.summary.is_done else 1
    if replay and (code < 2 or replay.summary.results):
        _show(replay, options)
    return code


def prepare(options: argparse.Namespace) -> Replay:
    """Raises Unusable, or what boto3 raises; nothing was touched then."""
    kind = START_FAILURES if options.starts else DEAD_LETTERS
    session = open_session(options.profile, options.region)
    stack = read_stack(session, options.stack_name)
    queue = Queue(session.client("sqs"), stack.output(kind.queue_output))
    handler = (
        Shower(stack.parameters)
        if options.dry_run
        else Sender(
            queue,
            kind,
            session.client("lambda", config=CONFIG),
            stack.output(kind.function_output),
        )
    )
    show.progress(f"Reading the {kind.name} queue of {stack.name} in {session.region_name} …")
    tell = (lambda _: None) if options.json else show.result
    return Replay(queue, kind, handler.handle, options.channel, tell)


def _show(replay: Replay, options: argparse.Namespace) -> None:
    if options.json:
        show.as_json(replay.summary, stack=options.stack_name, dry_run=options.dry_run)
    else:
        show.summary(replay.summary, kind=replay.kind.name, dry_run=options.dry_run)


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m ops.replay", description=__doc__)
    parser.add_argument("--stack-name", required=True, metavar="NAME")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--channel", choices=["sns", "slack"], help="only this one's letters")
    which.add_argument(
        "--starts", action="store_true", help="the events that could not start a watch, instead"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent")
    parser.add_argument("--region", help="default: the one of the profile, or AWS_REGION")
    parser.add_argument("--profile", help="of the AWS CLI's configuration")
    parser.add_argument("--json", action="store_true", help="print one JSON document at the end")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
