"""Margin of a future or perpetual by tier: rate, deduction, floor by leverage, closing fee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...rulebooks.tiers import Step, deductions
from ..charges.schedule import measured
from .nodes import Node, Operation, Origin, Part, Term, largest, minus, number, over, plus, times
from .scene import Scene

ONE = number(1.0)


@dataclass(frozen=True, slots=True)
class Rate:
    """What a tier asks: rate × notional - deduction, the deduction in dollars, or in coins where `in_coin`."""

    rate: Node
    deduction: Term | None
    in_coin: bool


def rate(scene: Scene, n: int, side: str) -> Rate:
    """Rate and deduction of net `n` on `side`, initial or maintenance, in the tier its notional is in here."""
    tiers, priced = scene.rules.tiers, _priced(scene, n, side)
    in_coin = tiers.measure == "coins" and _inverse(scene, n)
    keeps = {"marginal", "leverage"} if side == "initial" else {"marginal"}
    if not (in_coin or tiers.measure == "dollars") or tiers.style not in keeps:
        return Rate(_of_size(scene, n, side), None, in_coin=False)
    steps = tiers.table(_underlying(scene, n))
    dollars = notional_value(scene, n, priced)
    unit = price(scene, n, priced).value if in_coin else 1.0
    taken = deductions([step.start for step in steps], [getattr(step, side) for step in steps])
    if tiers.initial_style == "whole" and side == "initial":
        tier = sum(dollars >= step.start * unit for step in steps) - 1
        return Rate(_tier(scene, n, side, steps[tier]), None, in_coin=False)
    asked = [dollars * getattr(step, side) - less * unit for step, less in zip(steps, taken, strict=True)]
    tier = int(np.argmax(asked))
    return Rate(_tier(scene, n, side, steps[tier]), _deduction(scene, n, taken[tier], coin=in_coin), in_coin)


def _instrument(scene: Scene, n: int) -> int:
    return int(scene.holding.nets.instrument[n])


def _underlying(scene: Scene, n: int) -> str:
    return scene.name_of(_instrument(scene, n))


def _inverse(scene: Scene, n: int) -> bool:
    return bool(scene.account.instruments.inverse[_instrument(scene, n)])


def _priced(scene: Scene, n: int, side: str) -> str:
    tiers = scene.rules.tiers
    if side == "maintenance":
        return maintenance_at(scene, n)
    nets = scene.holding.nets
    return tiers.initial_at_isolated if nets.bucket[n] in nets.alone else tiers.initial_at_cross


def maintenance_at(scene: Scene, n: int) -> str:
    """The price at which the maintenance of a net is valued."""
    tiers, nets = scene.rules.tiers, scene.holding.nets
    return tiers.maintenance_alone if nets.bucket[n] in nets.alone else tiers.maintenance_at


def _tier(scene: Scene, n: int, side: str, step: Step) -> Term:
    own = _underlying(scene, n) in scene.rules.tiers.tables()
    symbol, key = "r" if side == "maintenance" else "initial rate", "tiers.own_steps" if own else "tiers.steps"
    whose = f"{scene.label(n)}, tier from {step.start:,.10g}"
    return scene.rate(symbol, float(getattr(step, side)), key, whose=whose)


def _deduction(scene: Scene, n: int, taken: float, *, coin: bool) -> Term | None:
    if not taken:
        return None
    how = "floor × rise of the rate at each tier, added up"
    return Term("D", taken, _underlying(scene, n) if coin else "USD", Origin("worked out", how), scene.label(n))


def _of_size(scene: Scene, n: int, side: str) -> Node:
    """The one rate of a size that no price moves."""
    tiers, name, leverage = scene.rules.tiers, _underlying(scene, n), float(scene.holding.nets.leverage[n])
    value = float(measured(scene.account, scene.holding.nets, np.array([n]), tiers)[0])
    unit = "USD" if tiers.measure.startswith("dollars") else tiers.measure
    size = Term("size", value, unit, Origin("worked out", "size by which the tier is looked up, now"),
                scene.label(n))
    table = tiers.table(name)
    step = [one for one in table if value >= one.start][-1]
    base = _tier(scene, n, side, step)
    if tiers.style in {"linear", "power"}:
        slopes = tiers.initial_slope if side == "initial" else tiers.maintenance_slope
        slope = scene.rate("slope", slopes.get(name, 0.0), f"tiers.{side}_slope", "share per unit of size", name)
        if tiers.style == "linear":
            return plus(base, times(slope, size))
        power = scene.rate("power", tiers.power, "tiers.power", "exponent")
        return largest(base, times(slope, Operation("^", (size, power))))
    if tiers.style == "leverage" and side == "maintenance":
        given = not np.isnan(leverage)
        return times(base, over(ONE, given_leverage(scene, n)) if given else _tier(scene, n, "initial", step))
    if tiers.style == "marginal" and not (side == "initial" and tiers.initial_style == "whole") and value:
        return _average(scene, n, side, size)
    return base


def _average(scene: Scene, n: int, side: str, size: Term) -> Node:
    """Rate on the whole that marginal tiers come to."""
    table = scene.rules.tiers.table(_underlying(scene, n))
    taken = deductions([one.start for one in table], [getattr(one, side) for one in table])
    each = [getattr(one, side) - less / size.value for one, less in zip(table, taken, strict=True)]
    best = int(np.argmax(each))
    less = _deduction(scene, n, taken[best], coin=False)
    whole = _tier(scene, n, side, table[best])
    return whole if less is None else minus(whole, over(less, size))


def given_leverage(scene: Scene, n: int) -> Term:
    """The smallest leverage given on the net's legs."""
    legs, leverage = scene.legs(n), float(scene.holding.nets.leverage[n])
    leg = next(leg for leg in legs if scene.account.book.leverage[leg] == leverage)
    return Term("leverage", leverage, "×", scene.field(leg, "leverage"), scene.label(n))


