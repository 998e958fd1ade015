"""Mistakes as people make them in templates, definitions and roles."""

from collections.abc import Callable

from tests.template.mistake import REMOVED, Mistake

RESOURCES = "template Resources"
BUTTONS = "amazon_q Resources"
STATES = "definition States"
EACH = f"{STATES} NotifyEveryChannel ItemProcessor States"


def policy(role: str, statement: int) -> str:
    return f"{RESOURCES} {role} Properties Policies 0 PolicyDocument Statement {statement}"


def without(item: object) -> Callable[[list[object]], list[object]]:
    return lambda items: [each for each in items if each != item]


def with_(item: object) -> Callable[[list[object]], list[object]]:
    return lambda items: [*items, item]


READ_SECRET = {
    "Effect": "Allow",
    "Action": "secretsmanager:GetSecretValue",
    "Resource": {"Ref": "SlackWebhookSecretArn"},
}

MISTAKES = [
    # What the template names
    Mistake(
        "a handler that is not there",
        f"{RESOURCES} StartWatchFunction Properties Handler",
        "start_watch.main",
    ),
    Mistake(
        "a handler of a module that is not there",
        f"{RESOURCES} NotifyFunction Properties Handler",
        "notifier.handler",
    ),
    Mistake(
        "a definition file that is not there",
        f"{RESOURCES} WatchTaskStateMachine Properties DefinitionUri",
        "statemachine/watch.asl.json",
    ),
    Mistake("code in another folder", "template Globals Function CodeUri", "src/"),
    Mistake("an older Python", "template Globals Function Runtime", "python3.12"),
    Mistake(
        "a variable that a handler reads, but nobody sets",
        f"{RESOURCES} DescribeTaskFunction Properties Environment Variables WATCH_LIMIT_HOURS",
        REMOVED,
    ),
    Mistake(
        "a misspelled variable",
        f"{RESOURCES} NotifyFunction Properties Environment Variables",
        lambda old: {**old, "SLACK_SECRET": "x"},
    ),
    Mistake(
        "a variable with a value that the handler can't read",
        f"{RESOURCES} SweepFunction Properties Environment Variables TASK_TYPES",
        "both",
    ),
    Mistake(
        "a variable with another parameter's value",
        f"{RESOURCES} DescribeTaskFunction Properties Environment Variables POLL_MIN_SECONDS",
        {"Ref": "PollMaxSeconds"},
    ),
    # The definition
    Mistake(
        "a substitution that nobody gives",
        f"{RESOURCES} WatchTaskStateMachine Properties DefinitionSubstitutions DeadLetterQueueUrl",
        REMOVED,
    ),
    Mistake(
        "a substitution with the other function",
        f"{RESOURCES} WatchTaskStateMachine Properties DefinitionSubstitutions NotifyFunctionArn",
        {"Fn::GetAtt": ["DescribeTaskFunction", "Arn"]},
    ),
    Mistake(
        "a misspelled substitution in the definition",
        f"{EACH} DeadLetter Parameters QueueUrl",
        "${DeadLetterQueueURL}",
    ),
    Mistake("a Next to nowhere", f"{STATES} Wait Next", "Describe"),
    Mistake("a state that nothing leads to", f"{STATES} NotifyEveryChannel Next", "Delivered"),
    Mistake("a Task without a Catch", f"{STATES} DescribeTask Catch", REMOVED),
    Mistake("a Task without a time-out", f"{EACH} Notify TimeoutSeconds", REMOVED),
    Mistake("a Task without a Retry", f"{EACH} DeadLetter Retry", REMOVED),
    Mistake("a Catch for all before the others", f"{EACH} Notify Catch", lambda old: old[::-1]),
    Mistake("a time-out for the whole machine", "definition TimeoutSeconds", 86400),
    Mistake("a misspelled error name", f"{EACH} Notify Catch 0 ErrorEquals", ["DeliveryRefused"]),
    Mistake(
        "an answer's member that the handler never gives",
        f"{EACH} Notify ResultSelector waitSeconds.$",
        "$.Payload.retryAfter",
    ),
    Mistake("a Choice on nothing", f"{STATES} StillWatching? Choices", []),
    Mistake("a Retry that ends too soon", f"{STATES} DescribeTask Retry 1 MaxAttempts", 100),
    Mistake("a Retry that waits too long", f"{EACH} Notify Retry 1 MaxDelaySeconds", 3600),
    Mistake("a Retry whose end chance decides", f"{EACH} Notify Retry 1 JitterStrategy", "FULL"),
    Mistake("a state type that does not exist", f"{STATES} Wait Type", "Sleep"),
    # Roles
    Mistake("a permission forgotten", policy("StartWatchRole", 2), REMOVED),
    Mistake(
        "an action forgotten",
        f"{policy('DescribeTaskRole', 0)} Action",
        without("iot:DescribeAuditFinding"),
    ),
    Mistake("every resource", f"{policy('WatchTaskRole', 0)} Resource", "*"),
    Mistake("every action", f"{policy('NotifyRole', 0)} Action", "sns:*"),
    Mistake(
        "the secret readable by another role",
        f"{RESOURCES} DescribeTaskRole Properties Policies 0 PolicyDocument Statement",
        with_(READ_SECRET),
    ),
    Mistake(
        "a managed policy on top",
        f"{RESOURCES} NotifyRole Properties ManagedPolicyArns",
        ["arn:aws:iam::aws:policy/AmazonSNSFullAccess"],
    ),
    Mistake(
        "a role that anyone may assume",
        f"{RESOURCES} NotifyRole Properties AssumeRolePolicyDocument Statement 0 Principal",
        {"AWS": "*"},
    ),
    Mistake(
        "a function in another function's role",
        f"{RESOURCES} DescribeTaskFunction Properties Role",
        {"Fn::GetAtt": ["NotifyRole", "Arn"]},
    ),
    Mistake(
        "a role outside the boundary",
        f"{RESOURCES} WatchTaskRole Properties PermissionsBoundary",
        REMOVED,
    ),
    Mistake(
        "a star without a reason",
        "text",
        lambda text: text.replace('"*" # these actions have no resource type', '"*"', 1),
    ),
    # Resource policies and encryption
    Mistake("a schedule without permission", f"{RESOURCES} SweepPermission", REMOVED),
    Mistake(
        "a permission for every rule of every account",
        f"{RESOURCES} TaskStartedPermission Properties SourceArn",
        REMOVED,
    ),
    Mistake(
        "a topic without TLS",
        f"{RESOURCES} AlarmTopicPolicy Properties PolicyDocument Statement 1",
        REMOVED,
    ),
    Mistake(
        "a queue that EventBridge can't send to",
        f"{RESOURCES} StartFailuresQueuePolicy Properties PolicyDocument Statement 0",
        REMOVED,
    ),
    Mistake(
        "a condition that EventBridge's requests to KMS don't fulfill",
        f"{RESOURCES} Key Properties KeyPolicy Statement 1 Condition",
        lambda old: {"StringEquals": old["StringEqualsIfExists"]},
    ),
    Mistake(
        "AWS's own key on the alarm topic, which CloudWatch can't use",
        f"{RESOURCES} AlarmTopic Properties KmsMasterKeyId",
        "alias/aws/sns",
    ),
    Mistake(
        "a queue in the clear", f"{RESOURCES} DeadLetterQueue Properties KmsMasterKeyId", REMOVED
    ),
    Mistake(
        "a rule without a dead-letter queue",
        f"{RESOURCES} TaskStartedRule Properties Targets 0 DeadLetterConfig",
        REMOVED,
    ),
    Mistake(
        "failed starts that are dropped",
        f"{RESOURCES} StartWatchFunction Properties EventInvokeConfig DestinationConfig",
        REMOVED,
    ),
    Mistake(
        "a rule that takes refused calls",
        f"{RESOURCES} TaskStartedRule Properties EventPattern detail errorCode",
        REMOVED,
    ),
    Mistake(
        "a rule that takes events of other accounts",
        f"{RESOURCES} TaskStartedRule Properties EventPattern account",
        REMOVED,
    ),
    Mistake(
        "a policy at another topic",
        f"{RESOURCES} AlarmTopicPolicy Properties Topics",
        [{"Ref": "NotificationTopic"}],
    ),
    Mistake(
        "alarms for nobody",
        f"{RESOURCES} AlarmEmailSubscription Properties TopicArn",
        {"Ref": "NotificationTopic"},
    ),
    Mistake(
        "dead letters that are forgotten in four days",
        f"{RESOURCES} DeadLetterQueue Properties MessageRetentionPeriod",
        REMOVED,
    ),
    # Who hears of it
    Mistake(
        "a stack that tells nobody",
        "template Rules SomebodyIsTold",
        REMOVED,
    ),
    Mistake(
        "a stack whose alarms nobody hears",
        "template Rules SomebodyHearsAlarms Assertions 0 Assert",
        {"Fn::Not": [{"Fn::Equals": ["", "x"]}]},
    ),
    Mistake(
        "a Slack app without a channel",
        "template Rules SlackAppHasTokenAndChannel Assertions 0 Assert",
        {"Fn::Not": [{"Fn::Equals": ["", "x"]}]},
    ),
    Mistake(
        "a refusal that does not say what to give",
        "template Rules SomebodyIsTold Assertions 0 AssertDescription",
        "No channel.",
    ),
    Mistake(
        "a sweep that is tried again when it is late",
        f"{RESOURCES} SweepFunction Properties EventInvokeConfig",
        REMOVED,
    ),
    Mistake(
        "a sweep that leaves letters",
        f"{RESOURCES} SweepRule Properties Targets 0 DeadLetterConfig",
        {"Arn": {"Fn::GetAtt": ["StartFailuresQueue", "Arn"]}},
    ),
    Mistake(
        "an alarm on sweeps that never ran, which missing data keeps quiet",
        f"{RESOURCES} NoSweepAlarm Properties TreatMissingData",
        "notBreaching",
    ),
    Mistake(
        "an alarm that counts by another interval than the sweep's",
        "template Mappings Sweeps 30 Seconds",
        300,
    ),
    Mistake(
        "an alarm on the wrong topic",
        f"{RESOURCES} TopicFailedAlarm Properties Dimensions 0 Value",
        {"Fn::GetAtt": ["AlarmTopic", "TopicName"]},
    ),
    Mistake(
        "alarms that leave the operator's own topic alone",
        f"{RESOURCES} NotifyErrorsAlarm Properties AlarmActions",
        [{"Ref": "AlarmTopic"}],
    ),
    Mistake(
        "e-mails that SNS drops",
        f"{RESOURCES} EmailSubscription Properties RedrivePolicy",
        REMOVED,
    ),
    Mistake(
        "a dead-letter queue that SNS can't send to",
        f"{RESOURCES} DeadLetterQueuePolicy Properties PolicyDocument Statement 0",
        REMOVED,
    ),
    Mistake(
        "milliseconds taken for seconds",
        f"{RESOURCES} StartWatchLateAlarm Properties Threshold",
        300,
    ),
    # Times and names that have to fit together
    Mistake(
        "a function that ends before its own calls do",
        f"{RESOURCES} NotifyFunction Properties Timeout",
        40,
    ),
    Mistake(
        "a function that outlives its state",
        f"{RESOURCES} NotifyFunction Properties Timeout",
        75,
    ),
    Mistake(
        "another function that ends before its own calls do",
        f"{RESOURCES} StartWatchFunction Properties Timeout",
        10,
    ),
    Mistake(
        "a state that ends before its function",
        f"{STATES} DescribeTask TimeoutSeconds",
        60,
    ),
    Mistake(
        "a machine that forgets",
        f"{RESOURCES} WatchTaskStateMachine Properties Type",
        "EXPRESS",
    ),
    Mistake(
        "letters that two replays may have at once",
        f"{RESOURCES} DeadLetterQueue Properties VisibilityTimeout",
        30,
    ),
    Mistake(
        "starts that two replays may have at once, by SQS's default",
        f"{RESOURCES} StartFailuresQueue Properties VisibilityTimeout",
        REMOVED,
    ),
    Mistake(
        "a function that a replay does not wait for",
        f"{RESOURCES} StartWatchFunction Properties Timeout",
        400,
    ),
    Mistake(
        "a sweep that is still there when the next one comes",
        f"{RESOURCES} SweepFunction Properties Timeout",
        900,
    ),
    Mistake(
        "a log group that the key's policy does not know",
        f"{RESOURCES} NotifyLogGroup Properties LogGroupName",
        {"Fn::Sub": "/notifier/${AWS::StackName}-notify"},
    ),
    Mistake(
        "a key whose policy knows another's log groups",
        f"{RESOURCES} Key Properties KeyPolicy Statement 2 Condition ArnLike "
        "kms:EncryptionContext:aws:logs:arn 1",
        "arn:aws:logs:*:*:log-group:/aws/states/*",
    ),
    Mistake(
        "vended logs under a name that fills up the account's policy",
        f"{RESOURCES} WatchTaskLogGroup Properties LogGroupName",
        {"Fn::Sub": "/aws/lambda/${AWS::StackName}-watch-task"},
    ),
    Mistake(
        "an alarm that looks back for more than a day",
        f"{RESOURCES} NoSweepAlarm Properties EvaluationPeriods",
        48,
    ),
    Mistake(
        "a period that no alarm can have",
        f"{RESOURCES} WatchFailedAlarm Properties Period",
        45,
    ),
    # Logs, alarms and the dashboard
    Mistake(
        "a log that is kept for ever",
        f"{RESOURCES} NotifyLogGroup Properties RetentionInDays",
        REMOVED,
    ),
    Mistake(
        "a function whose log Lambda makes",
        f"{RESOURCES} NotifyFunction Properties LoggingConfig",
        REMOVED,
    ),
    Mistake("data without an end", f"{RESOURCES} WatchTaskLogGroup DeletionPolicy", REMOVED),
    Mistake(
        "an alarm on a misspelled metric",
        f"{RESOURCES} WatchFailedAlarm Properties MetricName",
        "ExecutionFailed",
    ),
    Mistake(
        "an alarm without the dimension that Powertools adds",
        f"{RESOURCES} SlackRejectedAlarm Properties Dimensions 0",
        REMOVED,
    ),
    Mistake(
        "an alarm that rings nowhere",
        f"{RESOURCES} DeadLettersAlarm Properties AlarmActions",
        REMOVED,
    ),
    Mistake("an alarm forgotten", f"{RESOURCES} StartFailuresAlarm", REMOVED),
    Mistake(
        "a dashboard that is no JSON",
        f"{RESOURCES} Dashboard Properties DashboardBody Fn::Sub",
        lambda old: old.replace("[", "[,", 1),
    ),
    Mistake(
        "a dashboard that searches by other dimensions",
        f"{RESOURCES} Dashboard Properties DashboardBody Fn::Sub",
        lambda old: old.replace(",TaskStatus,TaskType,service}", ",TaskStatus,service}", 1),
    ),
    Mistake(
        "a saved query over another log",
        f"{RESOURCES} EndedTasksQuery Properties LogGroupNames 0 Ref",
        "NotifyLogGroup",
    ),
    Mistake(
        "a metric with a dimension that nobody reads",
        f"{RESOURCES} Dashboard Properties DashboardBody Fn::Sub",
        lambda old: old.replace('"TasksSeen", "service", "${AWS::StackName}"', '"TasksSeen"'),
    ),
    # Parameters
    Mistake("a parameter without bounds", "template Parameters OverdueMinutes MaxValue", REMOVED),
    Mistake("polling beyond the budget", "template Parameters PollMaxSeconds MinValue", 10),
    Mistake(
        "a parameter that takes the webhook URL itself",
        "template Parameters SlackWebhookSecretArn AllowedPattern",
        "^.*$",
    ),
    Mistake(
        "a parameter that nothing uses",
        "template Parameters Verbose",
        {"Type": "String", "Default": "no", "AllowedValues": ["no"], "Description": "Says more."},
    ),
    Mistake(
        "a condition turned around",
        "template Conditions MakeTopic",
        lambda old: {"Fn::Not": [old]},
    ),
    Mistake(
        "a resource without its condition", f"{RESOURCES} EmailSubscription Condition", REMOVED
    ),
    Mistake(
        "a public address",
        f"{RESOURCES} NotifyFunction Properties FunctionUrlConfig",
        {"AuthType": "NONE"},
    ),
    Mistake(
        "a property that does not exist",
        f"{RESOURCES} DeadLetterQueue Properties MessageRetention",
        60,
    ),
    Mistake(
        "a GetAtt of what is not there",
        f"{RESOURCES} DeadLettersAlarm Properties Dimensions 0 Value",
        {"Fn::GetAtt": ["DeadLetterQueue", "Name"]},
    ),
    # The buttons in Amazon Q
    Mistake(
        "a button called after the stack, whose name may be too long for it",
        f"{BUTTONS} CancelDetectAction Properties ActionName",
        {"Fn::Sub": "${AWS::StackName}-cancel-detect"},
    ),
    Mistake(
        "a button that only one region of an account can have",
        f"{BUTTONS} CancelAuditAction Properties ActionName",
        "mitigation-cancel-audit",
    ),
    Mistake(
        "two buttons of one name",
        f"{BUTTONS} CancelAuditAction Properties ActionName Fn::Join 1 0",
        "mitigation-cancel-detect",
    ),
    Mistake(
        "a command longer than the service takes",
        f"{BUTTONS} CancelDetectAction Properties Definition CommandText Fn::Sub",
        lambda old: f"aws {old} --no-cli-pager --output text",
    ),
    Mistake(
        "a button that cancels the other kind of task",
        f"{BUTTONS} CancelAuditAction Properties Definition CommandText Fn::Sub",
        lambda old: old.replace("-audit-", "-detect-"),
    ),
    Mistake(
        "a command with a variable that nothing fills",
        f"{BUTTONS} CancelDetectAction Properties Definition CommandText Fn::Sub",
        lambda old: old.replace("$taskId", "$task"),
    ),
    Mistake(
        "a command for the region that somebody typed in last",
        f"{BUTTONS} CancelDetectAction Properties Definition CommandText",
        "iot cancel-detect-mitigation-actions-task --task-id $taskId",
    ),
    Mistake(
        "a button under a task that has ended",
        f"{BUTTONS} CancelDetectAction Properties Attachments 0 Criteria",
        lambda old: [each for each in old if each["VariableName"] != "status"],
    ),
    Mistake(
        "a button under the other kind of task",
        f"{BUTTONS} CancelAuditAction Properties Attachments 0 Criteria 0 Value",
        "detect",
    ),
    Mistake(
        "a button under a task of another account",
        f"{BUTTONS} CancelAuditAction Properties Attachments 0 Criteria",
        lambda old: [each for each in old if each["VariableName"] != "place"],
    ),
    Mistake(
        "a button under a task that has no name",
        f"{BUTTONS} CancelDetectAction Properties Attachments 0 Criteria",
        lambda old: [each for each in old if each["VariableName"] != "taskId"],
    ),
    Mistake(
        "a button whose variables are not where the notification has them",
        f"{BUTTONS} CancelDetectAction Properties Attachments 0 Variables status",
        "event.metadata.status",
    ),
    Mistake(
        "a button for notifications of AWS's own",
        f"{BUTTONS} CancelDetectAction Properties Attachments 0 NotificationType",
        "CloudWatch",
    ),
    Mistake(
        "a topic for chats in clear",
        f"{BUTTONS} StartsTopic Properties KmsMasterKeyId",
        REMOVED,
    ),
    Mistake(
        "a topic for chats without TLS",
        f"{BUTTONS} StartsTopicPolicy Properties PolicyDocument Statement 0 Effect",
        "Allow",
    ),
    Mistake(
        "a button that nobody is told to attach",
        "amazon_q Outputs CustomActionArns Value Fn::Join 1 1",
        REMOVED,
    ),
    Mistake(
        "an announcement to everybody",
        f"{RESOURCES} ShowProgressFunction Properties Environment Variables AMAZON_Q_TOPIC_ARN",
        {"Fn::If": ["HasAmazonQ", {"Ref": "NotificationTopic"}, ""]},
    ),
    Mistake(
        "announcements where Amazon Q is off",
        f"{RESOURCES} DescribeTaskFunction Properties Environment Variables STARTS",
        {"Ref": "SnsVerdicts"},
    ),
]
