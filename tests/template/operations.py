"""What is kept, and logged: for how long, under which key, and in whose log."""

from collections.abc import Iterator

from ops import invoke, queue
from tests.support.combinations import EVERYTHING, KEY
from tests.support.product import Product
from tests.template.wiring import of_type

# Where data would go, so that its end is decided by us and not by a default.
HOLDS_DATA = {"AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::KMS::Key"}
LONGEST_RETENTION_SECONDS = 14 * 24 * 3600  # Amazon SQS
DEFAULT_VISIBILITY_SECONDS = 30  # Amazon SQS
KEY_PROPERTY = {
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
}
# Each queue of failures, and the function that a replay hands what lies there.
REPLAYED_BY = {"DeadLetterQueue": "NotifyFunction", "StartFailuresQueue": "StartWatchFunction"}
# What the key's policy lets CloudWatch Logs encrypt; of vended logs with other names an account
# has one policy, which they would fill up.
NAMED = {"Function": "/aws/lambda/", "StateMachine": "/aws/vendedlogs/states/"}


def data_has_an_end(product: Product) -> Iterator[str]:
    """Deleted with the stack; until then logs are kept as asked, and letters as long as can be."""
    stack = product.whole(EVERYTHING)
    for name, resource in stack.items():
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource["Type"] in HOLDS_DATA and resource.get(policy) != "Delete":
                yield f"{name}: {policy} is {resource.get(policy, 'left to chance')}"
    for name, group in of_type(stack, "AWS::Logs::LogGroup").items():
        if (days := group.get("RetentionInDays")) != product.parameters()["LogRetentionDays"]:
            yield f"{name} is kept for {days or 'ever'}"
    for name, letters in of_type(stack, "AWS::SQS::Queue").items():
        if (seconds := letters.get("MessageRetentionPeriod")) != LONGEST_RETENTION_SECONDS:
            yield f"{name} forgets after {seconds or 'four days of'} seconds"


def data_is_encrypted(product: Product) -> Iterator[str]:
    if not product.stack()["Key"]["Properties"]["EnableKeyRotation"]:
        yield "the key stays the same for ever"
    for given, expected in (({}, "Key.Arn"), ({"KmsKeyArn": KEY}, KEY)):
        for name, resource in product.whole(EVERYTHING | given).items():
            key = KEY_PROPERTY.get(resource["Type"])
            if key and (found := resource["Properties"].get(key)) != expected:
                yield f"{name} is encrypted with {found}"


def letters_are_in_one_hand(product: Product) -> Iterator[str]:
    """What a replay has in hand is hidden from the next one until the function has answered."""
    stack = product.stack()
    for name, properties in of_type(stack, "AWS::SQS::Queue").items():
        takes = stack[REPLAYED_BY[name]]["Properties"]["Timeout"]
        hides = properties.get("VisibilityTimeout", DEFAULT_VISIBILITY_SECONDS)
        if hides <= takes:
            yield f"{name} hides a message for {hides} s, and its replay takes up to {takes} s"
        if not takes < invoke.ANSWER_SECONDS < queue.HOLD_SECONDS:
            yield f"a replay of {name} does not wait for {REPLAYED_BY[name]}, or not alone"


def each_logs_to_its_own_group(product: Product) -> Iterator[str]:
    """A group that Lambda makes by itself is never deleted, and never forgets."""
    stack = product.whole(EVERYTHING)
    groups = of_type(stack, "AWS::Logs::LogGroup")
    for name, resource in stack.items():
        kind, properties = resource["Type"].rpartition("::")[2], resource["Properties"]
        if kind not in NAMED:
            continue
        logging = properties.get("LoggingConfig") or properties.get("LoggingConfiguration", {})
        told = {group for group in groups if f"'{group}" in str(logging)}
        own = {name.replace(kind, f"{machine}LogGroup") for machine in ("", "Machine")}
        names = [groups[group]["LogGroupName"] for group in told & own]
        if not any(each.startswith(f"{NAMED[kind]}notifier-") for each in names):
            yield f"{name} logs to {told}"
        if logging.get("IncludeExecutionData", False):
            yield f"{name} logs what it was given"
        tracing = properties.get("TracingConfig") or properties.get("TracingConfiguration")
        if tracing not in ({"Mode": "Active"}, {"Enabled": True}):
            yield f"{name} is not traced"


def the_door_is_throttled_and_logged(product: Product) -> Iterator[str]:
    stage = product.whole(EVERYTHING)["ClicksStage"]["Properties"]
    if stage["DefaultRouteSettings"] != {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5}:
        yield f"clicks are throttled by {stage['DefaultRouteSettings']}"
    log = stage["AccessLogSettings"]
    if log["DestinationArn"] != "ClicksLogGroup.Arn" or "$context.status" not in log["Format"]:
        yield f"clicks are logged by {log}"