def price(scene: Scene, n: int, priced: str) -> Term:
    """The price a notional is valued at, and the coins of an inverse contract's floors."""
    if priced == "entry":
        return scene.entry(n)
    return scene.mark(_instrument(scene, n), now=priced == "present mark")


def notional_value(scene: Scene, n: int, priced: str) -> float:
    """Dollars of notional."""
    size = scene.size(n).value
    return size if _inverse(scene, n) else size * price(scene, n, priced).value


def notional(scene: Scene, n: int, priced: str) -> Part:
    """Notional of a net: |q| × price, or the face where inverse; dollars."""
    size = scene.size(n)
    return Part(f"notional of {scene.label(n)}{scene.at}",
                size if _inverse(scene, n) else times(size, price(scene, n, priced)))


def _fixed_in_coin(scene: Scene, n: int, priced: str) -> list[Node]:
    """What dollars of face fixed in coin are worth here: × mark ÷ the price at which they were fixed."""
    if not _inverse(scene, n) or priced not in {"entry", "present mark"}:
        return []
    fixed = scene.entry(n) if priced == "entry" else scene.mark(_instrument(scene, n), now=True)
    return [over(scene.mark(_instrument(scene, n)), fixed)]


def before_fees(scene: Scene, n: int, side: str) -> Node:
    """Margin by tier at the price it is valued at, before floors and fees, dollars."""
    priced, asked = _priced(scene, n, side), rate(scene, n, side)
    whole: Node = times(notional(scene, n, priced), asked.rate)
    if asked.deduction is None:
        return whole
    return minus(whole, times(asked.deduction, price(scene, n, priced)) if asked.in_coin else asked.deduction)


def charge(scene: Scene, n: int, side: str) -> Node:
    """The same, of an inverse contract with margin fixed in coin in dollars at these prices."""
    return times(before_fees(scene, n, side), *_fixed_in_coin(scene, n, _priced(scene, n, side)))


def net_margin(scene: Scene, n: int, side: str) -> Part:
    """Initial or maintenance margin of one net of futures or perpetuals, dollars."""
    asked, rules = charge(scene, n, side), scene.rules
    if side == "initial" and not np.isnan(scene.holding.nets.leverage[n]):
        priced = _priced(scene, n, side)
        by_leverage = over(notional(scene, n, priced), given_leverage(scene, n))
        asked = largest(asked, times(by_leverage, *_fixed_in_coin(scene, n, priced)))
    fee = closing_fee(scene, n)
    counted = fee is not None and (side == "maintenance" or rules.fees.closing_in == "margin")
    whole = plus(asked, fee) if fee is not None and counted else asked
    return Part(f"{side} margin of {scene.label(n)}{scene.at}", whole)


def closing_fee(scene: Scene, n: int) -> Part | None:
    """Fee kept back for closing a net, dollars; None where there is none."""
    rules = scene.rules.fees
    if rules.closing_on == "none" or not rules.closing_rate:
        return None
    of = scene.rate("f", rules.closing_rate, "fees.closing_rate")
    name = f"closing fee of {scene.label(n)}{scene.at}"
    if rules.closing_on == "tested price":
        return Part(name, times(of, notional(scene, n, "tested price")))
    value = times(of, scene.size(n), *over_entry(scene, n))
    if not _inverse(scene, n):
        return Part(name, times(value, scene.entry(n)))
    return Part(name, times(value, over(scene.mark(_instrument(scene, n)), scene.entry(n))))


def over_entry(scene: Scene, n: int) -> list[Node]:
    """The value a closing fee is charged on over the value at entry; nothing where they are the same."""
    if scene.rules.fees.closing_on == "entry" or np.isnan(scene.holding.nets.leverage[n]):
        return []
    share = over(ONE, given_leverage(scene, n))
    if scene.rules.fees.closing_on == "entry and margin":
        return [plus(ONE, share)]
    side = float(np.sign(scene.holding.nets.quantity[n]))
    if not side:
        return []
    return [plus(ONE, share) if (side > 0) == _inverse(scene, n) else minus(ONE, share)]
