"""What acts on many rows are said to take, on fewer of them."""

from bench.acting import measure
from mitigation.acts.click import Action
from tests.support.iot import scenario


def test_an_undo_takes_three_calls_a_certificate_at_aws_s_rate_and_nine_events_an_invocation() -> (
    None
):
    few, many = measure(
        {
            name: (Action.UNDO, scenario("SUCCESSFUL", executed={"Deactivate": rows}))
            for name, rows in (("few", 30), ("many", 530))
        }
    ).values()
    assert (few.invocations, many.invocations) == (1, 2)
    assert few.calls < 3 * 30 + 10
    assert 3 * 500 <= many.calls - few.calls < 3 * 510
    assert 150 <= many.seconds - few.seconds < 160
    assert many.events == few.events + 9
    assert abs(many.largest - few.largest) < 100


def test_a_retry_takes_a_call_a_batch() -> None:
    acts = {"retry": (Action.RETRY, scenario("FAILED", failed=60))}
    [found] = measure(acts).values()
    assert found.calls == 2 + 3  # what is true of the task, and its rows
    assert found.invocations == 1
