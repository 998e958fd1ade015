"""What `sam build` made, and an account of the embedded AWS, as good as new, that has it."""

import io
import json
import zipfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from embedded.deploy import create, delete, deployed
from embedded.engine import Engine
from tests.support.product import OUR_OWN
from tests.support.sam import built_project, sam

STACK = "notifier"
BUCKET = "uploads"
TEMPLATE = "packaged.json"


@dataclass(frozen=True, slots=True)
class Package:
    """What `sam package` uploaded: the template, and the rest by key."""

    template: dict[str, Any]
    uploads: dict[str, bytes]

    @classmethod
    def make(cls) -> "Package":
        folder = built_project()
        upload = ("--s3-bucket", BUCKET, "--output-template-file", TEMPLATE)
        with Engine() as engine:
            s3 = engine.client("s3")
            make_bucket(s3)
            done = sam(folder, "package", "--use-json", *upload, environment=engine.environment())
            assert done.returncode == 0, done.stderr
            keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
            bodies = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
        template = json.loads((folder / TEMPLATE).read_text(encoding="utf-8"))
        return cls(template, {key: own_part(body) for key, body in bodies.items()})


def own_part(body: bytes) -> bytes:
    """Without the requirements, which the engine's workers have: that saves them the unpacking."""
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body
    slim = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as whole, zipfile.ZipFile(slim, "w") as part:
        for item in whole.infolist():
            if item.filename.partition("/")[0] in OUR_OWN | {"__pycache__"}:
                part.writestr(item, whole.read(item))
    return slim.getvalue()


def make_bucket(s3: Any) -> None:
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )


class Account:
    def __init__(self, engine: Engine, package: Package) -> None:
        with closing(HTTPConnection(urlsplit(engine.endpoint).netloc, timeout=30)) as connection:
            connection.request("POST", "/_ministack/reset")
            assert connection.getresponse().status == HTTPStatus.OK
        self.engine = engine
        self._s3 = engine.client("s3")
        self._before = len(engine.mail), len(engine.slack.posts)
        make_bucket(self._s3)
        for key, body in package.uploads.items():
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.template_url = self.upload(package.template)

    def upload(self, template: dict[str, Any], key: str = TEMPLATE) -> str:
        """The template's address."""
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(template))
        return f"{self.engine.endpoint}/{BUCKET}/{key}"

    def create(self, parameters: Mapping[str, str], template_url: str = "") -> Mapping[str, str]:
        """The stack; its physical ids by logical ones. Raises EngineFailed."""
        cloudformation = self.engine.client("cloudformation")
        create(
            cloudformation, STACK, {"TemplateURL": template_url or self.template_url}, parameters
        )
        return deployed(cloudformation, STACK).resources

    def delete(self) -> None:
        delete(self.engine.client("cloudformation"), STACK)

    @property
    def mails(self) -> int:
        return len(self.engine.mail) - self._before[0]

    @property
    def posts(self) -> int:
        return len(self.engine.slack.posts) - self._before[1]


def task_id(name: str) -> str:
    return "task-" + "".join(letter for letter in name.lower() if letter.isalnum())
