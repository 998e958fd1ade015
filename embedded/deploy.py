"""Deploys the real template.yaml into the engine, through CloudFormation and the SAM transform.

As `sam deploy` would: code and definition go to a bucket first. Only the packages are not sent
along: the Lambda workers run in this project's own environment, which has the same versions.
"""

import importlib.util
import io
import json
import py_compile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from embedded.engine import Engine
from embedded.places import HOME, Place
from embedded.process import ROOT, EngineFailed

STACK, MEMBER_STACK = "mitigation-notifier", "mitigation-member"
_BUCKET = "uploads"
_WAITER = {"Delay": 0.05, "MaxAttempts": 1200}


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: its outputs, and the physical ids of its resources by logical id."""

    outputs: Mapping[str, str]
    resources: Mapping[str, str]


def deploy(engine: Engine, parameters: Mapping[str, str]) -> Stack:
    """Create the stack; raises EngineFailed with CloudFormation's first reason."""
    s3, cloudformation = engine.client("s3"), engine.client("cloudformation")
    s3.create_bucket(
        Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    upload = _Upload(s3, f"{engine.endpoint}/{_BUCKET}")
    s3.put_object(Bucket=_BUCKET, Key="template", Body=upload.package(ROOT / "template.yaml"))
    where = {"TemplateURL": f"{engine.endpoint}/{_BUCKET}/template"}
    create(cloudformation, STACK, where, parameters)
    return deployed(cloudformation, STACK)


def deploy_member(engine: Engine, place: Place, acts: str = "off") -> None:
    """Create a stack of member.yaml there, for the hub here; `acts` is what it grants."""
    body = {"TemplateBody": (ROOT / "member.yaml").read_text(encoding="utf-8")}
    hub = {"HubAccount": HOME.account, "HubRegion": HOME.region, "HubStack": STACK, "Acts": acts}
    create(engine.client("cloudformation", place), MEMBER_STACK, body, hub)


def create(
    cloudformation: Any, name: str, where: Mapping[str, str], parameters: Mapping[str, str]
) -> None:
    """Wait until it is there; `where` is TemplateURL or TemplateBody. Raises EngineFailed."""
    try:
        cloudformation.create_stack(
            StackName=name,
            **where,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig=_WAITER)
    except WaiterError as error:
        raise EngineFailed(f"deploy failed: {_first_failure(cloudformation, name)}") from error
    except ClientError as error:
        raise EngineFailed(f"deploy failed: {error}") from error


def delete(cloudformation: Any, name: str) -> None:
    """Wait until it is gone."""
    cloudformation.delete_stack(StackName=name)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=name, WaiterConfig=_WAITER)


def deployed(cloudformation: Any, name: str) -> Stack:
    """What is there."""
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return Stack(
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        },
    )


@dataclass(slots=True)
class _Upload:
    """Each local path uploaded once; `url` is the bucket's."""

    s3: Any
    url: str
    uploaded: dict[str, dict[str, str]] = field(default_factory=dict)

    def package(self, template: Path) -> bytes:
        """The template with each local path uploaded and replaced, as `sam package` does."""
        document = yaml_parse(template.read_text(encoding="utf-8"))
        defaults = document.get("Globals", {}).get("Function", {})
        resources = [resource.get("Properties", {}) for resource in document["Resources"].values()]
        for properties in (defaults, *resources):
            for name in ("CodeUri", "DefinitionUri"):
                if isinstance(path := properties.get(name), str):
                    properties[name] = self._put(template.parent / path)
            if isinstance(path := properties.get("TemplateURL"), str):
                properties["TemplateURL"] = f"{self.url}/{self._put(template.parent / path)['Key']}"
        return json.dumps(document, default=str).encode()

    def _put(self, path: Path) -> dict[str, str]:
        if (name := str(path)) not in self.uploaded:
            if path.is_dir():
                body = _zip(path)
            else:
                body = self.package(path) if path.suffix == ".yaml" else path.read_bytes()
            where = {"Bucket": _BUCKET, "Key": f"upload-{len(self.uploaded)}"}
            self.uploaded[name] = where
            self.s3.put_object(**where, Body=body)
        return self.uploaded[name]


def _zip(folder: Path) -> bytes:
    """Our own modules, with bytecode, so that not every Lambda worker compiles them anew.

    Unchecked: the dates in a zip are of no use to the usual check.
    """
    buffer = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as scratch,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive,
    ):
        for source in sorted(folder.rglob("*.py")):
            name = source.relative_to(folder)
            archive.write(source, name)
            compiled = py_compile.compile(
                str(source),
                str(Path(scratch, "bytecode")),
                dfile=f"/var/task/{name}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            assert compiled is not None  # noqa: S101  compile() with doraise raises or names a file; said for mypy
            cached = Path(importlib.util.cache_from_source(str(name)))
            archive.write(compiled, cached)
    return buffer.getvalue()


def _first_failure(cloudformation: Any, name: str) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    events = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED"):
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason')}"
    return "CloudFormation gives no reason"
