"""What a smoke run makes in an account, and deletes again in reverse order, however it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.aws import AwsError, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from mitigation.watch import Watch

DELETE_SECONDS = 1800
_POLL_SECONDS = 3
_GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
}


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    by_hand: str  # the command that deletes it
    delete: Callable[[], None]  # does nothing where it was never made


class Scratch:
    """Notes each thing before it is made; `left` is what is there, or may be.

    All of them have the same name, as they live in name spaces of their own.
    """

    def __init__(self, session: boto3.Session, name: str) -> None:
        self.name = name
        self.left: list[Thing] = []
        self._region = session.region_name
        self._cloudformation = session.client("cloudformation")
        self._s3: Any = session.client("s3")  # no types are installed for these two
        self._sns = session.client("sns")
        self._sts = session.client("sts")
        self._secrets = session.client("secretsmanager")
        self._sqs = session.client("sqs")
        self._states = session.client("stepfunctions")

    def make_bucket(self) -> None:
        """For the upload: the bucket that sam makes by itself would stay."""
        self._note("S3 bucket", f"s3 rb --force s3://{self.name}", self._delete_bucket)
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(
            Bucket=self.name, **({} if self._region == "us-east-1" else elsewhere)
        )

    def note_stack(self) -> None:
        """sam makes it; this is for its end."""
        self._note(
            "stack", f"cloudformation delete-stack --stack-name {self.name}", self._delete_stack
        )

    def make_queue(self, topic_arn: str) -> str:
        """The URL of a queue that gets what the topic gets, as the topic gets it."""
        _, partition, _, region, account, _ = topic_arn.split(":")
        arn = f"arn:{partition}:sqs:{region}:{account}:{self.name}"
        url = f"https://sqs.{region}.amazonaws.com/{account}/{self.name}"
        self._note("SQS queue", f"sqs delete-queue --queue-url {url}", self._delete_queue)
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            },
        }
        queue = self._sqs.create_queue(
            QueueName=self.name, Attributes={"Policy": json.dumps(policy)}
        )
        self._sns.subscribe(
            TopicArn=topic_arn,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        return queue["QueueUrl"]

    def make_topic(self) -> str:
        """The ARN of a topic for the alarms; nobody is subscribed."""
        caller = self._sts.get_caller_identity()["Arn"].split(":")
        arn = f"arn:{caller[1]}:sns:{self._region}:{caller[4]}:{self.name}"
        delete = partial(self._delete_topic, arn)
        self._note("SNS topic", f"sns delete-topic --topic-arn {arn}", delete)
        return self._sns.create_topic(Name=self.name)["TopicArn"]

    def make_secret(self) -> str:
        """The ARN of a secret that holds no webhook: a Slack that refuses, and that is nobody's."""
        by_hand = f"secretsmanager delete-secret --secret-id {self.name}"
        self._note("secret", by_hand, self._delete_secret)
        return self._secrets.create_secret(Name=self.name, SecretString="no webhook")["ARN"]

    def start_watch(self, state_machine_arn: str, watch: Watch) -> str:
        """The execution's ARN. It is stopped at the end: a stack's delete would wait for it."""
        arn = self._states.start_execution(
            stateMachineArn=state_machine_arn,
            name=watch.execution_name,
            input=json.dumps(watch.to_input()),
        )["executionArn"]
        stop = f"stepfunctions stop-execution --execution-arn {arn}"
        self._note("watch in stack", stop, partial(self._stop_watch, arn))
        return arn

    def delete(self, say: Callable[[str], None]) -> None:
        """Delete all, the latest first; what can't be deleted stays in `left`, and `say` says why.

        Raises KeyboardInterrupt as it comes: `left` then tells how far it got.
        """
        for thing in reversed(self.left.copy()):
            say(f"Deleting {thing.name} …")
            try:
                thing.delete()
            except AwsError as error:
                say(f"{thing.name} could not be deleted: {explain(error)}")
            else:
                self.left.remove(thing)

    def _note(self, kind: str, by_hand: str, delete: Callable[[], None]) -> None:
        command = f"aws {by_hand} --region {self._region}"
        self.left.append(Thing(f"{kind} {self.name}", command, delete))

    def _delete_bucket(self) -> None:
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
            for page in pages:
                if keys := [{"Key": item["Key"]} for item in page.get("Contents", [])]:
                    self._s3.delete_objects(Bucket=self.name, Delete={"Objects": keys})
            self._s3.delete_bucket(Bucket=self.name)
        except ClientError as error:
            _pass_if_gone(error)

    def _delete_queue(self) -> None:
        try:
            url = self._sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
            self._sqs.delete_queue(QueueUrl=url)
        except ClientError as error:
            _pass_if_gone(error)

    def _delete_topic(self, arn: str) -> None:
        self._sns.delete_topic(TopicArn=arn)  # no error where there is none

    def _delete_secret(self) -> None:
        try:
            self._secrets.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)
        except ClientError as error:
            _pass_if_gone(error)

    def _delete_stack(self) -> None:
        self._cloudformation.delete_stack(StackName=self.name)
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        attempts = DELETE_SECONDS // _POLL_SECONDS
        waiter.wait(
            StackName=self.name, WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": attempts}
        )

    def _stop_watch(self, arn: str) -> None:
        try:
            self._states.stop_execution(executionArn=arn, cause="the smoke run has ended")
        except ClientError:  # most likely because it has ended by itself
            if self._states.describe_execution(executionArn=arn)["status"] == "RUNNING":
                raise


def _pass_if_gone(error: ClientError) -> None:
    if error.response.get("Error", {}).get("Code") not in _GONE:
        raise error
