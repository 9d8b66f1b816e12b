"""Margin by the worst scenario: loss of that row leg by leg, the minimum for short options, the add-on for hedges."""

from __future__ import annotations

import numpy as np

from ...valuation import black76
from ..charges import open_orders, scan
from .equity import summed, unit_value
from .nodes import ZERO, Node, Origin, Part, Term, largest, minus, number, over, plus, times
from .scene import Scene


def maintenance(scene: Scene) -> Part:
    """Maintenance margin of the account in a mode that scans."""
    rows: list[Node] = [_underlying(scene, u) for u in _held(scene)]
    return Part(f"maintenance margin{scene.at}", plus(*rows) if rows else ZERO)


def initial(scene: Scene) -> Part:
    """Initial margin: a multiple of maintenance."""
    factor = scene.rate("initial factor", scene.rules.scanned.initial_factor, "portfolio.initial_factor", "×")
    asked = times(factor, maintenance(scene))
    return Part(f"initial margin{scene.at}", plus(asked, *ordered(scene)))


def ordered(scene: Scene, pool: int | None = None) -> list[Node]:
    """What open orders add to initial margin, of the account or of one pool of it."""
    holding = scene.holding
    added = open_orders.added(holding.account, holding.nets, holding.rules, scene.factors[None], holding.charge)
    amount = float(added[0].sum() if pool is None else added[0, pool])
    return [Term("open orders", amount, "USD", scene.parameter("orders.initial"))] if amount else []


def _held(scene: Scene) -> list[int]:
    return sorted({int(u) for u in scene.account.instruments.underlying})


def _mine(scene: Scene, u: int) -> list[int]:
    nets = scene.holding.nets
    return [int(n) for n in np.flatnonzero(scene.account.instruments.underlying[nets.instrument] == u)]


def row(scene: Scene, u: int) -> int:
    """The scenario row that sets the charge of an underlying here: the one reported, or a worse one it is tied with."""
    charge = scene.margin.charges[u]
    told, loss = int(charge.worst[0]), charge.loss[0]
    return told if loss[told] == charge.scan[0] else int(np.argmax(loss))


def _underlying(scene: Scene, u: int) -> Part:
    name, charge = scene.account.underlyings[u], scene.margin.charges[u]
    worst: Node = _worst(scene, u)
    if charge.minimum[0] > 0 or charge.scan[0] < 0:
        worst = largest(worst, _minimum(scene, u, float(charge.minimum[0])))
    hedged = [_hedged(scene, u)] if charge.hedged[0] else []
    return Part(f"{name} charge{scene.at}", plus(worst, *hedged))


def _minimum(scene: Scene, u: int, asked: float) -> Node:
    if not asked:
        return ZERO
    ins, nets = scene.account.instruments, scene.holding.nets
    short = float(sum(-nets.quantity[n] for n in _mine(scene, u) if ins.is_option[nets.instrument[n]]
                      and nets.quantity[n] < 0))
    name = scene.account.underlyings[u]
    units = Term("units short", short, name, Origin("worked out", "Σ of net short options"), name)
    rate = scene.rate("minimum", scene.rules.scanned.short_option_minimum, "portfolio.short_option_minimum")
    return Part(f"{name} short option minimum{scene.at}", times(rate, scene.index(u), units))


def _worst(scene: Scene, u: int) -> Part:
    at, name = row(scene, u), scene.account.underlyings[u]
    rules = scene.rules.scanned
    said = scan.rows(rules).words(at).replace(", ", " with ")
    rows = [_loss(scene, n, at) for n in _mine(scene, u) if scene.holding.nets.quantity[n]]
    weight = float(scan.rows(rules).weight[at])
    losses = summed(f"{name} loss at {said}{scene.at}", rows, "Σ loss")
    if weight == 1.0:
        return losses
    of = scene.rate("weight", weight, "portfolio.extended_rows")
    return Part(f"{name} worst scenario{scene.at}", times(of, losses))


def _loss(scene: Scene, n: int, at: int) -> Part:
    """What a net loses in a scenario row, before the row's weight, dollars."""
    ins, inst = scene.account.instruments, int(scene.holding.nets.instrument[n])
    own = scene.net_quantity(n)
    name = f"loss of {scene.label(n)}{scene.at}"
    if ins.is_option[inst]:
        then = Term(f"value in the row{scene.at}", _value_in_row(scene, inst, at), "USD",
                    Origin("worked out", "Black-76 at the row's price and volatility"), scene.label(n))
        value = unit_value(scene, scene.legs(n)[0])
        return Part(name, times(own, minus(value, then)))
    rules = scene.rules.scanned
    moves = len(rules.moves) * 3
    move = scene.rate("x", float(scan.rows(rules).move[at]), "portfolio.moves" if at < moves else
                      "portfolio.extended_rows")
    price = number(1.0) if ins.inverse[inst] else scene.mark(inst)
    return Part(name, times(own, minus(price, times(price, plus(number(1.0), move)))))


def _value_in_row(scene: Scene, inst: int, at: int) -> float:
    ins, rules = scene.account.instruments, scene.rules.scanned
    v = scan.shocked_volatility(scene.account, rules, np.array([inst]))[at]
    forward = ins.forward[inst] * scene.factor(inst) * (1.0 + scan.rows(rules).move[at])
    value = black76.price(np.array([forward]), ins.strike[inst], v, ins.is_call[inst])
    return float(ins.unit[inst] * value[0])


def _hedged(scene: Scene, u: int) -> Part:
    """Add-on for futures and perpetuals that offset each other."""
    ins, nets = scene.account.instruments, scene.holding.nets
    plain = [n for n in _mine(scene, u) if not ins.is_option[nets.instrument[n]]]
    deltas = [float(nets.quantity[n]) * (1.0 if ins.inverse[nets.instrument[n]] else
                                         scene.mark(int(nets.instrument[n])).value) for n in plain]
    name = scene.account.underlyings[u]
    gross = Term("Σ|δ|", float(np.abs(deltas).sum()), "USD", Origin("worked out", "q × mark, or the signed face"), name)
    net = Term("|Σδ|", abs(float(np.sum(deltas))), "USD", gross.origin, name)
    rate = scene.rate("hedged rate", scene.rules.scanned.hedged_rate, "portfolio.hedged_rate")
    return Part(f"{name} hedged futures and perpetuals{scene.at}", over(times(rate, minus(gross, net)), number(2.0)))
