"""The documents count what is billed."""

import re

from tests.support.combinations import BOTH
from tests.support.product import ROOT, Product
from tests.template.alarms import alarms, metrics_of

MONTH_HOURS, METRIC_DOLLARS = 730, 0.30  # CloudWatch's prices, in most regions
OF_EVERY_TASK = {"TasksSeen": 1, "TasksEnded": 1, "ActionsExecuted": 1, "ActionsSkipped": 1,
                 "ActionsFailed": 1, "DeliveriesDelivered": 2, "DeliveryDelay": 2}  # fmt: skip


def test_the_readme_counts_the_alarms(product: Product) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    counted = re.search(r"(\d+) alarms \(\$(\d+\.\d\d)\)", text)
    assert counted
    number = len(alarms(product.stack(BOTH)))
    assert (int(counted[1]), float(counted[2])) == (number, number / 10)


def test_the_custom_metrics_are_counted_for_one_task_a_day_and_for_10_000(product: Product) -> None:
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    said = text.partition("## Custom metrics\n")[2].partition("\n## ")[0]
    emitted = metrics_of(product.stack(BOTH))
    assert {name for _, name, _ in emitted} >= set(OF_EVERY_TASK)
    of_a_task = sum(OF_EVERY_TASK.values())
    hour = METRIC_DOLLARS / MONTH_HOURS
    assert f"{of_a_task} metrics" in said
    assert f"1 task a day: {30 * of_a_task} metric-hours, ${30 * of_a_task * hour:.2f}" in said
    most = len(emitted)
    assert f"10,000 a day: {most} metrics at the most, ${most * METRIC_DOLLARS:.2f}" in said
