"""What is kept, logged, rung and shown: for how long, under which key, and by which metrics."""

import json
import re
from itertools import batched
from typing import Any

from ops import invoke, queue
from tests.support.combinations import ALARM_TOPIC, BOTH, EVERYTHING, KEY, TOPIC
from tests.support.product import Product, Resources
from tests.template.wiring import Checks, of_type

# Where data would go, so that its end is decided by us and not by a default; and is encrypted.
HOLDS_DATA = {"AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::KMS::Key"}
ENCRYPTED = {"AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::SNS::Topic"}
LONGEST_RETENTION_SECONDS = 14 * 24 * 3600  # Amazon SQS
DEFAULT_VISIBILITY_SECONDS = 30  # Amazon SQS
# Each queue of failures, and the function that a replay hands what lies there.
REPLAYED_BY = {"DeadLetterQueue": "NotifyFunction", "StartFailuresQueue": "StartWatchFunction"}
# What the key's policy lets CloudWatch Logs encrypt; of vended logs with other names an account
# has one policy, which they would fill up.
NAMED = {"Function": "/aws/lambda/", "StateMachine": "/aws/vendedlogs/states/"}

# What our functions count, by what beside the service; their own tests hold each.
COUNTED_BY = {
    # ProgressNotShown is for a person who asks for it: docs/operations.md
    "": "TasksSeen ProgressNotShown",
    "TaskStatus,TaskType,": "TasksEnded ActionsExecuted ActionsSkipped ActionsFailed",
    "Channel,": "DeliveriesDelivered DeliveriesFiltered DeliveriesUnavailable DeliveriesGivenUp"
    " DeliveriesRejected DeliveriesLayoutRefused DeliveryDelay",
}
COUNTED = {name: of for of, names in COUNTED_BY.items() for name in names.split()}
AT_ONCE = "Sum GreaterThanThreshold 0 in 1 of 1 x 60 s, else notBreaching"
LETTERS = AT_ONCE.replace("Sum", "Maximum")
# A call that fails is tried again: it rings when calls have failed for a quarter of an hour.
WHEN_IT_LASTS = "Sum GreaterThanThreshold 0 in 3 of 3 x 300 s, else notBreaching"
# What rings, and how.
RINGS = {
    "AWS/States ExecutionsFailed StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionsTimedOut StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionsAborted StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionThrottled StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue.QueueName": LETTERS,
    "AWS/SQS ApproximateNumberOfMessagesVisible QueueName=StartFailuresQueue.QueueName": LETTERS,
    "AWS/Lambda AsyncEventAge FunctionName=StartWatchFunction":
        LETTERS.replace("Threshold 0", f"Threshold {5 * 60 * 1000}"),
    "AWS/Lambda Throttles FunctionName=StartWatchFunction": AT_ONCE,
    "AWS/Lambda Errors FunctionName=StartWatchFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=DescribeTaskFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=NotifyFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=SweepFunction": WHEN_IT_LASTS.replace("3 of 3", "3 of 4"),
    "AWS/Lambda Invocations FunctionName=SweepFunction":
        "Sum LessThanThreshold 1 in 4 of 4 x 300 s, else breaching",
    "AWS/SNS NumberOfNotificationsFailed TopicName=NotificationTopic.TopicName": AT_ONCE,
    "MitigationNotifier DeliveriesRejected service=notifier Channel=sns": AT_ONCE,
    "MitigationNotifier DeliveriesRejected service=notifier Channel=slack": AT_ONCE,
    "MitigationNotifier DeliveriesLayoutRefused service=notifier Channel=slack": AT_ONCE,
    "AWS/States ExecutionsFailed StateMachineArn=ActOnTaskStateMachine": AT_ONCE,
    "AWS/Lambda Errors FunctionName=ReceiveClickFunction": AT_ONCE,
}  # fmt: skip
# What the dashboard shows beside them.
SHOWN = {
    "AWS/States ExecutionsStarted StateMachineArn=WatchTaskStateMachine",
    "AWS/States ExecutionsSucceeded StateMachineArn=WatchTaskStateMachine",
    "MitigationNotifier TasksSeen service=notifier",
    *(
        f'{{MitigationNotifier,{of}service}} MetricName="{name}" service="notifier"'
        for name, of in COUNTED.items()
    ),
}


