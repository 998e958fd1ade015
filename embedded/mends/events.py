"""EventBridge, and who may call what."""

from typing import Any

from embedded.mends.check import expect, find


def allow_aws_events(eventbridge: Any) -> None:
    """PutEvents takes `aws.*` sources, which AWS keeps to itself: someone must play CloudTrail."""
    put_events = find(eventbridge, "_put_events", "data", "allow_aws_source")
    expect(put_events.__defaults__ == (False,), "eventbridge._put_events", "one default, False")
    put_events.__defaults__ = (True,)


def pretend_tls(iam_evaluator: Any, app: Any) -> None:
    """A local run speaks HTTP, yet a Deny on aws:SecureTransport=false must not stop it."""
    pin = find(iam_evaluator, "pin_request_origin", "source_ip", "secure_transport")
    expect(getattr(app, pin.__name__, None) is pin, "ministack.app", "pin_request_origin imported")

    def secure(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001  that is the mend
        pin(source_ip, True)

    iam_evaluator.pin_request_origin = secure
    app.pin_request_origin = secure
