"""Resource types that CloudFormation knows and ministack refuses."""

from typing import Any

from embedded.mends.check import expect

SAVED_QUERY, CUSTOM_ACTION = "AWS::Logs::QueryDefinition", "AWS::Chatbot::CustomAction"


def take_what_is_for_people(provisioners: Any) -> None:
    """Saved queries and buttons are for people in a console or a chat: nothing here runs them."""
    handlers: Any = getattr(provisioners, "_RESOURCE_HANDLERS", None)
    where = "cloudformation.provisioners._RESOURCE_HANDLERS"
    made = {SAVED_QUERY: _query, CUSTOM_ACTION: _action}
    expect(
        isinstance(handlers, dict) and not made.keys() & handlers.keys(),
        where,
        "no saved queries and no custom actions",
    )
    provisioners._RESOURCE_HANDLERS = handlers | {
        name: {"create": create, "update": _update, "delete": _delete}
        for name, create in made.items()
    }


def _query(logical_id: str, _props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    return f"{stack_name}-{logical_id}", {}


def _action(_logical_id: str, props: Any, _stack_name: str) -> tuple[str, dict[str, str]]:
    arn = f"arn:aws:chatbot::123456789012:custom-action/{props['ActionName']}"
    return arn, {"CustomActionArn": arn}


def _update(physical_id: str, _old: Any, _new: Any, _stack_name: str) -> tuple[str, dict[str, str]]:
    return physical_id, {}


def _delete(physical_id: str, _props: Any) -> None:
    """Nothing was made."""
