"""The command line: `run` and `preview`, each in a module of its own.

A command's module has `add_arguments(parser)` and `run(arguments)`, which returns the exit status.
Only the one that is asked for is imported: the engine's libraries take a while.
"""

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

DESCRIPTION = "Try mitigation-notifier on this machine, without an AWS account."
COMMANDS = {
    "run": "play a scenario through the whole stack, in an embedded AWS on this machine",
    "preview": "render a saved Describe answer as every channel would show it, without any engine",
}
BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a device may have any name, a terminal may not
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `&` has it ignored
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    parser = argparse.ArgumentParser(prog="python -m local", description=DESCRIPTION)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name in arguments[:1]:
            module = import_module(f"local.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted; everything that was started has ended", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get("LOCAL_TRACEBACK"):
            raise
        problem = str(error).partition("\n")[0]
        print(
            f"error: {type(error).__name__}: {problem} (LOCAL_TRACEBACK=1 shows where)",
            file=sys.stderr,
        )
        return 1
    return status


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, so that everything that was started ends, and say what ended us as shells do."""
    sys.exit(128 + number)
