"""Writes dist/: what `aws cloudformation` deploys without Python 3.13, make or the SAM CLI.

Of each of our templates one file without a path but that of functions.zip, which is the same bytes
for the same code wherever it is made. usage: scripts/package.py, with python3.13 and pip on PATH
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
CODE = "functions.zip"
OURS, MEMBER = ("template.yaml", "acting.yaml", "amazon_q.yaml"), "member.yaml"
_SAM_DATE = (1980, 1, 1, 0, 0, 0)  # the dates of files are of no use in Lambda


def main() -> None:
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    _zip_functions(DIST / CODE)
    for name in OURS:
        text = json.dumps(packaged(ROOT / name), indent=1, default=str)
        (DIST / name).with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")
    shutil.copyfile(ROOT / MEMBER, DIST / MEMBER)
    names = ", ".join(sorted(path.name for path in DIST.iterdir()))
    print(f"package: wrote dist/: {names}", file=sys.stderr)


def packaged(source: Path) -> dict[str, Any]:
    """The template, with the state machines in it and the functions in one zip beside it."""
    template: dict[str, Any] = yaml_parse(source.read_text(encoding="utf-8"))
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                del resource["Metadata"]  # how to build what is built
                properties["CodeUri"] = CODE
            case "AWS::Serverless::StateMachine":
                definition = source.parent / properties.pop("DefinitionUri")
                properties["Definition"] = json.loads(definition.read_text(encoding="utf-8"))
            case "AWS::CloudFormation::Stack":
                properties["TemplateURL"] = str(
                    Path(properties["TemplateURL"]).with_suffix(".json")
                )
    return template


def _zip_functions(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        build = ["make", "-C", str(ROOT / "functions"), "build-all", f"ARTIFACTS_DIR={folder}"]
        subprocess.run(build, check=True)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), _SAM_DATE)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main()
