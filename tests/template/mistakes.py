"""Mistakes as people make them in templates, definitions and roles, planted in a copy."""

from dataclasses import dataclass
from typing import Any

from tests.support.product import Product

REMOVED = object()
# Short words for long ways.
SHORT = {
    "states": "definition States",
    "each": "definition States NotifyEveryChannel ItemProcessor States",
    "may": "Policies 0 PolicyDocument Statement",
    "policy": "PolicyDocument Statement",
    "variables": "Environment Variables",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """`path` leads to what is changed; `value` is the new one, or a function of the old one.

    It begins with a field of the product, with `states` or `each` (of the definition, and those for
    each channel), with `chat` and a resource of amazon_q.yaml, or with one of template.yaml, whose
    properties they are.
    """

    what: str
    path: str
    value: object

    def plant(self, product: Product) -> Product:
        """A copy with the mistake in it; raises LookupError where nothing changes."""
        planted = product.copy()
        place: Any = vars(planted)
        for name in self._way():
            holder, key = place, int(name) if isinstance(place, list) else name
            place = holder.get(key) if isinstance(holder, dict) else holder[key]
        new = self.value(place) if callable(self.value) else self.value
        if new is REMOVED:
            del holder[key]
        elif new == place:
            raise LookupError(f"{self.what}: {self.path} is {place} anyway")
        else:
            holder[key] = new
        return planted

    def _way(self) -> list[str]:
        path = self.path.removeprefix("chat ")
        first, _, rest = path.partition(" ")
        if first not in {"text", "template", "amazon_q", "definition", "states", "each"}:
            root = "template" if path == self.path else "amazon_q"
            path = f"{root} Resources {first} Properties {rest}"
        return " ".join(SHORT.get(word, word) for word in path.split()).split()


READ_SECRET = {
    "Effect": "Allow",
    "Action": "secretsmanager:GetSecretValue",
    "Resource": {"Ref": "SlackWebhookSecretArn"},
}

# What is wrong, where, and what stands there: a value, or what a function makes of the right one.
# fmt: off
ROWS: tuple[tuple[str, str, object], ...] = (
    # What the template names
    ("a handler that is not there", "StartWatchFunction Handler", "start_watch.main"),
    ("a handler of a module that is not there", "NotifyFunction Handler", "notifier.handler"),
    ("a definition file that is not there",
     "WatchTaskStateMachine DefinitionUri", "statemachine/watch.asl.json"),
    ("code in another folder", "template Globals Function CodeUri", "src/"),
    ("an older Python", "template Globals Function Runtime", "python3.12"),
    ("a variable that a handler reads, but nobody sets",
     "DescribeTaskFunction variables WATCH_LIMIT_HOURS", REMOVED),
    ("a misspelled variable",
     "NotifyFunction variables", lambda old: {**old, "SLACK_SECRET": "x"}),
    ("a variable with a value that the handler can't read",
     "SweepFunction variables TASK_TYPES", "both"),
    ("a variable with another parameter's value",
     "DescribeTaskFunction variables POLL_MIN_SECONDS", {"Ref": "PollMaxSeconds"}),
    # The definition
    ("a substitution that nobody gives",
     "WatchTaskStateMachine DefinitionSubstitutions DeadLetterQueueUrl", REMOVED),
    ("a substitution with the other function",
     "WatchTaskStateMachine DefinitionSubstitutions NotifyFunctionArn",
     {"Fn::GetAtt": ["DescribeTaskFunction", "Arn"]}),
    ("a misspelled substitution in the definition",
     "each DeadLetter Parameters QueueUrl", "${DeadLetterQueueURL}"),
    ("a Next to nowhere", "states Wait Next", "Describe"),
    ("a state that nothing leads to", "states NotifyEveryChannel Next", "Delivered"),
    ("a Task without a Catch", "states DescribeTask Catch", REMOVED),
    ("a Task without a time-out", "each Notify TimeoutSeconds", REMOVED),
    ("a Task without a Retry", "each DeadLetter Retry", REMOVED),
    ("a Catch for all before the others", "each Notify Catch", lambda old: old[::-1]),
    ("a time-out for the whole machine", "definition TimeoutSeconds", 86400),
    ("a misspelled error name", "each Notify Catch 0 ErrorEquals", ["DeliveryRefused"]),
    ("an answer's member that the handler never gives",
     "each Notify ResultSelector waitSeconds.$", "$.Payload.retryAfter"),
    ("a Choice on nothing", "states StillWatching? Choices", []),
    ("a Retry that ends too soon", "states DescribeTask Retry 1 MaxAttempts", 100),
    ("a Retry that waits too long", "each Notify Retry 1 MaxDelaySeconds", 3600),
    ("a Retry whose end chance decides", "each Notify Retry 1 JitterStrategy", "FULL"),
    ("a state type that does not exist", "states Wait Type", "Sleep"),
    # Roles
    ("a permission forgotten", "StartWatchRole may 2", REMOVED),
    ("an action forgotten", "DescribeTaskRole may 0 Action", lambda old: old[:-1]),
    ("every resource", "WatchTaskRole may 0 Resource", "*"),
    ("every action", "NotifyRole may 0 Action", "sns:*"),
    ("the secret readable by another role",
     "DescribeTaskRole may", lambda old: [*old, READ_SECRET]),
    ("a managed policy on top",
     "NotifyRole ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonSNSFullAccess"]),
    ("a role that anyone may assume",
     "NotifyRole AssumeRolePolicyDocument Statement 0 Principal", {"AWS": "*"}),
    ("a function in another function's role",
     "DescribeTaskFunction Role", {"Fn::GetAtt": ["NotifyRole", "Arn"]}),
    ("a role outside the boundary", "WatchTaskRole PermissionsBoundary", REMOVED),
    ("a star without a reason",
     "text", lambda text: text.replace('"*" # these actions have no resource type', '"*"', 1)),
    # Resource policies and encryption
    ("a schedule without permission", "template Resources SweepPermission", REMOVED),
    ("a permission for every rule of every account", "TaskStartedPermission SourceArn", REMOVED),
    ("a topic without TLS", "AlarmTopicPolicy policy 1", REMOVED),
    ("a queue that EventBridge can't send to", "StartFailuresQueuePolicy policy 0", REMOVED),
    ("a condition that EventBridge's requests to KMS don't fulfill",
     "Key KeyPolicy Statement 1 Condition",
     lambda old: {"StringEquals": old["StringEqualsIfExists"]}),
    ("AWS's own key on the alarm topic, which CloudWatch can't use",
     "AlarmTopic KmsMasterKeyId", "alias/aws/sns"),
    ("a queue in the clear", "DeadLetterQueue KmsMasterKeyId", REMOVED),
    ("a rule without a dead-letter queue", "TaskStartedRule Targets 0 DeadLetterConfig", REMOVED),
    ("failed starts that are dropped",
     "StartWatchFunction EventInvokeConfig DestinationConfig", REMOVED),
    ("a rule that takes refused calls", "TaskStartedRule EventPattern detail errorCode", REMOVED),
    ("a rule that takes events of other accounts",
     "TaskStartedRule EventPattern account", REMOVED),
    ("a policy at another topic", "AlarmTopicPolicy Topics", [{"Ref": "NotificationTopic"}]),
    ("alarms for nobody", "AlarmEmailSubscription TopicArn", {"Ref": "NotificationTopic"}),
    ("dead letters that are forgotten in four days",
     "DeadLetterQueue MessageRetentionPeriod", REMOVED),
    # Who hears of it
    ("a stack that tells nobody", "template Rules SomebodyIsTold", REMOVED),
    ("a stack whose alarms nobody hears",
     "template Rules SomebodyHearsAlarms Assertions 0 Assert",
     {"Fn::Not": [{"Fn::Equals": ["", "x"]}]}),
    ("a Slack app without a channel",
     "template Rules SlackAppHasTokenAndChannel Assertions 0 Assert",
     {"Fn::Not": [{"Fn::Equals": ["", "x"]}]}),
    ("a refusal that does not say what to give",
     "template Rules SomebodyIsTold Assertions 0 AssertDescription", "No channel."),
    ("a sweep that is tried again when it is late", "SweepFunction EventInvokeConfig", REMOVED),
    ("a sweep that leaves letters",
     "SweepRule Targets 0 DeadLetterConfig",
     {"Arn": {"Fn::GetAtt": ["StartFailuresQueue", "Arn"]}}),
    ("an alarm on sweeps that never ran, which missing data keeps quiet",
     "NoSweepAlarm TreatMissingData", "notBreaching"),
    ("an alarm that counts by another interval than the sweep's",
     "template Mappings Sweeps 30 Seconds", 300),
    ("an alarm on the wrong topic",
     "TopicFailedAlarm Dimensions 0 Value", {"Fn::GetAtt": ["AlarmTopic", "TopicName"]}),
    ("alarms that leave the operator's own topic alone",
     "NotifyErrorsAlarm AlarmActions", [{"Ref": "AlarmTopic"}]),
    ("e-mails that SNS drops", "EmailSubscription RedrivePolicy", REMOVED),
    ("a dead-letter queue that SNS can't send to", "DeadLetterQueuePolicy policy 0", REMOVED),
    ("milliseconds taken for seconds", "StartWatchLateAlarm Threshold", 300),
    # Times and names that have to fit together
    ("a function that ends before its own calls do", "NotifyFunction Timeout", 40),
    ("a function that outlives its state", "NotifyFunction Timeout", 75),
    ("another function that ends before its own calls do", "StartWatchFunction Timeout", 10),
    ("a state that ends before its function", "states DescribeTask TimeoutSeconds", 60),
    ("a machine that forgets", "WatchTaskStateMachine Type", "EXPRESS"),
    ("letters that two replays may have at once", "DeadLetterQueue VisibilityTimeout", 30),
    ("starts that two replays may have at once, by SQS's default",
     "StartFailuresQueue VisibilityTimeout", REMOVED),
    ("a function that a replay does not wait for", "StartWatchFunction Timeout", 400),
    ("a sweep that is still there when the next one comes", "SweepFunction Timeout", 900),
    ("a log group that the key's policy does not know",
     "NotifyLogGroup LogGroupName", {"Fn::Sub": "/notifier/${AWS::StackName}-notify"}),
    ("a key whose policy knows another's log groups",
     "Key KeyPolicy Statement 2 Condition ArnLike kms:EncryptionContext:aws:logs:arn 1",
     "arn:aws:logs:*:*:log-group:/aws/states/*"),
    ("vended logs under a name that fills up the account's policy",
     "WatchTaskLogGroup LogGroupName", {"Fn::Sub": "/aws/lambda/${AWS::StackName}-watch-task"}),
    ("an alarm that looks back for more than a day", "NoSweepAlarm EvaluationPeriods", 48),
    ("a period that no alarm can have", "WatchFailedAlarm Period", 45),
    # Logs, alarms and the dashboard
    ("a log that is kept for ever", "NotifyLogGroup RetentionInDays", REMOVED),
    ("a function whose log Lambda makes", "NotifyFunction LoggingConfig", REMOVED),
    ("data without an end", "template Resources WatchTaskLogGroup DeletionPolicy", REMOVED),
    ("an alarm on a misspelled metric", "WatchFailedAlarm MetricName", "ExecutionFailed"),
    ("an alarm without the dimension that Powertools adds",
     "SlackRejectedAlarm Dimensions 0", REMOVED),
    ("an alarm that rings nowhere", "DeadLettersAlarm AlarmActions", REMOVED),
    ("an alarm forgotten", "template Resources StartFailuresAlarm", REMOVED),
    ("a dashboard that is no JSON",
     "Dashboard DashboardBody Fn::Sub", lambda old: old.replace("[", "[,", 1)),
    ("a dashboard that searches by other dimensions",
     "Dashboard DashboardBody Fn::Sub",
     lambda old: old.replace(",TaskStatus,TaskType,service}", ",TaskStatus,service}", 1)),
    ("a saved query over another log", "EndedTasksQuery LogGroupNames 0 Ref", "NotifyLogGroup"),
    ("a metric with a dimension that nobody reads",
     "Dashboard DashboardBody Fn::Sub",
     lambda old: old.replace('"TasksSeen", "service", "${AWS::StackName}"', '"TasksSeen"')),
    # Parameters
    ("a parameter without bounds", "template Parameters OverdueMinutes MaxValue", REMOVED),
    ("polling beyond the budget", "template Parameters PollMaxSeconds MinValue", 10),
    ("a parameter that takes the webhook URL itself",
     "template Parameters SlackWebhookSecretArn AllowedPattern", "^.*$"),
    ("a parameter that nothing uses",
     "template Parameters Verbose",
     {"Type": "String", "Default": "no", "AllowedValues": ["no"], "Description": "Says more."}),
    ("a condition turned around", "template Conditions MakeTopic", lambda old: {"Fn::Not": [old]}),
    ("a resource without its condition",
     "template Resources EmailSubscription Condition", REMOVED),
    ("a public address", "NotifyFunction FunctionUrlConfig", {"AuthType": "NONE"}),
    ("a property that does not exist", "DeadLetterQueue MessageRetention", 60),
    ("a GetAtt of what is not there",
     "DeadLettersAlarm Dimensions 0 Value", {"Fn::GetAtt": ["DeadLetterQueue", "Name"]}),
    # The buttons in Amazon Q
    ("a button called after the stack, whose name may be too long for it",
     "chat CancelDetectAction ActionName", {"Fn::Sub": "${AWS::StackName}-cancel-detect"}),
    ("a button that only one region of an account can have",
     "chat CancelAuditAction ActionName", "mitigation-cancel-audit"),
    ("two buttons of one name",
     "chat CancelAuditAction ActionName Fn::Join 1 0", "mitigation-cancel-detect"),
    ("a command longer than the service takes",
     "chat CancelDetectAction Definition CommandText Fn::Sub",
     lambda old: f"aws {old} --no-cli-pager --output text"),
    ("a button that cancels the other kind of task",
     "chat CancelAuditAction Definition CommandText Fn::Sub",
     lambda old: old.replace("-audit-", "-detect-")),
    ("a command with a variable that nothing fills",
     "chat CancelDetectAction Definition CommandText Fn::Sub",
     lambda old: old.replace("$taskId", "$task")),
    ("a command for the region that somebody typed in last",
     "chat CancelDetectAction Definition CommandText",
     "iot cancel-detect-mitigation-actions-task --task-id $taskId"),
    ("a button under a task that has ended",
     "chat CancelDetectAction Attachments 0 Criteria",
     lambda old: [each for each in old if each["VariableName"] != "status"]),
    ("a button under the other kind of task",
     "chat CancelAuditAction Attachments 0 Criteria 0 Value", "detect"),
    ("a button under a task of another account",
     "chat CancelAuditAction Attachments 0 Criteria",
     lambda old: [each for each in old if each["VariableName"] != "place"]),
    ("a button under a task that has no name",
     "chat CancelDetectAction Attachments 0 Criteria",
     lambda old: [each for each in old if each["VariableName"] != "taskId"]),
    ("a button whose variables are not where the notification has them",
     "chat CancelDetectAction Attachments 0 Variables status", "event.metadata.status"),
    ("a button for notifications of AWS's own",
     "chat CancelDetectAction Attachments 0 NotificationType", "CloudWatch"),
    ("a topic for chats in clear", "chat StartsTopic KmsMasterKeyId", REMOVED),
    ("a topic for chats without TLS", "chat StartsTopicPolicy policy 0 Effect", "Allow"),
    ("a button that nobody is told to attach",
     "amazon_q Outputs CustomActionArns Value Fn::Join 1 1", REMOVED),
    ("an announcement to everybody",
     "ShowProgressFunction variables AMAZON_Q_TOPIC_ARN",
     {"Fn::If": ["HasAmazonQ", {"Ref": "NotificationTopic"}, ""]}),
    ("announcements where Amazon Q is off",
     "DescribeTaskFunction variables STARTS", {"Ref": "SnsVerdicts"}),
)
# fmt: on

MISTAKES = [Mistake(*row) for row in ROWS]
