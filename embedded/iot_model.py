"""AWS IoT as botocore's own service model has it, and what of it is played here."""

from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

OPERATIONS = (
    "StartDetectMitigationActionsTask",
    "DescribeDetectMitigationActionsTask",
    "CancelDetectMitigationActionsTask",
    "ListDetectMitigationActionsTasks",
    "ListDetectMitigationActionsExecutions",
    "StartAuditMitigationActionsTask",
    "DescribeAuditMitigationActionsTask",
    "CancelAuditMitigationActionsTask",
    "ListAuditMitigationActionsTasks",
    "ListAuditMitigationActionsExecutions",
    "ListAuditFindings",
    "DescribeAuditFinding",
)
# Of the fleet that mitigation actions change.
REGISTRY_OPERATIONS = (
    "RemoveThingFromThingGroup",
    "ListThingPrincipals",
    "ListPrincipalThings",
    "DescribeCertificate",
    "UpdateCertificate",
    "DescribeCACertificate",
    "UpdateCACertificate",
    "ListPolicyVersions",
    "SetDefaultPolicyVersion",
    "ListAttachedPolicies",
    "StartOnDemandAuditTask",
)
MODEL: Any = ServiceModel(Loader().load_service_model("iot", "service-2"), "iot")
