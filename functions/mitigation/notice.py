"""What Notify is asked to tell, and to which channel: its input, and what a dead letter holds."""

import json
import re
from dataclasses import dataclass
from typing import Self

from mitigation.causes import Details
from mitigation.decision import Look
from mitigation.place import Place
from mitigation.report import DescribeError, Report
from mitigation.task import parse_task
from mitigation.watch import Watch
from mitigation.wire import Reader

# boto3 has a class for some errors; the others are all ClientError and name their code here.
_ERROR_CODE = re.compile(r"An error occurred \((\w+)\)")


@dataclass(frozen=True, slots=True)
class Notice:
    channel: str
    report: Report
    waited: int  # seconds that this channel was waited for already

    @classmethod
    def parse(cls, event: object, *, account_alias: str | None = None) -> Self:
        """Raises InvalidTask or InvalidWatch, which name what is wrong."""
        root = Reader.of(event)
        state = root.child("watch")
        watch = Watch.from_input(state.members)
        look, error = state.optional("look"), state.optional("error")
        details = look.optional("details") if look else None
        return cls(
            channel=root.text("channel") or "",
            waited=root.child("attempt").count("waitedSeconds") or 0,
            report=Report.of(
                parse_task(
                    look.child("task").members if look else {}, watch.task_type, watch.task_id
                ),
                look=Look.from_wire(look) if look else None,
                error=_error(error) if error else None,
                details=Details.from_wire(details) if details else None,
                started_by=watch.started_by,
                place=Place.of_execution(root.text("executionArn"), account_alias),
            ),
        )


def _error(error: Reader) -> DescribeError:
    """A Lambda error as Step Functions catches it: Cause is JSON where the function raised."""
    cause = error.text("Cause") or ""
    try:
        parsed = json.loads(cause)
    except ValueError:
        parsed = None
    message = str((parsed.get("errorMessage") if isinstance(parsed, dict) else cause) or "")
    name = error.text("Error") or "unknown error"
    if code := _ERROR_CODE.match(message):
        name = code[1]
    return DescribeError(name, message[:500] or None)
