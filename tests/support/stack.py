"""What template.yaml deploys, for the tests that run it without CloudFormation."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.product import PSEUDO_PARAMETERS, TEMPLATE, Product, Resolver

product = functools.cache(Product.load)


class Stack:
    """The template with these parameters; `names` are physical, by `Logical[.Attribute]`."""

    def __init__(
        self, parameters: Mapping[str, str], names: Mapping[str, str], template: Path = TEMPLATE
    ) -> None:
        self.names = names
        self._product = product(template)
        values = self._product.parameters(parameters) | PSEUDO_PARAMETERS | dict(names)
        self._resolver = Resolver(self._product.translated, values)

    def properties(self, logical_id: str) -> dict[str, Any]:
        resource = self._product.translated["Resources"][logical_id]
        resolved: dict[str, Any] = self._resolver.resolve(resource["Properties"])
        return resolved

    def environment(self, function: str) -> dict[str, str]:
        variables = self.properties(function)["Environment"]["Variables"]
        return {name: str(value) for name, value in variables.items()}

    def definition(self, machine_id: str = "WatchTaskStateMachine") -> str:
        """The state machine's definition, its substitutions made."""
        machine = self.properties(machine_id)
        text = json.dumps(machine["Definition"])
        for name, value in machine["DefinitionSubstitutions"].items():
            text = text.replace("${" + name + "}", str(value))
        return text
