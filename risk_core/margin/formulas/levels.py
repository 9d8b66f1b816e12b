"""Liquidation levels and bankruptcy prices as formulas: solved for the price where it can be, else both sides at it."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from ...liquidation.thresholds import Levels, Liquidation, levels
from .. import own_price
from . import closed_form, tiers
from .equity import bucket_equity
from .formula import Formula
from .margins import net_margin, required
from .nodes import ZERO, Node, Operation, Origin, Part, Term, minus, over, plus, times
from .scene import Scene

STILL = "All other prices and every volatility stand still; pledges stay what they are now."
TIER = "Rates and deductions are those of the tier at P."
NO_LEVEL = "None: the buffer does not fall below 0 anywhere from 1/10,000 to 10,000 times the present price."
GONE = "None: it is liquidated at the present price; a level from which it would recover is no liquidation price."
NO_BANKRUPTCY = "None: the equity stays above 0 at and beyond the liquidation price."


class Place(NamedTuple):
    """A bucket along one underlying."""

    bucket: int
    u: int


class Found:
    """Levels of a scene's holding, searched once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    @cached_property
    def levels(self) -> Levels:
        return levels([self.scene.holding])[0]

    def at(self, place: Place) -> Liquidation:
        return self.levels.liquidation[place]

    def setting(self, u: int, level: float | None) -> int:
        """The bucket whose level along `u` is `level`; the first pool that `u` moves where there is none."""
        for (bucket, along), found in self.levels.liquidation.items():
            if along == u and level is not None and level in {found.below, found.above}:
                return bucket
        return next(bucket for bucket, along in self.levels.liquidation if along == u)


def level(found: Found, place: Place, title: str) -> Formula:
    """The nearest price at which the buffer of a bucket turns negative."""
    known = found.at(place)
    if known.nearest is None:
        return Formula(title, "P", "USD", None, None, (GONE if known.now else NO_LEVEL, STILL))
    return _at(found.scene, place, known.nearest, title, charged=True)


def bankruptcy(found: Found, place: Place, title: str) -> Formula:
    """The first price at or beyond that level at which the equity of the bucket is 0."""
    price = found.levels.bankruptcy[place]
    if price is None:
        known = found.at(place)
        reason = GONE if known.now else NO_LEVEL if known.nearest is None else NO_BANKRUPTCY
        return Formula(title, "P", "USD", None, None, (reason, STILL))
    return _at(found.scene, place, price, title, charged=False)


def _at(now: Scene, place: Place, price: float, title: str, *, charged: bool) -> Formula:
    scene = now.moved(place.u, price)
    index = f"P is the index price of {now.account.underlyings[place.u]}."
    if closed_form.solvable(scene, *place, charged=charged):
        of = closed_form.solved(scene, *place, charged=charged)
        limits = (index, *((TIER,) if charged else ()), STILL)
        return Formula(title, "P", "USD", of, price, limits)
    other = required(scene, "maintenance", place.bucket) if charged else _kept_back(scene, place)
    limits = (index, "No closed form: P is found by a complete search, both sides are evaluated at it.", STILL)
    return Formula(title, "P", "USD", bucket_equity(scene, place.bucket), price, limits, other)


def _kept_back(scene: Scene, place: Place) -> Node:
    """What equity is compared with at bankruptcy: nothing, or the closing fees where the rulebook counts them."""
    if scene.rules.fees.bankruptcy != "with fee":
        return ZERO
    nets, ins = scene.holding.nets, scene.account.instruments
    fees: list[Node] = [fee for n in range(len(nets.quantity)) if nets.bucket[n] == place.bucket
                        and not ins.is_option[nets.instrument[n]]
                        and (fee := tiers.closing_fee(scene, n)) is not None]
    return Part(f"closing fees{scene.at}", plus(*fees)) if fees else ZERO


