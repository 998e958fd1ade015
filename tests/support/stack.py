"""What template.yaml deploys, for the tests that run it without CloudFormation.

The template is translated by SAM itself; only the intrinsic functions that function environments
and the state machine's substitutions use are resolved here, and an unknown one is an error.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
REGION = "eu-west-1"

type Json = dict[str, Any]


@cache
def translated() -> Json:
    """The CloudFormation template, as SAM makes it of template.yaml and the definition."""
    document = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    document["Globals"]["Function"]["CodeUri"] = {"Bucket": "code", "Key": "functions.zip"}
    machine = document["Resources"]["WatchTaskStateMachine"]["Properties"]
    definition = TEMPLATE.parent / machine.pop("DefinitionUri")
    machine["Definition"] = json.loads(definition.read_text(encoding="utf-8"))
    result: Json = Translator(
        {}, Parser(), boto_session=boto3.Session(region_name=REGION)
    ).translate(document, {})
    return result


@dataclass(frozen=True, slots=True)
class Stack:
    """The template with these parameters; `names` are physical, by `Logical[.Attribute]`."""

    parameters: Mapping[str, str]
    names: Mapping[str, str]

    def environment(self, function: str) -> dict[str, str]:
        variables = self.properties(function)["Environment"]["Variables"]
        return {name: str(self.resolve(value)) for name, value in variables.items()}

    def definition(self) -> str:
        """The state machine's definition, its substitutions made."""
        machine = self.properties("WatchTaskStateMachine")
        text = str(self.resolve(machine["DefinitionString"]))
        for name, value in machine["DefinitionSubstitutions"].items():
            text = text.replace("${" + name + "}", str(self.resolve(value)))
        return text

    def properties(self, logical_id: str) -> Json:
        found: Json = translated()["Resources"][logical_id]["Properties"]
        return found

    def parameter(self, name: str) -> Any:
        return self.parameters.get(name, translated()["Parameters"][name]["Default"])

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name)}:
                if name in translated()["Parameters"]:
                    return self.parameter(name)
                return self.names[name]
            case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
                return self.names[f"{logical_id}.{attribute}"]
            case {"Fn::If": [condition, then, otherwise]}:
                holds = self.holds(translated()["Conditions"][condition])
                return self.resolve(then if holds else otherwise)
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(str(self.resolve(part)) for part in parts)
            case dict() if any(name == "Ref" or name.startswith("Fn::") for name in value):
                raise NotImplementedError(f"tests/support/stack.py does not know {value}")
            case dict():
                return {name: self.resolve(item) for name, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value

    def holds(self, condition: Json) -> bool:
        match condition:
            case {"Fn::Equals": [left, right]}:
                return str(self.resolve(left)) == str(self.resolve(right))
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": list(parts)}:
                return all(self.holds(part) for part in parts)
            case {"Condition": str(name)}:
                return self.holds(translated()["Conditions"][name])
        raise NotImplementedError(f"tests/support/stack.py does not know the condition {condition}")
