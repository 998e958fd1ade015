"""All that is checked about the template: a gate takes the product and names what is wrong."""

import json
from collections.abc import Callable, Iterator

from cfnlint.api import ManualArgs, lint

from tests.support.product import REGION, Product
from tests.template import (
    access,
    alarms,
    buttons,
    graph,
    limits,
    operations,
    settings,
    triggers,
    wiring,
)

type Gate = Callable[[Product], Iterator[str]]


def cfn_lint(product: Product) -> Iterator[str]:
    """Without suppressions, on what the transform makes, with the definition as an object."""
    options = ManualArgs(regions=[REGION], include_checks=["I"])
    translated = json.dumps(product.translated).replace("${AWSPartition}", "aws")
    for match in [
        m for t in (translated, json.dumps(product.amazon_q)) for m in lint(t, config=options)
    ]:
        yield f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"


GATES: dict[str, Gate] = {
    gate.__name__: gate
    for gate in (
        wiring.handlers_exist,
        wiring.files_exist,
        wiring.environments_fit,
        wiring.resources_follow_parameters,
        wiring.subscriptions_are_made,
        wiring.somebody_is_told_and_somebody_hears,
        wiring.slack_is_a_webhook_or_an_app,
        wiring.variables_hold_their_parameters,
        triggers.the_rule_takes_what_can_be_watched,
        triggers.the_members_rule_takes_what_their_roles_can_read,
        triggers.starts_reach_the_function,
        triggers.failed_starts_are_kept,
        triggers.a_tick_is_not_tried_again,
        graph.the_graph_is_sound,
        graph.substitutions_fit,
        graph.tasks_fail_safely,
        graph.timeouts_are_caught,
        graph.errors_exist,
        graph.answers_hold_what_is_read,
        access.roles_are_as_documented,
        access.resource_policies_are_as_documented,
        access.stars_say_why,
        access.roles_have_the_boundary,
        access.each_has_its_own_role,
        access.transport_is_encrypted,
        limits.functions_outlive_their_calls,
        limits.machines_remember,
        limits.letters_are_in_one_hand,
        limits.ticks_don_t_overlap,
        limits.log_groups_are_the_key_s,
        limits.log_groups_are_named_for_their_kind,
        limits.alarms_look_back_a_day_at_most,
        operations.data_has_an_end,
        operations.data_is_encrypted,
        operations.each_logs_to_its_own_group,
        alarms.alarms_ring,
        alarms.alarms_follow_parameters,
        alarms.the_dashboard_shows_metrics,
        buttons.buttons_are_within_the_limits_of_the_service,
        buttons.no_two_stacks_of_an_account_share_a_button_s_name,
        buttons.a_button_cancels_the_task_of_its_notification,
        buttons.a_button_is_shown_where_it_can_act,
        buttons.the_guardrail_of_the_page_is_what_the_buttons_need,
        buttons.the_topic_is_for_whoever_may_use_the_key,
        buttons.outputs_name_what_is_to_be_attached,
        settings.parameters_are_used,
        settings.parameters_are_said_and_bound,
        settings.parameters_take_what_they_should,
        cfn_lint,
    )
}
