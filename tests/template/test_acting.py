"""acting.yaml: a door, and somebody behind it who acts; neither has both halves."""

import json
import re

import pytest

from tests.support.combinations import APP, BOTH, BOUNDARY, MEMBERS, SECRET, SECRET_KEY
from tests.support.product import ACTING, Product, Resources
from tests.template import access, gates, graph
from tests.template.alarms import alarms
from tests.template.wiring import FOR_POWERTOOLS, functions, of_type, probed, variables

SIGNING = SECRET.replace("slack-webhook", "slack-signing")
ON = APP | {
    "SlackActions": "cancel-retry-undo",
    "SlackActors": "U0ADA,U0BO",
    "SlackSigningSecretArn": SIGNING,
    "SlackAppId": "A0APP",
    "SlackTeamId": "T0TEAM",
}
COMBINATIONS = {
    **{level: {"SlackActions": level} for level in ("cancel", "cancel-retry", "cancel-retry-undo")},
    "own key for the secrets": {"SlackSecretKmsKeyArn": SECRET_KEY},
    "members": {"MemberAccounts": MEMBERS["MemberAccounts"]},
    "boundary": {"PermissionsBoundaryArn": BOUNDARY},
}


@pytest.fixture(scope="module")
def acting() -> Product:
    return Product.load(ACTING)


def given(product: Product, combination: str = "cancel-retry-undo") -> dict[str, str]:
    """What template.yaml hands on, with these parameters of its own."""
    nested = product.stack(ON | COMBINATIONS[combination])["Acting"]["Properties"]
    return {name: str(value) for name, value in nested["Parameters"].items()}


def stack(product: Product, acting: Product, combination: str = "cancel-retry-undo") -> Resources:
    return acting.stack(given(product, combination))


def test_with_off_the_template_is_what_it_was(product: Product) -> None:
    for parameters in ({}, BOTH, APP):
        there = product.stack(parameters)
        assert "Acting" not in there
        assert not any("ApiGateway" in resource["Type"] for resource in there.values())
        assert all("Url" not in resource["Type"] for resource in there.values())
    before, after = product.stack(APP), product.stack(ON)
    roles = [name for name, each in before.items() if each["Type"] == "AWS::IAM::Role"]
    assert [before[name] for name in roles] == [after[name] for name in roles]
    assert set(after) - set(before) == {"Acting"}


def test_it_is_given_all_that_it_takes(product: Product, acting: Product) -> None:
    assert set(given(product)) == set(acting.template["Parameters"])
    text = json.dumps(acting.template["Resources"]) + json.dumps(acting.template["Conditions"])
    for name in acting.template["Parameters"]:
        assert f'"Ref": "{name}"' in text or f"${{{name}}}" in text, name


@pytest.mark.parametrize("missing", sorted(set(ON) - {"SlackActions", "EmailAddress"}))
def test_an_incomplete_choice_is_refused_with_one_sentence(product: Product, missing: str) -> None:
    assert product.refusals(ON) == []
    said = product.refusals(ON | {missing: ""})
    assert said
    assert all(sentence.endswith(".") for sentence in said)


def test_it_is_clean_to_cfn_lint(acting: Product) -> None:
    assert list(gates.cfn_lint(acting)) == []


@pytest.mark.parametrize("combination", COMBINATIONS)
@pytest.mark.parametrize(
    ("heading", "found_in"),
    [
        ("Roles of acts", access.role_statements),
        ("Resource policies of acts", access.resource_statements),
    ],
)
def test_roles_are_as_documented(
    product: Product, acting: Product, combination: str, heading: str, found_in: access.Statements
) -> None:
    values = given(product, combination)
    levels = {level: str(level in values["SlackActions"]) for level in ("retry", "undo")}
    known = values | {name: "" if yes == "False" else yes for name, yes in levels.items()}
    assert set(found_in(acting.stack(values))) == access.documented(heading, known)


def test_nobody_has_both_halves(product: Product, acting: Product) -> None:
    """The signing secret opens the door, the bot's token answers: no role reads both."""
    there = stack(product, acting)
    halves = {SIGNING: "signing", APP["SlackBotTokenSecretArn"]: "token"}
    found: dict[str, set[str]] = {}
    for role, sentence in access.role_statements(there):
        for arn, half in halves.items():
            if arn in sentence:
                found.setdefault(role, set()).add(half)
        if "iot:" in sentence:
            found.setdefault(role, set()).add("iot")
    assert found == {"ReceiveClickRole": {"signing"}, "ActOnTaskRole": {"token", "iot"}}


def test_the_address_is_throttled_and_logged(product: Product, acting: Product) -> None:
    stage = stack(product, acting)["ClicksStage"]["Properties"]
    settings = stage["DefaultRouteSettings"]
    assert settings == {"ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5}
    assert stage["AccessLogSettings"]["DestinationArn"] == "ClicksLogGroup.Arn"
    assert "$context.status" in json.loads(stage["AccessLogSettings"]["Format"])["status"]


def test_data_has_an_end_a_key_and_roles_their_boundary(product: Product, acting: Product) -> None:
    there = stack(product, acting, "boundary")
    for name, group in of_type(there, "AWS::Logs::LogGroup").items():
        assert there[name]["DeletionPolicy"] == there[name]["UpdateReplacePolicy"] == "Delete"
        assert (group["KmsKeyId"], group["RetentionInDays"]) == ("Key.Arn", "30")
        # The patterns of the key's policy, which lets CloudWatch Logs in for no others.
        assert re.match(r"/aws/(lambda|vendedlogs/states)/notifier-", group["LogGroupName"])
    for name, role in of_type(there, "AWS::IAM::Role").items():
        assert role["PermissionsBoundary"] == BOUNDARY, name
    users = [each["Properties"]["Role"] for each in there.values() if "Role" in each["Properties"]]
    assert len(users) == len(set(users)) == 2


def test_handlers_read_what_they_are_given(product: Product, acting: Product) -> None:
    there = stack(product, acting)
    for name in functions(there):
        given = set(variables(there, name))
        assert probed(there, name).read - FOR_POWERTOOLS == given - FOR_POWERTOOLS, name


def test_the_definition_is_sound_and_fails_safely(acting: Product) -> None:
    assert list(graph.the_graph_is_sound(acting)) == []
    assert list(graph.tasks_fail_safely(acting)) == []


def test_tasks_outlast_their_function_and_read_what_it_answers(
    product: Product, acting: Product
) -> None:
    there = stack(product, acting)
    function = there["ActOnTaskFunction"]["Properties"]
    answers = probed(there, "ActOnTaskFunction").answers
    tasks = [(name, each) for name, each in graph.states(acting.definition) if "Resource" in each]
    for name, state in tasks:
        if "lambda" not in state["Resource"]:
            continue
        assert state["TimeoutSeconds"] > function["Timeout"], name
        read = set(re.findall(r"\$\.Payload\.(\w+)", str(state.get("ResultSelector"))))
        assert all(read <= set(answer) for answer in answers), name
    assert "TimeoutSeconds" not in acting.definition


def test_alarms_ring(product: Product, acting: Product) -> None:
    found = alarms(stack(product, acting)).values()
    assert {(each["MetricName"], *each["Dimensions"][0].values()) for each in found} == {
        ("ExecutionsFailed", "StateMachineArn", "ActOnTaskStateMachine"),
        ("Errors", "FunctionName", "ReceiveClickFunction"),
    }
    assert all(each["AlarmActions"] == ["AlarmTopic"] for each in found)
