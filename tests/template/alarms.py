"""What rings and what the dashboard shows: metrics that are really there, in their dimensions."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.combinations import ALARM_TOPIC, BOTH, TOPIC
from tests.support.product import Product, Resources
from tests.template.wiring import all_probed, of_type

type Metric = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions

# Source: the services' own lists of CloudWatch metrics.
AWS_METRICS = {
    ("AWS/States", "StateMachineArn"): {
        "ExecutionsAborted", "ExecutionsFailed", "ExecutionsStarted", "ExecutionsSucceeded",
        "ExecutionsTimedOut", "ExecutionThrottled", "ExecutionTime",
    },
    ("AWS/SNS", "TopicName"): {
        "NumberOfMessagesPublished", "NumberOfNotificationsDelivered",
        "NumberOfNotificationsFailed", "NumberOfNotificationsFilteredOut",
    },
    ("AWS/SQS", "QueueName"): {
        "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesDeleted", "NumberOfMessagesReceived", "NumberOfMessagesSent",
    },
    ("AWS/Lambda", "FunctionName"): {
        "AsyncEventAge", "AsyncEventsDropped", "ConcurrentExecutions",
        "DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "Throttles",
    },
}  # fmt: skip
AT_ONCE = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
# A call that fails is tried again: it rings when calls have failed for a quarter of an hour.
WHEN_IT_LASTS = {"Period": 300, "EvaluationPeriods": 3, "Threshold": 0}
OVER_FIVE_MINUTES = AT_ONCE | {"Threshold": 5 * 60 * 1000, "Statistic": "Maximum"}
SWEEPS = {"Period": 300, "EvaluationPeriods": 4}  # at the default interval
THREE_OF_FOUR = SWEEPS | {"DatapointsToAlarm": 3, "Threshold": 0}
NONE_OF_FOUR = SWEEPS | {
    "Threshold": 1,
    "ComparisonOperator": "LessThanThreshold",
    "TreatMissingData": "breaching",
}
# What rings, and how; each value is a CloudWatch alarm's property.
RINGS: dict[tuple[str, str], dict[str, Any]] = {
    ("ExecutionsFailed", "WatchTaskStateMachine"): AT_ONCE,
    ("ExecutionsTimedOut", "WatchTaskStateMachine"): AT_ONCE,
    ("ExecutionsAborted", "WatchTaskStateMachine"): AT_ONCE,
    ("ExecutionThrottled", "WatchTaskStateMachine"): AT_ONCE,
    ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue.QueueName"): AT_ONCE,
    ("ApproximateNumberOfMessagesVisible", "StartFailuresQueue.QueueName"): AT_ONCE,
    ("AsyncEventAge", "StartWatchFunction"): OVER_FIVE_MINUTES,
    ("Throttles", "StartWatchFunction"): AT_ONCE,
    ("Errors", "StartWatchFunction"): WHEN_IT_LASTS,
    ("Errors", "DescribeTaskFunction"): WHEN_IT_LASTS,
    ("Errors", "NotifyFunction"): WHEN_IT_LASTS,
    ("Errors", "SweepFunction"): THREE_OF_FOUR,
    ("Invocations", "SweepFunction"): NONE_OF_FOUR,
    ("NumberOfNotificationsFailed", "NotificationTopic.TopicName"): AT_ONCE,
    ("DeliveriesRejected", "sns"): AT_ONCE,
    ("DeliveriesRejected", "slack"): AT_ONCE,
    ("DeliveriesLayoutRefused", "slack"): AT_ONCE,
}
COLUMNS = 24


def alarms_ring(product: Product) -> Iterator[str]:
    """Each watches a metric that exists, at once, and rings on a topic that takes it."""
    stack = product.stack(BOTH)
    rings = set()
    emitted = metrics_of(stack)
    for name, properties in alarms(stack).items():
        dimensions = {d["Name"]: d["Value"] for d in properties.get("Dimensions", [])}
        namespace, metric = str(properties.get("Namespace")), str(properties.get("MetricName"))
        if "Metrics" in properties:
            yield f"{name} is a sum: it has no value in minutes in which a part has none"
        elif not exists(namespace, metric, dimensions, emitted):
            yield f"{name}: there is no metric {namespace} {metric} {dimensions}"
        [of, *_] = [value for value in dimensions.values() if (metric, value) in RINGS] or [""]
        rings.add((metric, of))
        if properties.get("AlarmActions") != ["AlarmTopic"]:
            yield f"{name} rings on {properties.get('AlarmActions')}"
        wanted = {
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "Statistic": "Maximum" if namespace == "AWS/SQS" else "Sum",
            "DatapointsToAlarm": None,
        } | RINGS.get((metric, of), AT_ONCE)
        for key, value in wanted.items():
            if properties.get(key) != value:
                yield f"{name}: {key} is {properties.get(key)}, not {value}"
        if not str(properties.get("AlarmDescription", "")).endswith("."):
            yield f"{name} does not say why it rings"
    for metric, of in set(RINGS) - rings:
        yield f"nothing rings for {metric} of {of}"


def alarms_follow_parameters(product: Product) -> Iterator[str]:
    """To a topic of the operator's own, of a topic of the operator's own, at the sweep's pace."""
    own = {"TopicArn": TOPIC, "AlarmTopicArn": ALARM_TOPIC}
    found = alarms(product.stack(BOTH | own))
    for name, properties in found.items():
        if properties.get("AlarmActions") != [ALARM_TOPIC]:
            yield f"{name} rings on {properties.get('AlarmActions')}"
    if found["TopicFailedAlarm"]["Dimensions"] != [{"Name": "TopicName", "Value": "findings"}]:
        yield f"another topic is looked at: {found['TopicFailedAlarm']['Dimensions']}"
    for minutes in product.template["Parameters"]["SweepMinutes"]["AllowedValues"]:
        stack = product.stack(BOTH | {"SweepMinutes": str(minutes)})
        for name, properties in alarms(stack).items():
            of = {each["Value"] for each in properties["Dimensions"]}
            if "SweepFunction" in of and properties["Period"] != 60 * minutes:
                yield f"every {minutes} minutes: {name} counts by {properties['Period']} seconds"