def data_has_an_end(product: Product) -> Checks:
    """Deleted with the stack; until then logs are kept as asked, and letters as long as can be."""
    stack, days = product.whole(EVERYTHING), product.parameters()["LogRetentionDays"]
    for name, resource in stack.items():
        if resource["Type"] in HOLDS_DATA:
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                yield f"{name}: {policy}", resource.get(policy), "Delete"
    for name, group in of_type(stack, "AWS::Logs::LogGroup").items():
        yield f"{name} is kept for days", group.get("RetentionInDays"), days
    for name, letters in of_type(stack, "AWS::SQS::Queue").items():
        yield f"{name} keeps for", letters.get("MessageRetentionPeriod"), LONGEST_RETENTION_SECONDS


def data_is_encrypted(product: Product) -> Checks:
    yield "the key is renewed", product.stack()["Key"]["Properties"]["EnableKeyRotation"], True
    for given, expected in (({}, "Key.Arn"), ({"KmsKeyArn": KEY}, KEY)):
        for name, resource in product.whole(EVERYTHING | given).items():
            if resource["Type"] in ENCRYPTED:
                of = resource["Properties"]
                key = of.get("KmsKeyId") or of.get("KmsMasterKeyId")
                yield f"{name} is encrypted with", key, expected


def letters_are_in_one_hand(product: Product) -> Checks:
    """What a replay has in hand is hidden from the next one until the function has answered."""
    stack = product.stack()
    for name, properties in of_type(stack, "AWS::SQS::Queue").items():
        takes = stack[REPLAYED_BY[name]]["Properties"]["Timeout"]
        hides = properties.get("VisibilityTimeout", DEFAULT_VISIBILITY_SECONDS)
        yield f"{name} shows a message after {hides} s of {takes} s", hides <= takes, False
        waits = takes < invoke.ANSWER_SECONDS < queue.HOLD_SECONDS
        yield f"a replay of {name} waits for {REPLAYED_BY[name]}, and alone", waits, True


def each_logs_to_its_own_group(product: Product) -> Checks:
    """A group that Lambda makes by itself is never deleted, and never forgets."""
    stack = product.whole(EVERYTHING)
    groups = of_type(stack, "AWS::Logs::LogGroup")
    for name, resource in stack.items():
        kind, properties = resource["Type"].rpartition("::")[2], resource["Properties"]
        if kind not in NAMED:
            continue
        logging = properties.get("LoggingConfig") or properties.get("LoggingConfiguration", {})
        own = {name.replace(kind, f"{machine}LogGroup") for machine in ("", "Machine")}
        names = [
            group["LogGroupName"].startswith(f"{NAMED[kind]}notifier-")
            for called, group in groups.items()
            if called in own and f"'{called}" in str(logging)
        ]
        yield f"{name} logs to {logging}, as the key's policy knows it", names, [True]
        yield f"{name} logs what it was given", logging.get("IncludeExecutionData", False), False
        traced = properties.get("TracingConfig") or properties.get("TracingConfiguration")
        yield f"{name} is traced", traced in ({"Mode": "Active"}, {"Enabled": True}), True


def the_door_is_throttled_and_logged(product: Product) -> Checks:
    stage = product.whole(EVERYTHING)["ClicksStage"]["Properties"]
    limits = {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5}
    yield "clicks are throttled by", stage["DefaultRouteSettings"], limits
    log = stage["AccessLogSettings"]
    logged = log["DestinationArn"], "$context.status" in log["Format"]
    yield "clicks are logged, with their status", logged, ("ClicksLogGroup.Arn", True)


