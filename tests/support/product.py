"""The template and the definition as they stand, and what CloudFormation makes of them.

Everything is held as plain values, so that a test can plant a mistake in a copy.
"""

import copy
import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION, STACK = "123456789012", "eu-west-1", "notifier"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/51af3dc0",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
# What functions/ holds of our own, at the top of the package.
OUR_OWN = {"mitigation", *(path.name for path in (ROOT / "functions").glob("*.py"))}
_NOTHING = object()
_UPLOADED = {"Bucket": "uploads", "Key": "functions"}

type Resources = dict[str, dict[str, Any]]


def _parsed(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    unshared: dict[str, Any] = json.loads(json.dumps(yaml_parse(text)))  # what anchors share
    return unshared


AMAZON_Q, MEMBER = _parsed(ROOT / "amazon_q.yaml"), _parsed(ROOT / "member.yaml")


@dataclass
class Product:
    """`text` is template.yaml with its comments, `template` what it says, `amazon_q` is nested."""

    text: str
    template: dict[str, Any]
    definition: dict[str, Any]
    amazon_q: dict[str, Any]
    _stacks: dict[str, Resources] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: Path = ROOT / "template.yaml") -> Self:
        template = _parsed(path)
        uri = _machine(template)["DefinitionUri"]
        definition = json.loads((ROOT / uri).read_text(encoding="utf-8"))
        return cls(path.read_text(encoding="utf-8"), template, definition, AMAZON_Q)

    def copy(self) -> Self:
        parts = (self.template, self.definition, self.amazon_q)
        return type(self)(self.text, *map(copy.deepcopy, parts))

    @cached_property
    def translated(self) -> dict[str, Any]:
        """What the SAM transform makes of it, with the definition in it as an object."""
        template = copy.deepcopy(self.template)
        template["Globals"]["Function"]["CodeUri"] = _UPLOADED
        _machine(template)["DefinitionUri"] = _UPLOADED
        for resource in template["Resources"].values():
            if "TemplateURL" in resource.get("Properties", {}):
                resource["Properties"]["TemplateURL"] = "https://uploads.s3.amazonaws.com/template"
        session = boto3.Session(region_name=REGION)
        translated: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(
            template, {}
        )
        machine = _machine(translated)
        del machine["DefinitionS3Location"]
        machine["Definition"] = self.definition
        return translated

    def parameters(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """Every parameter's value: what is given, else its default."""
        known = self.template["Parameters"]
        defaults = {name: str(p["Default"]) for name, p in known.items() if "Default" in p}
        unknown = set(given or {}) - set(known)
        assert not unknown, f"no such parameters: {unknown}"
        return defaults | dict(given or {})

    def refusals(self, given: Mapping[str, str]) -> list[str]:
        """What CloudFormation says to these parameters, by the template's Rules."""
        resolver = Resolver(self.template, self.parameters(given))
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            if resolver.resolve(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not resolver.resolve(assertion["Assert"])
        ]

    def stack(
        self, given: Mapping[str, str] | None = None, names: Mapping[str, str] = {}
    ) -> Resources:
        """The resources that there are with these parameters.

        Without `names`, a Ref to another resource reads `Name`, a GetAtt `Name.Attribute`.
        """
        values = {**self.parameters(given), **PSEUDO_PARAMETERS, **names}
        if (key := json.dumps(values)) not in self._stacks:
            self._stacks[key] = Resolver(self.translated, values).resources()
        return self._stacks[key]

    def whole(
        self, given: Mapping[str, str] | None = None, names: Mapping[str, str] = {}
    ) -> Resources:
        """The same with those of the nested stacks, whose names are others."""
        stack = self.stack(given, names)
        for name, template in {"Acting": acting().translated, "AmazonQChat": self.amazon_q}.items():
            if name in stack:
                handed_on = stack[name]["Properties"]["Parameters"]
                values = {**PSEUDO_PARAMETERS, **handed_on, **names}
                stack = stack | Resolver(template, values).resources()
        return stack


product = functools.cache(Product.load)


@functools.cache
def names() -> dict[str, str]:
    """What the resources are called where they run, by `Logical[.Attribute]`."""
    called: dict[str, str] = {}
    for template in (product().translated, acting().translated, AMAZON_Q):
        for name, resource in template["Resources"].items():
            match resource["Type"]:
                case "AWS::SNS::Topic":
                    called[name] = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
                case "AWS::SQS::Queue":
                    called[name] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
                case "AWS::StepFunctions::StateMachine":
                    called[name] = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
                    called[f"{name}.Name"] = name
                case "AWS::Lambda::Function":
                    called[f"{name}.Arn"] = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return {**called, "AmazonQChat.Outputs.StartsTopicArn": called["StartsTopic"]}


def variables(stack: Resources, function: str) -> dict[str, str]:
    given = stack[function]["Properties"]["Environment"]["Variables"]
    return {name: str(value) for name, value in given.items()}


def acting() -> Product:
    return product(ROOT / "acting.yaml")


def _machine(template: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of the one state machine."""
    resources: Resources = template["Resources"]
    [machine] = (each for each in resources.values() if each["Type"].endswith("::StateMachine"))
    properties: dict[str, Any] = machine["Properties"]
    return properties


# Functions that need no more than their arguments.
_PURE: dict[str, Callable[..., Any]] = {
    "Fn::Split": lambda delimiter, text: text.split(delimiter),
    "Fn::Join": lambda delimiter, items: delimiter.join(items),
    "Fn::Select": lambda index, items: items[int(index)],
    "Fn::Equals": lambda one, other: str(one) == str(other),
    "Fn::Not": lambda condition: not condition,
    "Fn::And": lambda *conditions: all(conditions),
    "Fn::Or": lambda *conditions: any(conditions),
}


@dataclass
class Resolver:
    """CloudFormation's intrinsic functions, as far as these templates use them."""

    template: dict[str, Any]
    values: Mapping[str, str]

    def resources(self) -> Resources:
        return {
            name: self.resolve({key: part for key, part in resource.items() if key != "Condition"})
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def holds(self, condition: str) -> bool:
        return bool(self.resolve(self.template["Conditions"][condition]))

    def resolve(self, value: Any) -> Any:
        match value:
            case list():
                return [item for item in map(self.resolve, value) if item is not _NOTHING]
            case {"Ref": name}:
                return self.reference(name)
            case {"Condition": name, **rest} if not rest:
                return self.holds(name)
            case {"Fn::GetAtt": path}:
                return self.reference(".".join(path))
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self.holds(condition) else no)
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([^}]+)\}", lambda name: str(self.reference(name[1])), text)
            case {"Fn::FindInMap": where}:
                table, row, column = self.resolve(where)
                return self.template["Mappings"][table][row][column]
            case dict() if (name := next(iter(value), "")).startswith("Fn::"):
                return _PURE[name](*self.resolve(value[name]))
            case dict():
                items = {key: self.resolve(item) for key, item in value.items()}
                return {key: item for key, item in items.items() if item is not _NOTHING}
        return value

    def reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name not in self.values and name.partition(".")[0] not in self.template["Resources"]:
            raise LookupError(f"{name} is neither a parameter nor a resource")
        return self.values.get(name, name)
