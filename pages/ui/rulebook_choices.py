"""The rulebooks that a page offers beside the one in force: every shipped one and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pages.ui import cached, rulebook_acts
from risk_core.errors import MarginscopeError
from risk_core.rulebooks import load
from risk_core.rulebooks.rules import Rulebook

IN_FORCE = "in force"
"""The choice of the rulebook in force."""


@dataclass(frozen=True)
class Offered:
    """One of them. rules: as an account file chooses it. rulebook: with the title it is offered under."""

    kind: Literal["Shipped", "Yours"]
    rules: Any
    rulebook: Rulebook

    @property
    def label(self) -> str:
        """Whose it is, and its title."""
        return f"{self.kind}: {self.rulebook.title}"


def offered() -> dict[str, Offered]:
    """By key, the shipped ones first. Left out: one's own that is damaged or refused; My rulebooks says which and why.

    Raises StoreError.
    """
    found = {name: Offered("Shipped", name, load.load(name)) for name in load.names()}
    for one in cached.store().own_rulebooks.list_all():
        rules = rulebook_acts.rules_of(one)
        try:
            book = cached.rulebook(rules)
        except MarginscopeError:
            continue
        found[f"own {one.id}"] = Offered("Yours", rules, book.model_copy(update={"title": one.name}))
    return found
