"""The mitigation actions of a task: what each does to what it is taken for."""

from typing import NamedTuple

from mitigation.wire import Reader


class UpdateDeviceCertificate(NamedTuple):
    action: str | None


class UpdateCACertificate(NamedTuple):
    action: str | None


class AddThingsToThingGroup(NamedTuple):
    thing_group_names: tuple[str, ...]
    override_dynamic_groups: bool | None


class ReplaceDefaultPolicyVersion(NamedTuple):
    template_name: str | None


class EnableIoTLogging(NamedTuple):
    role_arn_for_logging: str | None
    log_level: str | None


class PublishFindingToSns(NamedTuple):
    topic_arn: str | None


ActionParams = (
    UpdateDeviceCertificate
    | UpdateCACertificate
    | AddThingsToThingGroup
    | ReplaceDefaultPolicyVersion
    | EnableIoTLogging
    | PublishFindingToSns
)


class Action(NamedTuple):
    """A mitigation action as it was defined when the task started."""

    name: str | None
    id: str | None
    role_arn: str | None
    params: tuple[ActionParams, ...]


def parse_actions(answer: Reader) -> tuple[Action, ...]:
    """The actions that an answer defines, in the order in which the task takes them."""
    return tuple(
        Action(
            name=action.text("name"),
            id=action.text("id"),
            role_arn=action.text("roleArn"),
            params=_parse_params(action.child("actionParams")),
        )
        for action in answer.items("actionsDefinition")
    )


def _parse_params(params: Reader) -> tuple[ActionParams, ...]:
    found: list[ActionParams] = []
    if member := params.optional("updateDeviceCertificateParams"):
        found.append(UpdateDeviceCertificate(member.text("action")))
    if member := params.optional("updateCACertificateParams"):
        found.append(UpdateCACertificate(member.text("action")))
    if member := params.optional("addThingsToThingGroupParams"):
        groups = member.texts("thingGroupNames")
        found.append(AddThingsToThingGroup(groups, member.flag("overrideDynamicGroups")))
    if member := params.optional("replaceDefaultPolicyVersionParams"):
        found.append(ReplaceDefaultPolicyVersion(member.text("templateName")))
    if member := params.optional("enableIoTLoggingParams"):
        role_arn = member.text("roleArnForLogging")
        found.append(EnableIoTLogging(role_arn, member.text("logLevel")))
    if member := params.optional("publishFindingToSnsParams"):
        found.append(PublishFindingToSns(member.text("topicArn")))
    return tuple(found)
