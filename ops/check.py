"""Looks at a deployed stack, and says in one screen what would leave people in silence.

Exit: 0 all is well; 1 something needs a person; 2 it can't be looked at; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ops import show
from ops.aws import AwsError, Unusable, explain, open_session, read_stack
from ops.checks import CHECKS, Deployed, Finding, Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_STYLES = {Mark.GOOD: "green", Mark.NOTE: "dim", Mark.BAD: "bold red"}


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    try:
        session = open_session(options.profile, options.region)
        stack = read_stack(session, options.stack_name)
        deployed = Deployed.read(session, stack)
        show.progress(f"Looking at {stack.name} in {session.region_name} …")
        findings = {name: list(_looked(check, deployed)) for name, check in CHECKS.items()}
    except (Unusable, *AwsError) as error:
        show.problem(str(error) if isinstance(error, Unusable) else explain(error))
        return 2
    except KeyboardInterrupt:
        return 130
    bad = [each for found in findings.values() for each in found if each.mark is Mark.BAD]
    console, width = Console(), max(map(len, CHECKS))
    for name, found in findings.items():
        for number, finding in enumerate(found):
            mark = Text(f"{finding.mark:<2}", style=_STYLES[finding.mark])
            title = f"{'' if number else name:<{width}}"
            console.print(Text.assemble(mark, "  ", title, "  ", finding.text), soft_wrap=True)
    summary = "All is well." if not bad else f"{len(bad)} to see to; docs/operations.md says how."
    console.print(Text(f"\n{summary}", style="bold"))
    return 1 if bad else 0


def _looked(
    check: Callable[[Deployed], Iterator[Finding]], deployed: Deployed
) -> Iterator[Finding]:
    """What the check finds, or why it can't: nobody knows then, so it needs a person."""
    try:
        yield from check(deployed)
    except AwsError as error:
        yield Finding(Mark.BAD, f"can't be looked at: {explain(error)}")


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m ops.check", description=__doc__)
    parser.add_argument("--stack-name", required=True)
    parser.add_argument("--profile", help="of the AWS CLI's configuration")
    parser.add_argument("--region", help="default: the one of the profile, or AWS_REGION")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