def of_leg(found: Found, leg: int, *, bankrupt: bool, title: str) -> Formula:
    """Liquidation or bankruptcy price of a leg as its rulebook states it, on its tick."""
    scene, nets = found.scene, found.scene.holding.nets
    n = int(nets.leg_net[leg])
    place = Place(int(nets.bucket[n]), int(scene.account.instruments.underlying[scene.account.book.instrument[leg]]))
    assumed = own_price.assumed(scene.holding, scene.holding.now).get(n)
    if assumed is None:
        usual = (bankruptcy if bankrupt else level)(found, place, title)
    else:
        usual = _assumed(scene, n, assumed.bankruptcy if bankrupt else assumed.liquidation, title, bankrupt=bankrupt)
    return _on_tick(scene, leg, usual)


def _on_tick(scene: Scene, leg: int, usual: Formula) -> Formula:
    result = own_price.rounded(scene.holding, leg, usual.result)
    if usual.of is None or result == usual.result:
        return usual
    name = scene.name_of(int(scene.account.book.instrument[leg]))
    tick = scene.rate("tick", scene.rules.futures.ticks[name], "futures.ticks", "USD", name)
    found = Origin("worked out", "complete search; equity is maintenance margin there")
    exact: Node = Part("exact price", usual.of) if usual.balance is None else \
        Term("exact price", usual.result or 0.0, "USD", found)
    up = own_price.rounds_up(scene.holding, leg, usual.result or 0.0)
    sign = "up to the tick" if up else "down to the tick"
    rounded = "Rounded to the tick against the trader."
    return Formula(usual.title, "P", "USD", Operation(sign, (exact, tick)), result, (*usual.limits, rounded))


def _assumed(scene: Scene, n: int, result: float | None, title: str, *, bankrupt: bool) -> Formula:
    """A leg's price where the rulebook assumes something else of the pool than that all others stand still."""
    convention = scene.rules.futures.cross_price
    limits = (f"The rulebook states an estimate for positions in the pool: {convention}.", STILL)
    if result is None:
        return Formula(title, "P", "USD", None, None, limits)
    of = _shared(scene, n, bankrupt=bankrupt) if convention == "shared by value" else \
        _frozen(scene, int(scene.holding.nets.bucket[n]), bankrupt=bankrupt)
    inst = int(scene.holding.nets.instrument[n])
    size: Node = scene.size(n)
    if scene.account.instruments.inverse[inst]:
        size = over(size, scene.entry(n))
    bends = convention == "shared by value" and not bankrupt and not scene.account.instruments.inverse[inst]
    moving: Node = times(closed_form.sign(scene, n), size)
    if bends:
        moving = minus(moving, over(net_margin(scene, n, "maintenance"), scene.mark(inst)))
    price = minus(scene.mark(inst), over(of, moving))
    u = int(scene.account.instruments.underlying[inst])
    index, mark = scene.index(u), scene.mark(inst)
    return Formula(title, "P", "USD", price if index.value == mark.value else times(price, over(index, mark)),
                   result, limits)


def _shared(scene: Scene, n: int, *, bankrupt: bool) -> Node:
    """The net's share of its pool's equity, by notional, less its own maintenance margin."""
    nets, ins = scene.holding.nets, scene.account.instruments
    pool = int(nets.bucket[n])
    plain = [one for one in range(len(nets.quantity)) if nets.bucket[one] == pool and nets.quantity[one]
             and not ins.is_option[nets.instrument[one]]]
    notionals: list[Node] = [tiers.notional(scene, one, "mark") for one in plain]
    own = tiers.notional(scene, n, "mark")
    share = Part("share of equity", times(bucket_equity(scene, pool), over(own, plus(*notionals))))
    return share if bankrupt else minus(share, net_margin(scene, n, "maintenance"))


def _frozen(scene: Scene, pool: int, *, bankrupt: bool) -> Node:
    """The pool's buffer, or its equity."""
    whole = bucket_equity(scene, pool)
    return whole if bankrupt else minus(whole, required(scene, "maintenance", pool))
