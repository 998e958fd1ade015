"""The parameter combinations that change which resources there are, or what they may do."""

ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:slack-webhook-a1B2c3"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:findings"
ALARM_TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
SECRET_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/66666666-7777-8888-9999-000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/developers"
MEMBERS = {"MemberAccounts": "210987654321,310987654321", "MemberRegions": "eu-central-1,us-east-1"}
BOTH = {"EmailAddress": "oncall@example.com", "SlackWebhookSecretArn": SECRET}
APP = {
    "EmailAddress": "oncall@example.com",
    "SlackBotTokenSecretArn": SECRET,
    "SlackChannelId": "C0MITIGATE",
}
ACTS = APP | {
    "SlackActions": "cancel-retry-undo",
    "SlackActors": "U0ADA,U0BO",
    "SlackSigningSecretArn": SECRET.replace("slack-webhook", "slack-signing"),
    "SlackAppId": "A0APP",
    "SlackTeamId": "T0TEAM",
}
EVERYTHING = ACTS | MEMBERS | {"AmazonQ": "true"}

COMBINATIONS: dict[str, dict[str, str]] = {
    "e-mail and Slack": BOTH,
    "a topic alone": {"TopicArn": TOPIC, "AlarmTopicArn": ALARM_TOPIC},
    "no Slack": {"EmailAddress": BOTH["EmailAddress"]},
    "no e-mail": {"SlackWebhookSecretArn": SECRET, "AlarmTopicArn": ALARM_TOPIC},
    "own topic": BOTH | {"TopicArn": TOPIC},
    "own alarm topic": BOTH | {"AlarmTopicArn": ALARM_TOPIC},
    "own key": BOTH | {"KmsKeyArn": KEY},
    "own topic and key": BOTH | {"TopicArn": TOPIC, "KmsKeyArn": KEY},
    "own key for the secret": BOTH | {"SlackSecretKmsKeyArn": SECRET_KEY},
    "sweep off": BOTH | {"SweepMinutes": "0"},
    "detect only": BOTH | {"TaskTypes": "detect"},
    "audit only": BOTH | {"TaskTypes": "audit"},
    "members": BOTH | MEMBERS,
    "Slack app": APP,
    "own key for the app's secret": APP | {"SlackSecretKmsKeyArn": SECRET_KEY},
    "Amazon Q": BOTH | {"AmazonQ": "true"},
    "Amazon Q for problems, and a Slack app": APP | {"AmazonQ": "true", "SnsVerdicts": "problems"},
    "boundary": APP | {"PermissionsBoundaryArn": BOUNDARY},
}
