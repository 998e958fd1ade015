"""Which resource an audit finding is about, in words: what the person on call goes and looks at."""

from collections.abc import Mapping

from mitigation.wire import Reader

# ResourceIdentifier's members, most telling first, and what people call each.
_IDENTIFIERS = {
    "deviceCertificateId": "device certificate",
    "caCertificateId": "CA certificate",
    "deviceCertificateArn": "device certificate",
    "cognitoIdentityPoolId": "Cognito identity pool",
    "clientId": "client",
    "iamRoleArn": "role",
    "roleAliasArn": "role alias",
    "account": "settings of account",
}


def resource_name(finding: Mapping[str, object]) -> str | None:
    """The name in `nonCompliantResource` of an AuditFinding; None where it names nothing."""
    resource = Reader.of(finding, "finding").child("nonCompliantResource")
    identifier = resource.child("resourceIdentifier")
    if policy := identifier.child("policyVersionIdentifier").text("policyName"):
        version = identifier.child("policyVersionIdentifier").text("policyVersionId")
        return f"policy {policy}" + (f" version {version}" if version else "")
    issuer = identifier.child("issuerCertificateIdentifier")
    for member in ("issuerCertificateSubject", "issuerId", "issuerCertificateSerialNumber"):
        if text := issuer.text(member):
            return f"issuer certificate {text}"
    for member, word in _IDENTIFIERS.items():
        if text := identifier.text(member):
            return f"{word} {text}"
    return resource.text("resourceType")