def the_dashboard_shows_metrics(product: Product) -> Iterator[str]:
    stack = product.stack(BOTH)
    try:
        dashboard = json.loads(stack["Dashboard"]["Properties"]["DashboardBody"])
    except ValueError as error:
        yield f"the dashboard is no JSON: {error}"
        return
    emitted = metrics_of(stack)
    read = [
        (p["Namespace"], p["MetricName"], {d["Name"]: d["Value"] for d in p["Dimensions"]})
        for p in alarms(stack).values()
    ]
    for widget in dashboard["widgets"]:
        title = widget["properties"]["title"]
        if widget["x"] + widget["width"] > COLUMNS:
            yield f"{title} stands out on the right"
        if widget["type"] == "log":
            yield from shows_what_the_saved_query_does(widget["properties"]["query"], stack)
            continue
        for row in widget["properties"]["metrics"]:
            if isinstance(row[0], str):
                [namespace, metric, *pairs] = [cell for cell in row if isinstance(cell, str)]
                dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
                found = [(namespace, metric, dimensions)]
            else:
                found = list(searched(row[0]["expression"]))
            for namespace, metric, dimensions in found:
                read.append((namespace, metric, dimensions))
                if not exists(namespace, metric, dimensions, emitted):
                    yield f"{title}: there is no metric {namespace} {metric} {dimensions}"
    for one in emitted:
        if not any(exists(*each, {one}) for each in read):
            yield f"{one[1]} {dict(one[2])} costs money, and nobody reads it"


def shows_what_the_saved_query_does(table: str, stack: Resources) -> Iterator[str]:
    query = stack["EndedTasksQuery"]["Properties"]
    groups = query["LogGroupNames"]
    sources = "".join(f"SOURCE '{group}' | " for group in groups)
    saved = query["QueryString"].rpartition(" | limit ")[0]
    if table != f"{sources}{saved} | limit 20":
        yield f"the table of the last tasks is not the saved query over {groups}: {table}"
    # Notify tells the end of a watch that broke off.
    writers = ("DescribeTaskFunction", "NotifyFunction")
    if groups != [stack[each]["Properties"]["LoggingConfig"]["LogGroup"] for each in writers]:
        yield f"{groups} are not the logs that hold ended tasks"


def searched(expression: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """`SEARCH('{Namespace,Dimension,…} MetricName="…" dimension="…"', …)`; `any` where none."""
    for schema, terms in re.findall(r"SEARCH\('\{([^}]+)\} ([^']*)'", expression):
        namespace, *names = schema.split(",")
        given = dict(re.findall(r'(\w+)="([^"]*)"', terms))
        yield namespace, given.pop("MetricName", ""), dict.fromkeys(names, "any") | given


def exists(namespace: str, metric: str, dimensions: dict[str, str], emitted: set[Metric]) -> bool:
    if len(dimensions) == 1:
        [name] = dimensions
        if metric in AWS_METRICS.get((namespace, name), ()):
            return True
    return any(
        (namespace, metric) == (there, emits)
        and set(dimensions) == {name for name, _ in of}
        and all(value in {"any", dict(of)[name]} for name, value in dimensions.items())
        for there, emits, of in emitted
    )


def metrics_of(stack: Resources) -> set[Metric]:
    """What the handlers really emit: namespace, name and dimensions with their values."""
    return {
        (metric["namespace"], metric["name"], frozenset(metric["dimensions"].items()))
        for _, probed in all_probed(stack)
        for metric in probed.metrics
    }


def alarms(stack: Resources) -> Resources:
    return of_type(stack, "AWS::CloudWatch::Alarm")
