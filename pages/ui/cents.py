"""Cents that add up: a total is rounded once, and what it is made of is shown so that it makes just that total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pages.ui import words
from risk_core.margin.explain import Step


def shared(amounts: Sequence[float], total: float) -> list[float]:
    """The amounts in whole cents, each the nearest, with what is left to the shown total on the largest."""
    cents = [round(amount * 100.0) for amount in amounts]
    rest = round(total * 100.0) - sum(cents)
    if cents and abs(rest) <= len(cents) + 1:
        cents[max(range(len(cents)), key=lambda i: abs(cents[i]))] += rest
    return [part / 100.0 for part in cents]


def stairs(steps: Sequence[Step]) -> list[Step]:
    """The waterfall in whole cents: totals rounded up, the changes between two totals making their difference."""
    shown, open_, reached = [], [], 0.0
    for step in steps:
        if not step.is_total:
            open_.append(step)
            continue
        total = words.rounded(step.amount, "up")
        amounts = shared([one.amount for one in open_], total - reached)
        shown += [replace(one, amount=amount) for one, amount in zip(open_, amounts, strict=True)]
        shown.append(replace(step, amount=total))
        open_, reached = [], total
    return shown
