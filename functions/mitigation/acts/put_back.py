"""Puts one change back at AWS IoT, unless somebody has changed it since: then it is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mitigation.acts.undo import Change, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_iot import IoTClient

    from mitigation.acts.progress import Progress
    from mitigation.pace import Pace
    from mitigation.task import Task

# A change of the task's own may be dated a little after its end.
SLACK = timedelta(seconds=60)
_REFUSED = {"InvalidRequestException", "CertificateStateException", "UnauthorizedException"}


class LeftAlone(Exception):  # noqa: N818  named for what it is
    """Not as the task left it: the reason, to be listed."""


class PutBack:
    """Undoes changes of one task; `since` is when that was agreed to."""

    def __init__(self, iot: IoTClient, task: Task, pace: Pace, since: datetime) -> None:
        self._iot, self._task, self._pace, self._since = iot, task, pace, since

    def undo(self, change: Change, progress: Progress) -> Progress:
        """Raises only what may pass: it can be done again, and then does nothing twice."""
        try:
            for one in self._parts(change):
                progress = self._undo(one, progress)
        except LeftAlone as left:
            return progress.leaving(str(left), change.name)
        return progress

    def _undo(self, change: Change, progress: Progress) -> Progress:
        try:
            self._put_back(change)
        except LeftAlone as left:
            return progress.leaving(str(left), change.name)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code == "ResourceNotFoundException":
                return progress.leaving("no longer there", change.name)
            if code not in _REFUSED:
                raise
            message = str(error.response["Error"].get("Message"))
            return progress.failing(code, (change.name,), message)
        return progress.undoing(change.kind)

    def _parts(self, change: Change) -> Iterator[Change]:
        """A row names a thing or a certificate; what is meant may be the other's."""
        if change.kind is Kind.CERTIFICATE and not change.certificate:
            yield from (change._replace(certificate=each) for each in self._certificates(change))
        elif change.kind is Kind.MEMBERSHIP and not change.thing:
            yield from (change._replace(thing=each) for each in self._things(change))
        else:
            yield change

    def _certificates(self, change: Change) -> Iterator[str]:
        """Of the thing, as it has them now."""
        paginator: Any = self._iot.get_paginator("list_thing_principals")
        found = self._listed(paginator.paginate(thingName=change.thing), "principals")
        ids = [arn.rpartition("/")[2] for arn in found if ":cert/" in arn]
        if not ids:
            raise LeftAlone("it has no certificate any more")
        yield from ids

    def _things(self, change: Change) -> Iterator[str]:
        arn = str(self._describe(change)["certificateArn"])
        paginator: Any = self._iot.get_paginator("list_principal_things")
        found = list(self._listed(paginator.paginate(principal=arn), "things"))
        if not found:
            raise LeftAlone("it belongs to no thing any more")
        yield from found

    def _listed(self, pages: Iterable[dict[str, Any]], member: str) -> Iterator[str]:
        iterator, more = iter(pages), True
        while more:  # asking for a page after the last one would cost a turn, and be no call
            self._pace.wait()
            try:
                page = next(iterator, {})
            except self._iot.exceptions.ResourceNotFoundException:
                raise LeftAlone("no longer there") from None
            yield from map(str, page.get(member, []))
            more = "nextToken" in page

    def _put_back(self, change: Change) -> None:
        match change.kind:
            case Kind.MEMBERSHIP:
                self._pace.wait()
                self._iot.remove_thing_from_thing_group(
                    thingGroupName=str(change.group), thingName=str(change.thing)
                )
            case Kind.POLICY:
                self._put_back_policy(change)
            case _:
                self._activate(change)

    def _describe(self, change: Change) -> dict[str, Any]:
        self._pace.wait()
        identity = {"certificateId": str(change.certificate)}
        answer: Any
        if change.kind is Kind.CA_CERTIFICATE:
            answer = self._iot.describe_ca_certificate(**identity)
        else:
            try:
                answer = self._iot.describe_certificate(**identity)
            except self._iot.exceptions.ResourceNotFoundException:
                raise LeftAlone("no longer there") from None
        return dict(answer["certificateDescription"])

    def _activate(self, change: Change) -> None:
        found = self._describe(change)
        status, changed = found.get("status"), found.get("lastModifiedDate")
        if status == "ACTIVE" and changed and changed >= self._since:
            return  # by an earlier try of this very undo
        if status != "INACTIVE":
            raise LeftAlone(f"it is {status} now")
        if changed and changed > self._end:
            raise LeftAlone("changed since the task ended")
        self._pace.wait()
        if change.kind is Kind.CA_CERTIFICATE:
            self._iot.update_ca_certificate(
                certificateId=str(change.certificate), newStatus="ACTIVE"
            )
        else:
            self._iot.update_certificate(certificateId=str(change.certificate), newStatus="ACTIVE")

    def _put_back_policy(self, change: Change) -> None:
        policy = str(change.policy)
        self._pace.wait()
        answer = self._iot.list_policy_versions(policyName=policy)
        versions = {str(each.get("versionId")): each for each in answer.get("policyVersions", [])}
        before = change.version
        current = next((v for v, each in versions.items() if each.get("isDefaultVersion")), None)
        if current == before:
            return  # as it was
        if before not in versions:
            raise LeftAlone("the version before is no longer there")
        made = versions[current].get("createDate") if current else None
        begun = (self._task.started or self._end) - SLACK
        if made is None or not begun <= made <= self._end:
            raise LeftAlone("changed since the task ended")
        self._pace.wait()
        self._iot.set_default_policy_version(policyName=policy, policyVersionId=str(before))

    @property
    def _end(self) -> datetime:
        return (self._task.ended or self._since) + SLACK
