"""Where equity meets maintenance margin, solved for the index price: the closed form of the segment the level lies in.

With the rest still, everything a bucket of futures and perpetuals owns and owes is still + moving·P; the level is
where that is 0. For one linear contract this is P = (q E - M - D) ÷ (|q| (s - r - f)), for an inverse one
P = |N| (s + r + f) - … ÷ (N ÷ E + …), in dollars at the mark.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import equity, tiers
from .margins import counts, net_margin
from .nodes import Node, Origin, Part, Term, inner, minus, number, over, plus, times
from .scene import Scene

ONE = number(1.0)


@dataclass
class Solution:
    """Sums under construction. needed, backed: dollars that stand still, owed and owned; moving, owing: per P."""

    needed: list[Node] = field(default_factory=list)
    backed: list[Node] = field(default_factory=list)
    moving: list[Node] = field(default_factory=list)
    owing: list[Node] = field(default_factory=list)

    @property
    def price(self) -> Node:
        """P, the index price at which what is owned is what is owed."""
        return over(_less(self.needed, self.backed), _less(self.moving, self.owing))


def _less(first: list[Node], taken: list[Node]) -> Node:
    if not first:
        return minus(number(0.0), *taken)
    return minus(plus(*first), *taken)


def solvable(scene: Scene, bucket: int, u: int, *, charged: bool) -> bool:
    """Whether equity, and maintenance where `charged`, of the bucket are straight lines of the price near the level."""
    ins, nets = scene.account.instruments, scene.holding.nets
    if charged and scene.holding.charge != "tiered":
        return False
    options = [n for n in _moving(scene, bucket, u) if ins.is_option[nets.instrument[n]]]
    rules = scene.rules.options
    asks = rules is not None and (rules.charges_longs or any(nets.quantity[n] < 0 for n in options))
    return not (options and (scene.holding.counts_option_value or (charged and asks)))


def _moving(scene: Scene, bucket: int, u: int) -> list[int]:
    ins, nets = scene.account.instruments, scene.holding.nets
    turns = ins.inverse[nets.instrument] & ~ins.is_option[nets.instrument]  # a gain locked in coin still moves
    mine = (nets.bucket == bucket) & (ins.underlying[nets.instrument] == u) & ((nets.quantity != 0) | turns)
    return [int(n) for n in np.flatnonzero(mine)]


def solved(scene: Scene, bucket: int, u: int, *, charged: bool) -> Node:
    """The price of `u` at which the bucket's buffer, or its equity where not `charged`, is 0; scene: at that price."""
    now = scene.now
    out = Solution()
    moving = [n for n in _moving(scene, bucket, u)
              if not scene.account.instruments.is_option[scene.holding.nets.instrument[n]]]
    for n in moving:
        _net(scene, n, out, charged=charged, alone=len(moving) == 1)
    rest = _still(now, bucket, u, charged=charged)
    if rest is not None:
        out.backed.append(rest)
    _coins(now, bucket, u, out)
    return out.price


def _still(scene: Scene, bucket: int, u: int, *, charged: bool) -> Part | None:
    """M: what backs the moving contracts and stands still: collateral, pledges, the rest's profit less its margin."""
    holding, nets = scene.holding, scene.holding.nets
    owned: list[Node] = []
    coin = holding.pledge_coin == u
    pledged: list[Node] = [equity.pledge(scene, one) for one in nets.alone
                           if nets.backing[one] == bucket and not coin[one]]
    if bucket not in nets.alone:
        held = scene.account.collateral
        owned += [equity.balance(scene, a) for a in range(len(held.assets))
                  if held.underlying[a] != u and nets.pools.of_asset[a] == bucket]
    elif not coin[bucket]:
        owned.append(equity.pledge(scene, bucket))
    others = [n for n in range(len(nets.quantity)) if nets.bucket[n] == bucket and n not in _moving(scene, bucket, u)]
    owned += equity.gained(scene, [leg for n in others for leg in scene.legs(n)])
    owned += equity.funding(scene, [leg for n in _moving(scene, bucket, u) for leg in scene.legs(n)])
    owed: list[Node] = pledged
    if charged:
        owed = owed + [net_margin(scene, n, "maintenance") for n in others if nets.quantity[n]]
    elif scene.rules.fees.bankruptcy == "with fee":
        owed = owed + [fee for n in others if (fee := _fee(scene, n)) is not None]
    return Part("M", inner(_less(owned, owed))) if owned or owed else None


def _fee(scene: Scene, n: int) -> Part | None:
    option = scene.account.instruments.is_option[scene.holding.nets.instrument[n]]
    return None if option else tiers.closing_fee(scene, n)


def _coins(scene: Scene, bucket: int, u: int, out: Solution) -> None:
    """Collateral and pledges held in the coin that moves."""
    held, holding, nets = scene.account.collateral, scene.holding, scene.holding.nets
    out.moving += [times(equity.amount(scene, a), equity.weight(scene, a)) for a in range(len(held.assets))
                   if held.underlying[a] == u and held.amount[a] and nets.pools.of_asset[a] == bucket]
    index = scene.index(u)
    for one in nets.alone:
        if holding.pledge_coin[one] == u and bucket in (one, nets.backing[one]):
            own = equity.pledge(scene, one)
            coins = Term("pledge", own.value / index.value, held_in(scene, u), own.origin, own.whose)
            (out.moving if bucket == one else out.owing).append(coins)


