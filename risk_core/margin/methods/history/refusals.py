"""Refusals of joint moves, by the name of the underlying or the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ....errors import Problem, Refused


def refused(names: Iterable[str], rule: Callable[[str], str]) -> Refused:
    """One problem for each name, its rule worded by `rule`."""
    return Refused([Problem("rules.history", name, rule(name)) for name in names])


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names)
