"""What AWS answers instead, or does not: by the names that the table gives it."""

from tests.support.aws import ANSWER_LOST, NO_CONNECTION, WORKS, Fault, Page, Refusal
from tests.support.functions import Mishap

THROTTLED = Refusal("ThrottlingException")
DENIED = Refusal("AccessDeniedException", 403)
NOT_FOUND = Refusal("ResourceNotFoundException", 404)
INVALID = Refusal("InvalidRequestException")
FAILS = Refusal("InternalFailureException", 500)
AWAY = Refusal("ServiceUnavailableException", 503)
PAGE = "a proxy's web page instead of an answer"
# Whatever is asked, of whichever service.
NETWORK: dict[str, Fault] = {
    "no connection": NO_CONNECTION,
    "the answer is lost": ANSWER_LOST,
    PAGE: Page(),
    "a proxy's web page with status 502": Page(502),
}
# What botocore itself tries again, twice.
_RETRIED_BY_BOTOCORE = {"ThrottlingException", "Throttling", "ThrottledException"}


def named(*refusals: Refusal) -> dict[str, Fault]:
    return {refusal.code: refusal for refusal in refusals}


def once[F](fault: F) -> list[F | None]:
    """One call of ours fails: botocore gives up on a fault that it retries at the third answer."""
    alone = fault == Page() or isinstance(fault, Mishap)
    if isinstance(fault, Refusal):
        alone = fault.status < 500 and fault.code not in _RETRIED_BY_BOTOCORE
    return [*([fault] * (1 if alone else 3)), WORKS]