def alarms_ring(product: Product) -> Checks:
    """Each watches a metric that exists, at once, and rings on a topic that takes it."""
    found = alarms(product.whole(EVERYTHING))
    rung = {metric_of(alarm): _how(alarm) for alarm in found.values()}
    for metric in rung.keys() | RINGS.keys():
        yield f"{metric} rings", rung.get(metric), RINGS.get(metric)
    for name, alarm in found.items():
        yield f"{name} rings on", alarm.get("AlarmActions"), ["AlarmTopic"]
        yield f"{name} says why it rings", alarm["AlarmDescription"].endswith("."), True


def metric_of(alarm: dict[str, Any]) -> str:
    """Of a sum, which has no value in minutes in which a part has none, it is none that rings."""
    dimensions = [f"{each['Name']}={each['Value']}" for each in alarm.get("Dimensions", [])]
    return " ".join([str(alarm.get("Namespace")), str(alarm.get("MetricName")), *dimensions])


def _how(alarm: dict[str, Any]) -> str:
    of = alarm["EvaluationPeriods"]
    return (
        f"{alarm.get('Statistic')} {alarm['ComparisonOperator']} {alarm.get('Threshold')} in"
        f" {alarm.get('DatapointsToAlarm', of)} of {of} x {alarm.get('Period')} s,"
        f" else {alarm.get('TreatMissingData')}"
    )


def alarms_follow_parameters(product: Product) -> Checks:
    """To a topic of the operator's own, of a topic of the operator's own, at the sweep's pace."""
    found = alarms(product.whole(EVERYTHING | {"TopicArn": TOPIC, "AlarmTopicArn": ALARM_TOPIC}))
    for name, alarm in found.items():
        yield f"{name} rings on", alarm.get("AlarmActions"), [ALARM_TOPIC]
    looked_at = found["TopicFailedAlarm"]["Dimensions"]
    yield "the topic that is looked at", looked_at, [{"Name": "TopicName", "Value": "findings"}]
    for minutes in product.template["Parameters"]["SweepMinutes"]["AllowedValues"]:
        for name, alarm in alarms(product.stack({"SweepMinutes": str(minutes)})).items():
            period = alarm["Period"]
            if "SweepFunction" in metric_of(alarm):
                yield f"every {minutes} minutes: {name} counts by", period, 60 * minutes
            long = period * alarm["EvaluationPeriods"] > 24 * 3600  # CloudWatch takes no more
            yield f"{name} looks back for more than a day", long, False


def the_dashboard_shows_metrics(product: Product) -> Checks:
    stack = product.stack(BOTH)
    dashboard = json.loads(stack["Dashboard"]["Properties"]["DashboardBody"])
    widgets = [widget["properties"] for widget in dashboard["widgets"]]
    rows = (row for widget in widgets for row in widget.get("metrics", ()))
    shown = {metric for row in rows for metric in _metrics_in(row)}
    yield "shown, and not there", shown - {*RINGS, *SHOWN}, set()
    read = " ".join((*shown, *map(metric_of, alarms(stack).values())))
    unread = {name for name in COUNTED if not re.search(rf"\b{name}\b", read)}
    yield "what costs money, and nobody reads", unread, {"ProgressNotShown"}
    query = stack["EndedTasksQuery"]["Properties"]
    groups = ["DescribeTaskLogGroup", "NotifyLogGroup"]  # of a watch that broke off: Notify's
    yield "the logs that hold ended tasks", query["LogGroupNames"], groups
    sources = "".join(f"SOURCE '{group}' | " for group in groups)
    table = sources + query["QueryString"].replace("limit 10000", "limit 20")
    yield "the saved query", [widget["query"] for widget in widgets if "query" in widget], [table]


def _metrics_in(row: list[Any]) -> list[str]:
    if isinstance(row[0], dict):
        return re.findall(r"SEARCH\('([^']*)'", row[0]["expression"])
    namespace, metric, *pairs = row[:-1]
    return [" ".join([namespace, metric, *map("=".join, batched(pairs, 2, strict=True))])]


def alarms(stack: Resources) -> Resources:
    return of_type(stack, "AWS::CloudWatch::Alarm")
