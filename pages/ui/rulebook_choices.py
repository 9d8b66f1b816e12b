"""The rulebooks that a page offers beside the one in force: every shipped one and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pages.ui import own_rules
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
    """By key, the shipped ones first, then one's own that are sound. Raises StoreError."""
    shipped = {name: Offered("Shipped", name, load.load(name)) for name in load.names()}
    return shipped | {key: Offered("Yours", one.rules, one.rulebook) for key, one in own_rules.owned().items()}
