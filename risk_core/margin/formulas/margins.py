"""Initial and maintenance margin of an account, a bucket, a net and a leg, whatever charges it."""

from __future__ import annotations

import numpy as np

from ..charges import larger_side
from . import method_margin, option_margin, scan_margin, tiers
from .equity import summed
from .nodes import ZERO, Node, Origin, Part, Term, over, times
from .scene import Scene


def net_margin(scene: Scene, n: int, side: str) -> Part:
    """Margin of one net by its own charge, dollars; nothing where the opposite side is larger and charged alone."""
    if not counts(scene, n, side):
        origin = scene.parameter("futures.opposite")
        return Part(f"{side} margin of {scene.label(n)}{scene.at}",
                    Term("the opposite side is larger", 0.0, "USD", origin, scene.label(n)))
    option = scene.account.instruments.is_option[scene.holding.nets.instrument[n]]
    return option_margin.net_margin(scene, n, side) if option else tiers.net_margin(scene, n, side)


def counts(scene: Scene, n: int, side: str) -> bool:
    """Whether a net is charged: not where of opposite sides the larger alone is, and it is on the other one."""
    of = larger_side.pairs(scene.account, scene.holding.nets, scene.rules)
    asked = scene.margin.by_net
    return asked is None or bool(of[n] == larger_side.NONE or getattr(asked, side)[0, n])


def required(scene: Scene, side: str, bucket: int | None = None) -> Part:
    """Initial or maintenance margin of the account, or of one bucket of it, dollars."""
    if scene.holding.charge == "scan":
        return scan_margin.maintenance(scene) if side == "maintenance" else scan_margin.initial(scene)
    if scene.holding.charge == "method":
        return method_margin.required(scene, side)
    nets = scene.holding.nets
    rows: list[Node] = [net_margin(scene, n, side) for n in range(len(nets.quantity))
                        if nets.quantity[n] and bucket in (None, nets.bucket[n])]
    if side == "initial" and bucket not in nets.alone:
        rows += scan_margin.ordered(scene, bucket)
    return summed(f"{side} margin{scene.at}", rows, f"Σ {side} margin")


def leg_margin(scene: Scene, leg: int, side: str) -> Part | None:
    """A leg's part of its net's margin, dollars; None where legs are charged together."""
    if scene.holding.charge != "tiered":
        return None
    nets, quantity = scene.holding.nets, scene.account.book.quantity
    n = int(nets.leg_net[leg])
    name = f"{side} margin of leg {scene.account.book.ids[leg]}"
    if np.sign(quantity[leg]) != np.sign(nets.quantity[n]):
        return Part(name, ZERO)
    whole = net_margin(scene, n, side)
    on_side = [one for one in scene.legs(n) if np.sign(quantity[one]) == np.sign(quantity[leg])]
    if len(on_side) == 1:
        return Part(name, whole.of)
    total = float(sum(abs(quantity[one]) for one in on_side))
    own = scene.quantity(leg)
    size: Node = Term("|q|", abs(own.value), own.unit, own.origin, own.whose)
    side_size = Term("size of the net's side", total, own.unit, Origin("worked out", "legs on the net's side"),
                     scene.label(n))
    return Part(name, times(whole, over(size, side_size)))
