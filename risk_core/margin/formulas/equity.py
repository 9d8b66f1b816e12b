"""Equity: collateral as it counts, profit of futures and perpetuals, value of options where the mode counts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...rulebooks.collateral import SIZE_CEILING, SIZE_SHARE
from ..account_value import option_values
from ..hedged import gains
from .nodes import ZERO, Node, Operation, Origin, Part, Term, inner, largest, minus, number, over, plus, smallest, times
from .scene import Scene

ONE = number(1.0)


def summed(name: str, rows: Sequence[Node], symbol: str, unit: str = "USD") -> Part:
    """A named sum, which its symbol stands for in text where it has more than one row."""
    if len(rows) > 1:
        return Part(name, plus(*rows), unit, symbol)
    return Part(name, inner(rows[0]) if rows else ZERO, unit)


def account_equity(scene: Scene) -> Part:
    """Equity of the account: pledges only move it from the pool to legs."""
    legs = range(len(scene.account.book.ids))
    return Part(f"equity{scene.at}", plus(collateral(scene), *gained(scene, list(legs))))


def bucket_equity(scene: Scene, bucket: int) -> Part:
    """Equity of one pool or of one isolated leg."""
    nets = scene.holding.nets
    legs = [int(leg) for leg in np.flatnonzero(nets.bucket[nets.leg_net] == bucket)]
    if bucket in nets.alone:
        return Part(f"equity{scene.at}", plus(pledge(scene, bucket), *gained(scene, legs)))
    pledged = [pledge(scene, one) for one in nets.alone if nets.backing[one] == bucket]
    left = [summed("pledged", pledged, "Σ pledge")] if pledged else []
    return Part(f"equity{scene.at}", minus(plus(collateral(scene, bucket), *gained(scene, legs)), *left))


def gained(scene: Scene, legs: Sequence[int]) -> list[Node]:
    """Profit and funding of the futures and perpetuals among `legs`, and the value of the options where it counts."""
    ins, book = scene.account.instruments, scene.account.book
    option = ins.is_option[book.instrument]
    out: list[Node] = []
    plain, options = [leg for leg in legs if not option[leg]], [leg for leg in legs if option[leg]]
    accrued = funding(scene, legs)
    if plain:
        out.append(summed(f"profit{scene.at}", [profit(scene, leg) for leg in plain], "Σ profit"))
    if options and scene.holding.counts_option_value:
        rows = [_worth(scene, leg) for leg in options]
        out.append(summed(f"option value{scene.at}", rows, "Σ q × value of one unit"))
    return out + accrued


def funding(scene: Scene, legs: Sequence[int]) -> list[Node]:
    """Funding accrued and not settled, where the rulebook counts it at once."""
    book = scene.account.book
    if scene.rules.futures.funding != "counts at once":
        return []
    rows: list[Node] = [
        Term("unsettled funding", float(book.funding[leg]), "USD", scene.field(leg, "unsettled_funding"), book.ids[leg])
        for leg in legs if book.funding[leg]]
    return [summed("unsettled funding", rows, "Σ unsettled funding")] if rows else []


def profit(scene: Scene, leg: int) -> Part:
    """Unrealised profit of a future or perpetual, dollars."""
    book, at = scene.account.book, int(scene.account.book.instrument[leg])
    entry = Term("entry", float(book.entry[leg]), "USD", scene.field(leg, "entry_price"), book.ids[leg])
    own, mark = scene.quantity(leg), scene.mark(at)
    inverse = bool(scene.account.instruments.inverse[at])
    gain = minus(over(mark, entry), ONE) if inverse else minus(mark, entry)
    return Part(f"profit of {book.ids[leg]}{scene.at}", times(own, gain))


def _worth(scene: Scene, leg: int) -> Part:
    name = scene.account.book.ids[leg]
    return Part(f"value of {name}{scene.at}", times(scene.quantity(leg), unit_value(scene, leg)))


def unit_value(scene: Scene, leg: int) -> Term:
    """What one unit of an option is worth, dollars."""
    at = int(scene.account.book.instrument[leg])
    value = float(option_values(scene.account, scene.factors[None])[0, at])
    how = "Black-76 on forward, strike and volatility, in dollars"
    return Term(f"value of one unit{scene.at}", value, "USD", Origin("worked out", how), scene.account.book.ids[leg])


def pledge(scene: Scene, bucket: int) -> Term:
    """What an isolated leg has to itself, dollars at these prices."""
    leg = int(scene.holding.nets.bucket_leg[bucket])
    book = scene.account.book
    value = float(scene.holding.pledged(scene.factors[None])[0, bucket])
    if not np.isnan(book.pledged[leg]):
        origin = scene.field(leg, "isolated_margin")
    elif not np.isnan(book.leverage[leg]):
        origin = Origin("worked out", "entry notional ÷ leverage")
    else:
        origin = Origin("worked out", "initial margin asked now")
    return Term("pledge", value, "USD", origin, book.ids[leg])


def collateral(scene: Scene, pool: int | None = None) -> Part:
    """Every balance, or every one of a pool, as it counts."""
    of_asset = scene.holding.nets.pools.of_asset
    rows = [balance(scene, a) for a in range(len(of_asset)) if pool in (None, of_asset[a])]
    return summed(f"collateral{scene.at}", rows, "Σ amount × price × weight")


def balance(scene: Scene, a: int) -> Part:
    """One balance as it counts."""
    held, u = scene.account.collateral, int(scene.account.collateral.underlying[a])
    asset = held.assets[a]
    if u >= 0:
        price = scene.index(u, "price")
    else:
        where = "USD" if asset == "USD" else f"market.assets.{asset}"
        origin = Origin("worked out", "USD is 1") if asset == "USD" else Origin("account", where)
        price = Term("price", float(held.price[a]), "USD", origin, asset)
    return Part(f"{asset} collateral{scene.at}", times(amount(scene, a), price, weight(scene, a)))


def amount(scene: Scene, a: int) -> Term:
    """A balance in units of the asset."""
    held = scene.account.collateral
    return Term("amount", float(held.amount[a]), held.assets[a], Origin("account", "collateral"), held.assets[a])


def weight(scene: Scene, a: int) -> Node:
    """What each unit counts for, as a share of its value; named unless it is a haircut alone."""
    asset, found = scene.account.collateral.assets[a], _weight(scene, a)
    plain = not isinstance(found, Operation) or all(isinstance(one, Term) for one in found.of)
    return found if plain else Part(f"weight of {asset}", found, "share")


def _weight(scene: Scene, a: int) -> Node:
    asset, rules = scene.account.collateral.assets[a], scene.rules.collateral
    own, root = amount(scene, a), None
    if rules.size_factors.get(asset, 0.0):
        factor = scene.rate("size factor", rules.size_factors[asset], "collateral.size_factors", "per √unit", asset)
        size = Term("|amount|", abs(own.value), own.unit, own.origin, asset)
        root = times(factor, Operation("^", (size, number(0.5))))
    if own.value < 0:
        borrowed = rules.borrow_weights.get(asset, 1.0)
        owed = scene.rate("borrow weight", borrowed, "collateral.borrow_weights", whose=asset)
        return owed if root is None else largest(owed, plus(times(number(SIZE_SHARE), owed), root))
    plain = _deposited(scene, asset, _sliced(scene, asset, own))
    return plain if root is None else smallest(plain, over(number(SIZE_CEILING), plus(ONE, root)))


def _sliced(scene: Scene, asset: str, own: Term) -> Node:
    rules = scene.rules.collateral
    parts = [part for part in rules.slices if part.asset == asset]
    if not parts or not own.value:
        key = "collateral.haircuts" if asset in rules.haircuts else "collateral.other_haircut"
        return minus(ONE, scene.rate("haircut", rules.haircut(asset), key, whose=asset))
    ends = [*(part.start for part in parts[1:]), np.inf]
    rows: list[tuple[Term, Node]] = []
    for part, end in zip(parts, ends, strict=True):
        inside = min(own.value, end) - part.start
        if inside > 0:
            of = f"{asset} from {part.start:,.10g}"
            size = Term("slice", inside, asset, Origin("worked out", "part of the balance in the slice"), of)
            rows.append((size, minus(ONE, scene.rate("haircut", part.haircut, "collateral.slices", whose=of))))
    return rows[0][1] if len(rows) == 1 else over(plus(*(times(size, share) for size, share in rows)), own)


def _deposited(scene: Scene, asset: str, plain: Node) -> Node:
    rules = scene.rules.collateral
    start, held = rules.deposit_starts.get(asset), rules.deposits.get(asset)
    if start is None or held is None:
        return plain
    from_ = scene.rate("deposits from which it shrinks", start, "collateral.deposit_starts", "USD", asset)
    return times(plain, smallest(ONE, over(from_, scene.rate("deposits", held, "collateral.deposits", "USD", asset))))


def withheld(scene: Scene) -> list[Part]:
    """Equity that does not back new positions, where the rulebook says so."""
    out, rules = [], scene.rules
    if rules.futures.profit == "losses only":
        nets = scene.holding.nets
        kept = gains(scene.account, nets, scene.factors[None]).withheld[0]
        origin = scene.parameter("futures.profit")
        rows: list[Node] = [Term("gain", float(one), "USD", origin, scene.label(n))
                            for n, one in enumerate(kept) if one]
        out += [summed("gains that do not back new positions", rows, "Σ gain")] if rows else []
    if rules.collateral.initial_haircuts:
        held, further = scene.account.collateral, rules.collateral.initial_haircuts
        rows = [times(balance(scene, a), scene.rate("further haircut", further[asset], "collateral.initial_haircuts",
                                                    whose=asset))
                for a, asset in enumerate(held.assets) if held.amount[a] > 0 and further.get(asset)]
        out += [summed("further haircuts", rows, "Σ balance × further haircut")] if rows else []
    return out
