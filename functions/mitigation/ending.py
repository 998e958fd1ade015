"""The one line that the log has of each task, for history and trends: the saved query reads these.

DescribeTask writes it, which makes the decision; where that function itself fails for good, Notify
does, at its first try of the first channel.
"""

from typing import Any

from mitigation.decision import Look
from mitigation.member import Member
from mitigation.place import Place
from mitigation.report import judge
from mitigation.task import Task
from mitigation.watch import StartedBy

MESSAGE = "Task ended"


def line(
    task: Task, look: Look, started_by: StartedBy | None, place: Member | Place
) -> dict[str, Any]:
    """What is logged beside the message; `seconds` are the watch's where AWS tells no times."""
    took, counts = task.took_seconds, task.statistics
    return {
        "task_type": task.type.value,
        "task_id": task.id,
        "task_status": task.status,
        "verdict": judge(task, look.decision).value,
        "executed": counts.executed,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "seconds": look.memory.age_seconds if took is None else took,
        "account": place.account,
        "region": place.region,
        "started_by": started_by.arn if started_by else None,
    }
