"""Stacks in the embedded AWS, made and deleted through CloudFormation alone; what they leave."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from embedded.engine import Engine
from embedded.scenario import Scenario, parse

WEBHOOK_URL = "https://hooks.slack.com/services/T00000000/B00000000/acceptance"
LIMIT_SECONDS = 60


def everything(engine: Engine) -> set[str]:
    """Whatever there is of the types that the template makes, of all stacks together."""

    def listed(service: str, operation: str, result: str, name: str) -> list[str]:
        items = getattr(engine.client(service), operation)()[result]
        return [f"{service} {item[name]}" for item in items]

    kms = engine.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    queues = engine.client("sqs").list_queues().get("QueueUrls", [])
    return {
        *listed("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        *listed("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        *listed("events", "list_rules", "Rules", "Name"),
        *listed("iam", "list_roles", "Roles", "RoleName"),
        *listed("lambda", "list_functions", "Functions", "FunctionName"),
        *listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
        *listed("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
        *listed("sns", "list_topics", "Topics", "TopicArn"),
        *listed("stepfunctions", "list_state_machines", "stateMachines", "name"),
        *(f"sqs {url}" for url in queues),
        *(f"kms {key['KeyId']}" for key in keys if key["KeyState"] != "PendingDeletion"),
    }


def task(task_type: str, task_id: str, status: str) -> Scenario:
    """A task that started just now; it is, or has ended, in this state for good."""
    audit = task_type == "audit"
    names = ("startTime", "endTime") if audit else ("taskStartTime", "taskEndTime")
    told = names[: 1 if status == "IN_PROGRESS" else 2]
    task = {"taskStatus": status} | dict.fromkeys(told, datetime.now(UTC).isoformat())
    answer = task if audit else {"taskSummary": task | {"taskId": task_id}}
    return parse({"taskType": task_type, "taskId": task_id, "describe": [answer]})


def ended_watches(engine: Engine, made: Mapping[str, str]) -> dict[str, str]:
    """The status of each execution by its name, once there are any and none is running."""

    def look() -> dict[str, str]:
        found = watches(engine, made)
        return {} if "RUNNING" in found.values() else found

    return until(look, "watches to end")


def watches(engine: Engine, made: Mapping[str, str]) -> dict[str, str]:
    states, machine = engine.client("stepfunctions"), made["WatchTaskStateMachine"]
    executions = states.list_executions(stateMachineArn=machine)["executions"]
    return {execution["name"]: execution["status"] for execution in executions}


def until[F](look: Callable[[], F | None], what: str) -> F:
    """Look again and again, for what is true; fails the test with `what` where it isn't in time."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return found
