"""Mistakes as people make them in templates, definitions and roles, planted in a copy."""

from collections.abc import Callable
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.support.product import Product

GONE = object()
# Short words for long ways.
SHORT = {
    "machine": "WatchTaskStateMachine",
    "states": "definition States",
    "each": "definition States NotifyEveryChannel ItemProcessor States",
    "may": "Policies 0 PolicyDocument Statement",
    "policy": "PolicyDocument Statement",
    "variables": "Environment Variables",
    "dashboard": "Dashboard DashboardBody Fn::Sub",
    "command": "Definition CommandText",
    "criteria": "Attachments 0 Criteria",
}


def plant(product: Product, where: str, new: Any) -> Product:
    """A copy with the mistake in it; raises LookupError where nothing changes.

    `where` begins with a field of the product, a section of the template or a resource, whose
    properties they are; in a list it goes on with a number, or a name that stands in an item.
    """
    planted = product.copy()
    place: Any = vars(planted)
    way: list[Any] = " ".join(SHORT.get(word, word) for word in where.split()).split()
    if way[0] in planted.template:
        way = ["template", *way]
    elif way[0] not in place:
        of = "template" if way[0] in planted.template["Resources"] else "amazon_q"
        way = [of, "Resources", way[0], "Properties", *way[1:]]
    for name in way:
        holder, key = place, name
        if isinstance(place, list):
            named = (i for i, item in enumerate(place) if name in item.values())
            key = int(name) if name.isdigit() else next(named)
        place = holder.get(key) if isinstance(holder, dict) else holder[key]
    value = new(place) if callable(new) else yaml_parse(new) if isinstance(new, str) else new
    if value == place:
        raise LookupError(f"{where} is {place} anyway")
    if value is GONE:
        del holder[key]
    else:
        holder[key] = value
    return planted


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


READ_SECRET = yaml_parse(
    "{Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: !Ref SlackWebhookSecretArn}"
)

