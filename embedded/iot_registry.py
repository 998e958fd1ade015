"""The fleet that mitigation actions change: groups, certificates and policies, as AWS IoT has them.

A scenario tells nothing of a fleet, so it is what the executed rows leave behind: things in their
groups, certificates that are INACTIVE, policies with a blank version for their default.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from embedded.iot_rows import page
from embedded.iot_wire import Refused
from embedded.scenario import Answer, Scenario, ended_at

_EXECUTED = ("SUCCESSFUL", "COMPLETED")
_ARN = "arn:aws:iot:eu-west-1:123456789012:cert/"

type Json = dict[str, Any]


class Registry:
    """`groups` holds the things of each, `certificates` and `authorities` their descriptions by id,
    `attached` the certificate ids of each thing, `policies` the versions of each by id.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.groups: dict[str, set[str]] = {}
        self.certificates: dict[str, Json] = {}
        self.authorities: dict[str, Json] = {}
        self.attached: dict[str, list[str]] = {}
        self.policies: dict[str, dict[str, Json]] = {}
        self._now = now

    def absorb(self, scenario: Scenario) -> None:
        """What the scenario's executed rows have changed."""
        summary = next(reversed(list(scenario.summaries)), {})
        last = scenario.describe[-1]
        body = last.body if isinstance(last, Answer) else {}
        end = ended_at(scenario.task_type, body) or datetime.now(UTC)
        defined = summary.get("actionsDefinition")
        actions = {
            action.get("name"): action.get("actionParams") or {}
            for action in (defined if isinstance(defined, list) else [])
            if isinstance(action, dict)  # an answer may be wrong on purpose
        }
        findings = {finding.get("findingId"): finding for finding in scenario.findings}
        for row in scenario.executions:
            if row.get("status") in _EXECUTED:
                finding = findings.get(row.get("findingId"), {})
                resource = finding.get("nonCompliantResource", {}).get("resourceIdentifier", {})
                params = actions.get(row.get("actionName"), {})
                self._apply(params, row.get("thingName"), resource, end)

    def _apply(
        self, params: Json, thing: str | None, resource: Mapping[str, Any], end: datetime
    ) -> None:
        certificate = resource.get("deviceCertificateId")
        if thing and "updateDeviceCertificateParams" in params:
            certificate = f"{thing.encode().hex():0<64}"[:64]
            self.attached.setdefault(thing, []).append(certificate)
        elif certificate and not thing:
            thing = f"thing-of-{certificate[:8]}"
            self.attached.setdefault(thing, []).append(certificate)
        for group in params.get("addThingsToThingGroupParams", {}).get("thingGroupNames", []):
            self.groups.setdefault(group, set()).add(str(thing))
        if certificate:
            changed = "updateDeviceCertificateParams" in params
            self.certificates[certificate] = _certificate(certificate, changed, end)
        if "updateCACertificateParams" in params and (ca := resource.get("caCertificateId")):
            self.authorities[ca] = _certificate(ca, True, end)
        version = resource.get("policyVersionIdentifier", {})
        if "replaceDefaultPolicyVersionParams" in params and (name := version.get("policyName")):
            before = str(version.get("policyVersionId", "1"))
            self.policies[name] = {
                before: {"versionId": before, "isDefaultVersion": False, "createDate": 1.0},
                "99": {"versionId": "99", "isDefaultVersion": True, "createDate": end.timestamp()},
            }

    def answer(self, operation: str, asked: Mapping[str, Any]) -> Json:
        match operation:
            case "RemoveThingFromThingGroup":
                _found(self.groups, asked["thingGroupName"], "thing group")
                self.groups[asked["thingGroupName"]].discard(asked["thingName"])
                return {}
            case "ListThingPrincipals":
                ids = _found(self.attached, asked["thingName"], "thing")
                return page("principals", [_ARN + each for each in ids], asked)
            case "ListPrincipalThings":
                wanted = asked["principal"].rpartition("/")[2]
                things = [thing for thing, ids in self.attached.items() if wanted in ids]
                return page("things", things, asked)
            case "DescribeCertificate" | "DescribeCACertificate":
                return {"certificateDescription": self._certificate(operation, asked)}
            case "UpdateCertificate" | "UpdateCACertificate":
                certificate = self._certificate(operation, asked)
                if "newStatus" in asked:
                    certificate["status"] = asked["newStatus"]
                certificate["lastModifiedDate"] = self._now().timestamp()
                return {}
            case "ListAttachedPolicies":
                return {"policies": []}
            case "StartOnDemandAuditTask":
                return {"taskId": f"{len(asked['targetCheckNames']):032}"}
            case "ListPolicyVersions":
                versions = _found(self.policies, asked["policyName"], "policy")
                return {"policyVersions": list(versions.values())}
            case _:
                versions = _found(self.policies, asked["policyName"], "policy")
                chosen = _found(versions, asked["policyVersionId"], "policy version")
                for version in versions.values():
                    version["isDefaultVersion"] = version is chosen
                return {}

    def _certificate(self, operation: str, asked: Mapping[str, Any]) -> Json:
        kept = self.authorities if "CA" in operation else self.certificates
        return _found(kept, asked["certificateId"], "certificate")

    def changes(self) -> Iterator[str]:
        """What is not as it was before any mitigation action."""
        yield from (f"{thing} in {group}" for group, each in self.groups.items() for thing in each)
        for kept in (self.certificates, self.authorities):
            yield from (one for one, each in kept.items() if each["status"] != "ACTIVE")
        for name, versions in self.policies.items():
            if versions["99"]["isDefaultVersion"]:
                yield name


def _certificate(certificate: str, is_changed: bool, at: datetime) -> Json:
    return {
        "certificateArn": _ARN + certificate,
        "certificateId": certificate,
        "status": "INACTIVE" if is_changed else "ACTIVE",
        "lastModifiedDate": at.timestamp(),
    }


def _found[Kept](kept: Mapping[str, Kept], name: str, what: str) -> Kept:
    if name not in kept:
        raise Refused("ResourceNotFoundException", f"No {what} {name} exists", 404)
    return kept[name]
