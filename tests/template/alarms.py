"""What rings and what the dashboard shows: metrics that are really there, in their dimensions."""

import json
import re
from collections.abc import Iterator
from itertools import batched
from typing import Any

from tests.support.combinations import ALARM_TOPIC, BOTH, EVERYTHING, TOPIC
from tests.support.product import Product, Resources
from tests.template.wiring import of_type

# What our functions count, and by what beside the service; their own tests hold each.
COUNTED = {
    "TasksSeen": "",
    "ProgressNotShown": "",  # for a person who asks for it: docs/operations.md
    **dict.fromkeys(
        ("TasksEnded", "ActionsExecuted", "ActionsSkipped", "ActionsFailed"), "TaskStatus,TaskType,"
    ),
    **dict.fromkeys(
        (
            "DeliveriesDelivered", "DeliveriesFiltered", "DeliveriesUnavailable",
            "DeliveriesGivenUp", "DeliveriesRejected", "DeliveriesLayoutRefused", "DeliveryDelay",
        ),
        "Channel,",
    ),
}  # fmt: skip
AT_ONCE = {
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "DatapointsToAlarm": None,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0,
    "TreatMissingData": "notBreaching",
}
LETTERS = AT_ONCE | {"Statistic": "Maximum"}
# A call that fails is tried again: it rings when calls have failed for a quarter of an hour.
WHEN_IT_LASTS = AT_ONCE | {"Period": 300, "EvaluationPeriods": 3}
THREE_OF_FOUR = WHEN_IT_LASTS | {"EvaluationPeriods": 4, "DatapointsToAlarm": 3}
NONE_OF_FOUR = WHEN_IT_LASTS | {
    "EvaluationPeriods": 4,
    "Threshold": 1,
    "ComparisonOperator": "LessThanThreshold",
    "TreatMissingData": "breaching",
}
# What rings, and how.
RINGS: dict[str, dict[str, Any]] = {
    "AWS/States ExecutionsFailed StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionsTimedOut StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionsAborted StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/States ExecutionThrottled StateMachineArn=WatchTaskStateMachine": AT_ONCE,
    "AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue.QueueName": LETTERS,
    "AWS/SQS ApproximateNumberOfMessagesVisible QueueName=StartFailuresQueue.QueueName": LETTERS,
    "AWS/Lambda AsyncEventAge FunctionName=StartWatchFunction":
        LETTERS | {"Threshold": 5 * 60 * 1000},
    "AWS/Lambda Throttles FunctionName=StartWatchFunction": AT_ONCE,
    "AWS/Lambda Errors FunctionName=StartWatchFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=DescribeTaskFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=NotifyFunction": WHEN_IT_LASTS,
    "AWS/Lambda Errors FunctionName=SweepFunction": THREE_OF_FOUR,
    "AWS/Lambda Invocations FunctionName=SweepFunction": NONE_OF_FOUR,
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


def alarms_ring(product: Product) -> Iterator[str]:
    """Each watches a metric that exists, at once, and rings on a topic that takes it."""
    found = alarms(product.whole(EVERYTHING))
    watched = {metric_of(alarm): name for name, alarm in found.items()}
    for metric in RINGS.keys() ^ watched.keys():
        yield f"{watched[metric]} watches" if metric in watched else f"nothing rings for {metric}"
    for metric, name in watched.items():
        alarm = found[name]
        if alarm.get("AlarmActions") != ["AlarmTopic"]:
            yield f"{name} rings on {alarm.get('AlarmActions')}"
        for key, value in RINGS.get(metric, {}).items():
            if alarm.get(key) != value:
                yield f"{name}: {key} is {alarm.get(key)}, not {value}"
        if not alarm["AlarmDescription"].endswith("."):
            yield f"{name} does not say why it rings"


def metric_of(alarm: dict[str, Any]) -> str:
    """Of a sum, which has no value in minutes in which a part has none, it is none that rings."""
    dimensions = [f"{each['Name']}={each['Value']}" for each in alarm.get("Dimensions", [])]
    return " ".join([str(alarm.get("Namespace")), str(alarm.get("MetricName")), *dimensions])


def alarms_follow_parameters(product: Product) -> Iterator[str]:
    """To a topic of the operator's own, of a topic of the operator's own, at the sweep's pace."""
    found = alarms(product.whole(EVERYTHING | {"TopicArn": TOPIC, "AlarmTopicArn": ALARM_TOPIC}))
    for name, properties in found.items():
        if properties.get("AlarmActions") != [ALARM_TOPIC]:
            yield f"{name} rings on {properties.get('AlarmActions')}"
    if (of := metric_of(found["TopicFailedAlarm"]).split()[-1]) != "TopicName=findings":
        yield f"another topic is looked at: {of}"
    for minutes in product.template["Parameters"]["SweepMinutes"]["AllowedValues"]:
        for name, alarm in alarms(product.stack({"SweepMinutes": str(minutes)})).items():
            period = alarm["Period"]
            if "SweepFunction" in metric_of(alarm) and period != 60 * minutes:
                yield f"every {minutes} minutes: {name} counts by {period} seconds"
            if period * alarm["EvaluationPeriods"] > 24 * 3600:  # CloudWatch takes no more
                yield f"{name} looks back for more than a day"


def the_dashboard_shows_metrics(product: Product) -> Iterator[str]:
    stack = product.stack(BOTH)
    try:
        dashboard = json.loads(stack["Dashboard"]["Properties"]["DashboardBody"])
    except ValueError as error:
        yield f"the dashboard is no JSON: {error}"
        return
    read = set(map(metric_of, alarms(stack).values()))
    for properties in (widget["properties"] for widget in dashboard["widgets"]):
        for shown in (each for row in properties.get("metrics", ()) for each in metrics_in(row)):
            read.add(shown)
            if shown not in {*RINGS, *SHOWN}:
                yield f"{properties['title']}: there is no metric {shown}"
    for name in COUNTED.keys() - {"ProgressNotShown"}:
        if not re.search(rf"\b{name}\b", str(read)):
            yield f"{name} costs money, and nobody reads it"
    query = stack["EndedTasksQuery"]["Properties"]
    groups = query["LogGroupNames"]
    if groups != ["DescribeTaskLogGroup", "NotifyLogGroup"]:  # of a watch that broke off: Notify's
        yield f"{groups} are not the logs that hold ended tasks"
    sources = "".join(f"SOURCE '{group}' | " for group in groups)
    table = sources + query["QueryString"].replace("limit 10000", "limit 20")
    if table not in (widget["properties"].get("query") for widget in dashboard["widgets"]):
        yield "the table of the last tasks is not the saved query"


def metrics_in(row: list[Any]) -> list[str]:
    if isinstance(row[0], dict):
        return re.findall(r"SEARCH\('([^']*)'", row[0]["expression"])
    namespace, metric, *pairs = row[:-1]
    return [" ".join([namespace, metric, *map("=".join, batched(pairs, 2, strict=True))])]


def alarms(stack: Resources) -> Resources:
    return of_type(stack, "AWS::CloudWatch::Alarm")