# What is wrong, where, and what stands there: as YAML, or what a function makes of the right one.
# fmt: off
MISTAKES: tuple[tuple[str, str, Any], ...] = (
    # What the template names
    ("a handler that is not there", "StartWatchFunction Handler", "start_watch.main"),
    ("a handler of a module that is not there", "NotifyFunction Handler", "notifier.handler"),
    ("a definition that is not there", "machine DefinitionUri", "statemachine/watch.asl.json"),
    ("code in another folder", "Globals Function CodeUri", "src/"),
    ("an older Python", "Globals Function Runtime", "python3.12"),
    ("a variable nobody sets", "DescribeTaskFunction variables WATCH_LIMIT_HOURS", GONE),
    ("a misspelled variable", "NotifyFunction variables SLACK_SECRET", "x"),
    ("a value that the handler can't read", "SweepFunction variables TASK_TYPES", "both"),
    ("a variable with another parameter's value",
     "DescribeTaskFunction variables POLL_MIN_SECONDS", "!Ref PollMaxSeconds"),
    # The definition
    ("a substitution nobody gives", "machine DefinitionSubstitutions DeadLetterQueueUrl", GONE),
    ("a substitution with the other function",
     "machine DefinitionSubstitutions NotifyFunctionArn", "!GetAtt DescribeTaskFunction.Arn"),
    ("a misspelled substitution", "each DeadLetter Parameters QueueUrl", "${DeadLetterQueueURL}"),
    ("a Next to nowhere", "states Wait Next", "Describe"),
    ("a state that nothing leads to", "states NotifyEveryChannel Next", "Delivered"),
    ("a Task without a Catch", "states DescribeTask Catch", GONE),
    ("a Task without a time-out", "each Notify TimeoutSeconds", GONE),
    ("a Task without a Retry", "each DeadLetter Retry", GONE),
    ("a Catch for all before the others", "each Notify Catch", lambda old: old[::-1]),
    ("a time-out for the whole machine", "definition TimeoutSeconds", 86400),
    ("a misspelled error name", "each Notify Catch 0 ErrorEquals", "[DeliveryRefused]"),
    ("an answer's member that the handler never gives",
     "each Notify ResultSelector waitSeconds.$", "$.Payload.retryAfter"),
    ("a Choice on nothing", "states StillWatching? Choices", []),
    ("a Retry that ends too soon", "states DescribeTask Retry 1 MaxAttempts", 100),
    ("a Retry that waits too long", "each Notify Retry 1 MaxDelaySeconds", 3600),
    ("a Retry whose end chance decides", "each Notify Retry 1 JitterStrategy", "FULL"),
    ("a state type that does not exist", "states Wait Type", "Sleep"),
    # Roles
    ("a permission forgotten", "StartWatchRole may 2", GONE),
    ("an action forgotten", "DescribeTaskRole may 0 Action", lambda old: old[:-1]),
    ("every resource", "WatchTaskRole may 0 Resource", '"*"'),
    ("every action", "NotifyRole may 0 Action", "sns:*"),
    ("a secret for another role", "DescribeTaskRole may", lambda old: [*old, READ_SECRET]),
    ("a managed policy on top",
     "NotifyRole ManagedPolicyArns", "[arn:aws:iam::aws:policy/AmazonSNSFullAccess]"),
    ("a role that anyone may assume",
     "NotifyRole AssumeRolePolicyDocument Statement 0 Principal", '{AWS: "*"}'),
    ("another function's role", "DescribeTaskFunction Role", "!GetAtt NotifyRole.Arn"),
    ("a role outside the boundary", "WatchTaskRole PermissionsBoundary", GONE),
    ("a star without a reason", "text", swap('"*" # these actions have no resource type', '"*"')),
    # Resource policies and encryption
    ("a schedule without permission", "Resources SweepPermission", GONE),
    ("a permission for every rule of every account", "TaskStartedPermission SourceArn", GONE),
    ("a topic without TLS", "AlarmTopicPolicy policy 1", GONE),
    ("a queue that EventBridge can't send to", "StartFailuresQueuePolicy policy 0", GONE),
    ("a condition that EventBridge's requests to KMS don't fulfill",
     "Key KeyPolicy Statement 1 Condition",
     "{StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}"),
    ("AWS's own key, which CloudWatch can't use", "AlarmTopic KmsMasterKeyId", "alias/aws/sns"),
    ("a queue in the clear", "DeadLetterQueue KmsMasterKeyId", GONE),
    ("a rule without a dead-letter queue", "TaskStartedRule Targets 0 DeadLetterConfig", GONE),
    ("failed starts are dropped", "StartWatchFunction EventInvokeConfig DestinationConfig", GONE),
    ("a rule that takes refused calls", "TaskStartedRule EventPattern detail errorCode", GONE),
    ("a rule that takes other accounts' events", "TaskStartedRule EventPattern account", GONE),
    ("a policy at another topic", "AlarmTopicPolicy Topics", "[!Ref NotificationTopic]"),
    ("alarms for nobody", "AlarmEmailSubscription TopicArn", "!Ref NotificationTopic"),
    ("letters forgotten in four days", "DeadLetterQueue MessageRetentionPeriod", GONE),
    # Who hears of it
    ("a stack that tells nobody", "Rules SomebodyIsTold", GONE),
    ("alarms that nobody hears", "Rules SomebodyHearsAlarms Assertions 0 Assert", "!Equals [x, x]"),
    ("a Slack app without a channel",
     "Rules SlackAppHasTokenAndChannel Assertions 0 Assert", "!Equals [x, x]"),
    ("a refusal that does not say what to give",
     "Rules SomebodyIsTold Assertions 0 AssertDescription", "No channel."),
    ("a sweep that is tried again when it is late", "SweepFunction EventInvokeConfig", GONE),
    ("a sweep that leaves letters", "SweepRule Targets 0 DeadLetterConfig",
     "{Arn: !GetAtt StartFailuresQueue.Arn}"),
    ("an alarm that missing sweeps keep quiet", "NoSweepAlarm TreatMissingData", "notBreaching"),
    ("an alarm at another pace than the sweep's", "Mappings Sweeps 30 Seconds", 300),
    ("an alarm on the wrong topic",
     "TopicFailedAlarm Dimensions 0 Value", "!GetAtt AlarmTopic.TopicName"),
    ("alarms that leave the operator's own topic alone",
     "NotifyErrorsAlarm AlarmActions", "[!Ref AlarmTopic]"),
    ("e-mails that SNS drops", "EmailSubscription RedrivePolicy", GONE),
    ("a dead-letter queue that SNS can't send to", "DeadLetterQueuePolicy policy 0", GONE),
    ("milliseconds taken for seconds", "StartWatchLateAlarm Threshold", 300),
    # Times and names that have to fit together
    ("a function that ends before its own calls do", "NotifyFunction Timeout", 40),
    ("a function that outlives its state", "NotifyFunction Timeout", 75),
    ("another function that ends before its own calls do", "StartWatchFunction Timeout", 10),
    ("a state that ends before its function", "states DescribeTask TimeoutSeconds", 60),
    ("a machine that forgets", "machine Type", "EXPRESS"),
    ("letters that two replays may have at once", "DeadLetterQueue VisibilityTimeout", 30),
    ("starts that two replays have, by default", "StartFailuresQueue VisibilityTimeout", GONE),
    ("a function that a replay does not wait for", "StartWatchFunction Timeout", 400),
    ("a sweep that is still there when the next one comes", "SweepFunction Timeout", 900),
    ("a log group that the key's policy does not know",
     "NotifyLogGroup LogGroupName", "!Sub /notifier/${AWS::StackName}-notify"),
    ("a key whose policy knows another's log groups",
     "Key KeyPolicy Statement 2 Condition ArnLike kms:EncryptionContext:aws:logs:arn 1",
     "arn:aws:logs:*:*:log-group:/aws/states/*"),
    ("vended logs under a name that fills up the account's policy",
     "WatchTaskLogGroup LogGroupName", "!Sub /aws/lambda/${AWS::StackName}-watch-task"),
    ("an alarm that looks back for more than a day", "NoSweepAlarm EvaluationPeriods", 48),
    ("a period that no alarm can have", "WatchFailedAlarm Period", 45),
    # Logs, alarms and the dashboard
    ("a log that is kept for ever", "NotifyLogGroup RetentionInDays", GONE),
    ("a function whose log Lambda makes", "NotifyFunction LoggingConfig", GONE),
    ("data without an end", "Resources WatchTaskLogGroup DeletionPolicy", GONE),
    ("an alarm on a misspelled metric", "WatchFailedAlarm MetricName", "ExecutionFailed"),
    ("an alarm without Powertools' own dimension", "SlackRejectedAlarm Dimensions 0", GONE),
    ("an alarm that rings nowhere", "DeadLettersAlarm AlarmActions", GONE),
    ("an alarm forgotten", "Resources StartFailuresAlarm", GONE),
    ("a dashboard that is no JSON", "dashboard", swap("[", "[,")),
    ("a dashboard that searches by other dimensions",
     "dashboard", swap(",TaskStatus,TaskType,service}", ",TaskStatus,service}")),
    ("a saved query over another log", "EndedTasksQuery LogGroupNames 0 Ref", "NotifyLogGroup"),
    ("a metric with a dimension that nobody reads",
     "dashboard", swap('"TasksSeen", "service", "${AWS::StackName}"', '"TasksSeen"')),
    # Parameters
    ("a parameter without bounds", "Parameters OverdueMinutes MaxValue", GONE),
    ("polling beyond the budget", "Parameters PollMaxSeconds MinValue", 10),
    ("the webhook URL as a parameter", "Parameters SlackWebhookSecretArn AllowedPattern", "^.*$"),
    ("a parameter that nothing uses", "Parameters Verbose",
     '{Type: String, Default: "no", AllowedValues: ["no"], Description: Says more.}'),
    ("a condition turned around", "Conditions MakeTopic", lambda old: {"Fn::Not": [old]}),
    ("a resource without its condition", "Resources EmailSubscription Condition", GONE),
    ("a public address", "NotifyFunction FunctionUrlConfig", "{AuthType: NONE}"),
    ("a property that does not exist", "DeadLetterQueue MessageRetention", 60),
    ("a GetAtt of nothing", "DeadLettersAlarm Dimensions 0 Value", "!GetAtt DeadLetterQueue.Name"),
    # The buttons in Amazon Q
    ("a button called after the stack, whose name may be too long for it",
     "CancelDetectAction ActionName", "!Sub ${AWS::StackName}-cancel-detect"),
    ("a button for one region alone", "CancelAuditAction ActionName", "mitigation-cancel-audit"),
    ("two buttons of one name",
     "CancelAuditAction ActionName Fn::Join 1 0", "mitigation-cancel-detect"),
    ("a command longer than the service takes", "CancelDetectAction command Fn::Sub",
     lambda old: f"aws {old} --no-cli-pager --output text"),
    ("a button that cancels the other kind of task",
     "CancelAuditAction command Fn::Sub", swap("-audit-", "-detect-")),
    ("a command with a variable that nothing fills",
     "CancelDetectAction command Fn::Sub", swap("$taskId", "$task")),
    ("a command for the region that somebody typed in last", "CancelDetectAction command",
     "iot cancel-detect-mitigation-actions-task --task-id $taskId"),
    ("a button under a task that has ended", "CancelDetectAction criteria status", GONE),
    ("a button under the other kind of task", "CancelAuditAction criteria kind Value", "detect"),
    ("a button under a task of another account", "CancelAuditAction criteria place", GONE),
    ("a button under a task that has no name", "CancelDetectAction criteria taskId", GONE),
    ("a button whose variables are not where the notification has them",
     "CancelDetectAction Attachments 0 Variables status", "event.metadata.status"),
    ("a button for notifications of AWS's own",
     "CancelDetectAction Attachments 0 NotificationType", "CloudWatch"),
    ("a topic for chats in clear", "StartsTopic KmsMasterKeyId", GONE),
    ("a topic for chats without TLS", "StartsTopicPolicy policy 0 Effect", "Allow"),
    ("a button nobody is told of", "amazon_q Outputs CustomActionArns Value Fn::Join 1 1", GONE),
    ("an announcement to everybody", "ShowProgressFunction variables AMAZON_Q_TOPIC_ARN",
     '!If [HasAmazonQ, !Ref NotificationTopic, ""]'),
    ("announcing without Amazon Q", "DescribeTaskFunction variables STARTS", "!Ref SnsVerdicts"),
)
# fmt: on
