"""Resource types that CloudFormation knows and ministack refuses."""

from typing import Any

from embedded.mends.check import expect

SAVED_QUERY = "AWS::Logs::QueryDefinition"


def take_saved_queries(provisioners: Any) -> None:
    """A saved query is for people in the console: nothing that runs here depends on it."""
    handlers: Any = getattr(provisioners, "_RESOURCE_HANDLERS", None)
    where = "cloudformation.provisioners._RESOURCE_HANDLERS"
    expect(isinstance(handlers, dict) and SAVED_QUERY not in handlers, where, "no saved queries")
    made = {"create": _create, "update": _update, "delete": _delete}
    provisioners._RESOURCE_HANDLERS = {**handlers, SAVED_QUERY: made}


def _create(logical_id: str, _props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    return f"{stack_name}-{logical_id}", {}


def _update(physical_id: str, _old: Any, _new: Any, _stack_name: str) -> tuple[str, dict[str, str]]:
    return physical_id, {}


def _delete(physical_id: str, _props: Any) -> None:
    """Nothing was made."""
