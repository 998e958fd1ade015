"""CloudFormation: the transform of a nested stack's template."""

from typing import Any

from embedded.mends.check import find


def transform_nested(engine: Any) -> None:
    """A nested stack's template is transformed like any other; ministack takes it as it is.

    The stacks above are transformed after they were parsed, which this leaves nothing to do.
    """
    parse = find(engine, "_parse_template", "template_body")
    transform = find(engine, "_apply_transforms", "template", "provided_params", "previous_params")

    def parse_and_transform(template_body: str) -> Any:
        return transform(parse(template_body))

    engine._parse_template = parse_and_transform
