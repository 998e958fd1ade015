"""What is kept: for how long, under which key, and in whose log."""

from collections.abc import Iterator

from tests.support.combinations import BOTH, COMBINATIONS
from tests.support.product import PSEUDO_PARAMETERS, Product
from tests.template.wiring import functions, of_type

# Where data would go, so that its end is decided by us and not by a default.
HOLDS_DATA = {"AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::KMS::Key"}
LONGEST_RETENTION_SECONDS = 14 * 24 * 3600  # Amazon SQS
KEY_PROPERTY = {
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
}


def data_has_an_end(product: Product) -> Iterator[str]:
    """Deleted with the stack; until then logs are kept as asked, and letters as long as can be."""
    stack = product.stack(BOTH)
    for name, resource in stack.items():
        if resource["Type"] in HOLDS_DATA:
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if resource.get(policy) != "Delete":
                    yield f"{name}: {policy} is {resource.get(policy, 'left to chance')}"
    for name, group in of_type(stack, "AWS::Logs::LogGroup").items():
        if (days := group.get("RetentionInDays")) != product.parameters()["LogRetentionDays"]:
            yield f"{name} is kept for {days or 'ever'}"
    for name, queue in of_type(stack, "AWS::SQS::Queue").items():
        if (seconds := queue.get("MessageRetentionPeriod")) != LONGEST_RETENTION_SECONDS:
            yield f"{name} forgets after {seconds or 'four days of'} seconds"


def data_is_encrypted(product: Product) -> Iterator[str]:
    """With our own key or the caller's: those that AWS manages let no service in."""
    if not product.stack()["Key"]["Properties"].get("EnableKeyRotation"):
        yield "the key stays the same for ever"
    for combination, parameters in COMBINATIONS.items():
        expected = parameters.get("KmsKeyArn") or "Key.Arn"
        for name, resource in product.stack(parameters).items():
            if key := KEY_PROPERTY.get(resource["Type"]):
                found = resource["Properties"].get(key)
                if found != expected:
                    yield f"{combination}: {name} is encrypted with {found}"


def each_logs_to_its_own_group(product: Product) -> Iterator[str]:
    """A group that Lambda makes by itself is never deleted, and never forgets."""
    stack = product.stack()
    for name, properties in functions(stack).items():
        group = properties.get("LoggingConfig", {}).get("LogGroup")
        if group != name.replace("Function", "LogGroup") or group not in stack:
            yield f"{name} logs to {group}"
        if properties.get("TracingConfig", {}).get("Mode") != "Active":
            yield f"{name} is not traced"
    machine = stack["WatchTaskStateMachine"]["Properties"]
    if not machine.get("TracingConfiguration", {}).get("Enabled"):
        yield "the state machine is not traced"
    logging = machine.get("LoggingConfiguration", {})
    if "'WatchTaskLogGroup.Arn'" not in str(logging.get("Destinations")):
        yield f"the state machine logs to {logging.get('Destinations')}"
    if logging.get("IncludeExecutionData", False):
        yield "the state machine logs what it was given"
    names = [each["LogGroupName"] for each in of_type(stack, "AWS::Logs::LogGroup").values()]
    for name in names:
        if PSEUDO_PARAMETERS["AWS::StackName"] not in name or names.count(name) > 1:
            yield f"{name} is not this stack's alone"
