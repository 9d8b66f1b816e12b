"""Margin of a pool that another method charges: the parts of its demand, which add up to it."""

from __future__ import annotations

from .equity import summed
from .nodes import Node, Origin, Part, Term
from .scan_margin import ordered
from .scene import Scene


def required(scene: Scene, side: str) -> Part:
    """Initial or maintenance margin of the account, part by part. Raises RuntimeError where no method charges it."""
    asked = scene.margin.demand
    if asked is None:
        raise RuntimeError("this pool is charged by no method")
    rows: list[Node] = [Term(part.title, float(getattr(part, side)[0]), "USD", Origin("worked out", part.key))
                        for part in asked.parts if getattr(part, side)[0]]
    if side == "initial":
        rows += ordered(scene)
    return summed(f"{side} margin{scene.at}", rows, f"Σ parts of {side} margin")