def held_in(scene: Scene, u: int) -> str:
    """The coin of an underlying."""
    return scene.account.underlyings[u]


def _ratio(scene: Scene, n: int) -> list[Node]:
    """Mark ÷ index of a contract, which a walk keeps; nothing where they are the same."""
    ins, inst = scene.account.instruments, int(scene.holding.nets.instrument[n])
    share = float(ins.mark[inst] / scene.account.index[ins.underlying[inst]])
    if share == 1.0:
        return []
    return [Term("mark ÷ index", share, "×", Origin("worked out", "of the present prices; a walk keeps it"),
                 scene.label(n))]


def _net(scene: Scene, n: int, out: Solution, *, charged: bool, alone: bool) -> None:
    inverse = bool(scene.account.instruments.inverse[scene.holding.nets.instrument[n]])
    own = Solution()
    (_inverse if inverse else _linear)(scene, n, own, charged=charged and counts(scene, n, "maintenance"))
    if alone:
        for name in ("needed", "backed", "moving", "owing"):
            getattr(out, name).extend(getattr(own, name))
        return
    label = scene.label(n)
    out.needed.append(Part(f"still part of {label}", _less(own.needed, own.backed)))
    out.moving.append(Part(f"moving part of {label}", _less(own.moving, own.owing), scene.name_of(
        int(scene.holding.nets.instrument[n]))))


def _cost(scene: Scene, n: int) -> Node:
    """Σ q × entry of the net's legs, dollars; of an inverse contract Σ face ÷ entry, coins."""
    inverse = bool(scene.account.instruments.inverse[scene.holding.nets.instrument[n]])
    rows: list[Node] = []
    for leg in scene.legs(n):
        entry = Term("E", float(scene.account.book.entry[leg]), "USD", scene.field(leg, "entry_price"),
                     scene.account.book.ids[leg])
        rows.append((over if inverse else times)(scene.quantity(leg), entry))
    return equity.summed(f"cost of {scene.label(n)}", rows, "Σ q ÷ E" if inverse else "Σ q × E",
                         "coin" if inverse else "USD") if len(rows) > 1 else rows[0]


def sign(scene: Scene, n: int) -> Term:
    """Side of a net: +1 long, -1 short."""
    side = float(np.sign(scene.holding.nets.quantity[n]))
    return Term("s", side, "", Origin("worked out", "sign of q"), scene.label(n))


def _linear(scene: Scene, n: int, out: Solution, *, charged: bool) -> None:
    fixed = tiers.maintenance_at(scene, n) != "tested price"
    fee, in_price = _fee_of(scene, n, charged=charged)
    rates: list[Node] = []
    out.needed.append(_cost(scene, n))
    if charged and fixed:
        out.needed.append(Part("MM", tiers.charge(scene.now, n, "maintenance")))
    elif charged:
        asked = tiers.rate(scene, n, "maintenance")
        rates.append(asked.rate)
        out.backed += [asked.deduction] if asked.deduction else []
    if fee is not None and in_price:
        rates.append(scene.rate("f", scene.rules.fees.closing_rate, "fees.closing_rate"))
    elif fee is not None:
        out.needed.append(fee)
    out.moving.append(times(scene.size(n), minus(sign(scene, n), *rates), *_ratio(scene, n)))


def _fee_of(scene: Scene, n: int, *, charged: bool) -> tuple[Part | None, bool]:
    """The closing fee that stands in the test, and whether it moves with the notional."""
    if not charged and scene.rules.fees.bankruptcy != "with fee":
        return None, False
    return tiers.closing_fee(scene.now, n), scene.rules.fees.closing_on == "tested price"


def _inverse(scene: Scene, n: int, out: Solution, *, charged: bool) -> None:
    priced = tiers.maintenance_at(scene, n)
    fee, in_price = _fee_of(scene, n, charged=charged)
    ratio, rates = _ratio(scene, n), [sign(scene, n)]
    added: list[Node] = list(rates)
    per: list[Node] = []
    if charged and priced == "tested price":
        asked = tiers.rate(scene, n, "maintenance")
        added.append(asked.rate)
        if asked.deduction is not None:
            (per if asked.in_coin else out.backed).append(asked.deduction)
    elif charged:
        fixed = scene.entry(n) if priced == "entry" else scene.mark(int(scene.holding.nets.instrument[n]), now=True)
        out.owing.append(times(over(tiers.before_fees(scene.now, n, "maintenance"), fixed), *ratio))
    if fee is not None and in_price:
        added.append(scene.rate("f", scene.rules.fees.closing_rate, "fees.closing_rate"))
    elif fee is not None:
        rate = scene.rate("f", scene.rules.fees.closing_rate, "fees.closing_rate")
        out.owing.append(times(over(times(rate, scene.size(n), *tiers.over_entry(scene, n)), scene.entry(n)), *ratio))
    out.needed.append(times(scene.size(n), plus(*added)))
    out.moving.append(times(_cost(scene, n), *ratio))
    out.moving += [times(one, *ratio) for one in per]
