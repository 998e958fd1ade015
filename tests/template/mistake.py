"""A mistake that can be planted in a copy of the product."""

from dataclasses import dataclass
from typing import Any

from tests.support.product import Product

REMOVED = object()
EACH_CHANNEL = "States NotifyEveryChannel ItemProcessor States"
# Short words for long ways.
SHORT = {
    "may": "Policies 0 PolicyDocument Statement",
    "policy": "PolicyDocument Statement",
    "variables": "Environment Variables",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """`path` leads to what is changed; `value` is the new one, or a function of the old one.

    It begins with `template`, `amazon_q`, `definition`, `states` or `each` (of the definition, and
    those for each channel), `chat` and a resource of amazon_q.yaml, or with one of template.yaml,
    whose properties they are; `text` is the template's text.
    """

    what: str
    path: str
    value: object

    def plant(self, product: Product) -> Product:
        """A copy with the mistake in it; raises LookupError where nothing changes."""
        planted = product.copy()
        if self.path == "text":
            assert callable(self.value)
            planted.text = self.value(planted.text)
            if planted.text == product.text:
                raise LookupError(f"{self.what}: the text has changed")
            return planted
        root, *keys = self._way()
        place: Any = getattr(planted, root)
        for key in keys[:-1]:
            place = place[int(key) if isinstance(place, list) else key]
        last: Any = int(keys[-1]) if isinstance(place, list) else keys[-1]
        if self.value is REMOVED:
            del place[last]
            return planted
        old = place.get(last) if isinstance(place, dict) else place[last]
        new = self.value(old) if callable(self.value) else self.value
        if new == old:
            raise LookupError(f"{self.what}: {self.path} is {old} anyway")
        place[last] = new
        return planted

    def _way(self) -> list[str]:
        first, *rest = self.path.split()
        begin = {
            **{root: root for root in ("template", "amazon_q", "definition")},
            "states": "definition States",
            "each": f"definition {EACH_CHANNEL}",
            "chat": f"amazon_q Resources {rest[0] if rest else ''} Properties",
        }.get(first, f"template Resources {first} Properties")
        rest = rest[first == "chat" :]
        return " ".join([begin, *(SHORT.get(word, word) for word in rest)]).split()
