"""Which figures have a formula, and the formula of each.

`formula(result, "cross", "buffer")` is a head figure; with `leg` the figure of a leg; with `underlying` the nearest
level of the account along a price, and with `who` of one pool or isolated leg.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...errors import Problem, Refused
from ..compare import Comparison, ModeResult
from ..netting import POOL, POOL_ID
from . import levels
from .equity import account_equity, bucket_equity, pledge, profit, summed, withheld
from .formula import Formula
from .levels import Found, Place
from .margins import leg_margin, required
from .nodes import ZERO, Node, Operation, Origin, Part, Term, inner, minus, over
from .scene import Scene, present


@dataclass(frozen=True, eq=False)
class Subject:
    """One mode of a comparison, about which figures are asked."""

    result: Comparison
    mode: ModeResult
    found: Found

    @property
    def scene(self) -> Scene:
        return self.found.scene

    def leg(self, name: str) -> int:
        """Number of a leg. Raises Refused."""
        ids = self.result.account.book.ids
        if name not in ids:
            raise Refused([Problem("positions", name, "is not the id of an enabled position")])
        return ids.index(name)

    def underlying(self, name: str) -> int:
        """Number of an underlying. Raises Refused."""
        if name not in self.mode.liquidation:
            raise Refused([Problem("market.underlyings", name, "is not the underlying of a position or a balance")])
        return self.result.account.underlyings.index(name)


def subject(result: Comparison, mode: str) -> Subject:
    """One mode of a comparison. Raises Refused where it is not in it."""
    if mode not in result.modes:
        raise Refused([Problem("modes", mode, result.unavailable.get(mode, "is not a margin mode of this comparison"))])
    return Subject(result, result.modes[mode], Found(present(result.account, result.rulebook, mode)))


def formula(result: Comparison, mode: str, figure: str, leg: str | None = None, *, underlying: str | None = None,
            who: str | None = None) -> Formula:
    """The formula of a figure in `mode`. Raises Refused for a mode, figure, leg or underlying there is not."""
    return of(subject(result, mode), figure, leg, underlying=underlying, who=who)


def of(asked: Subject, figure: str, leg: str | None = None, *, underlying: str | None = None,
       who: str | None = None) -> Formula:
    """The same of a subject. who: POOL_ID or the id of an isolated leg; None for the whole account."""
    table: Mapping[str, object] = LEG if leg is not None else LEVEL if underlying is not None else HEAD
    if figure not in table:
        raise Refused([Problem("figure", figure, "has no formula here; there are " + ", ".join(table))])
    if leg is not None:
        return LEG[figure](asked, asked.leg(leg), f"{WORDS[figure]} of {leg}, {asked.mode.title}")
    if underlying is not None:
        return _level(asked, figure, asked.underlying(underlying), who)
    return HEAD[figure](asked, f"{WORDS[figure]}, {asked.mode.title}")


def _level(asked: Subject, figure: str, u: int, who: str | None) -> Formula:
    name = asked.result.account.underlyings[u]
    if who is None:
        bucket = asked.found.setting(u, asked.mode.liquidation[name].nearest)
        if asked.mode.liquidation[name].now:
            gone = (levels.GONE, levels.STILL)
            return Formula(f"{WORDS[figure]}, {name}, {asked.mode.title}", "P", "USD", None, None, gone)
    else:
        bucket = POOL if who == POOL_ID else int(asked.scene.holding.nets.bucket[
            asked.scene.holding.nets.leg_net[asked.leg(who)]])
    whose = asked.result.account.book.ids[asked.scene.holding.nets.bucket_leg[bucket]] if bucket else "pool"
    place = Place(bucket, u)
    if place not in asked.found.levels.liquidation:
        raise Refused([Problem("market.underlyings", name, f"does not move {whose}")])
    whose = f"{whose}, " if asked.mode.pool is not None else ""
    return LEVEL[figure](asked.found, place, f"{WORDS[figure]}, {whose}{name}, {asked.mode.title}")


def _equity(asked: Subject, title: str) -> Formula:
    return Formula(title, "equity", "USD", inner(account_equity(asked.scene)), asked.mode.head.equity)


def _required(side: str) -> Callable[[Subject, str], Formula]:
    def one(asked: Subject, title: str) -> Formula:
        of = inner(required(asked.scene, side))
        return Formula(title, f"{side} margin", "USD", of, getattr(asked.mode.head, f"{side}_margin"))
    return one


def _buffer(asked: Subject, title: str) -> Formula:
    of = minus(account_equity(asked.scene), required(asked.scene, "maintenance"))
    return Formula(title, "buffer", "USD", of, asked.mode.head.buffer, ("Below 0 is liquidated, exactly 0 is safe.",))


def _available(asked: Subject, title: str) -> Formula:
    of = minus(account_equity(asked.scene), *withheld(asked.scene), required(asked.scene, "initial"))
    return Formula(title, "available", "USD", of, asked.mode.head.available)


def _used(asked: Subject, title: str) -> Formula:
    worst, scene = asked.mode.worst_bucket, asked.scene
    bucket = POOL if worst.who == POOL_ID else 1 + [
        scene.account.book.ids[leg] for leg in scene.holding.nets.bucket_leg[1:]].index(worst.who)
    of: Node = ZERO
    if worst.figures.maintenance_margin:
        of = over(required(scene, "maintenance", bucket), bucket_equity(scene, bucket))
    limits = ["Liquidation at 100 %."]
    if asked.mode.pool is not None:
        limits.append(f"Of {worst.who or 'the pool'}, which is strained most: a sum over the account would hide it.")
    if asked.mode.worst_used is None:
        limits.append("No equity is left, so there is no ratio to show.")
    return Formula(title, "maintenance used", "share", of, asked.mode.worst_used, tuple(limits))


def _pledged(asked: Subject, title: str) -> Formula:
    rows: list[Node] = [pledge(asked.scene, one) for one in range(1, asked.scene.holding.nets.buckets)]
    total = float(asked.scene.holding.pledge[1:].sum())
    return Formula(title, "pledged", "USD", inner(summed("pledged", rows, "Σ pledge")), total)


def _freed(asked: Subject, title: str) -> Formula:
    alone = asked.result.modes.get("isolated")
    if alone is None:
        return Formula(title, "capital freed", "USD", None, None, ("The rulebook defines no isolated margin here.",))
    here = required(asked.scene, "initial")
    isolated = required(present(asked.result.account, asked.result.rulebook, "isolated"), "initial")
    of = minus(Part("initial margin in isolated", isolated.of, symbol=isolated.symbol),
               Part("initial margin here", here.of, symbol=here.symbol))
    return Formula(title, "capital freed", "USD", of, alone.head.initial_margin - asked.mode.head.initial_margin)


def _leg_margin(side: str) -> Callable[[Subject, int, str], Formula]:
    def one(asked: Subject, leg: int, title: str) -> Formula:
        result = getattr(asked.mode.positions[leg], f"{side}_margin")
        own = leg_margin(asked.scene, leg, side)
        together = ("Legs are charged together by their worst scenario; no leg has a margin of its own.",)
        return Formula(title, f"{side} margin", "USD", None if own is None else inner(own), result,
                       together if own is None else ())
    return one


def _unrealised(asked: Subject, leg: int, title: str) -> Formula:
    scene, account = asked.scene, asked.result.account
    at, result = int(account.book.instrument[leg]), asked.mode.positions[leg].unrealised_pnl
    if not account.instruments.is_option[at]:
        return Formula(title, "profit", "USD", inner(profit(scene, leg)), result)
    if result is None:
        return Formula(title, "profit", "USD", None, None, ("None: the option has no entry price.",))
    coin = bool(account.instruments.inverse[at])
    unit = scene.name_of(at) if coin else "USD"
    mark = Term("mark", float(account.instruments.mark[at]), unit,
                Origin("worked out", "mark_price, else Black-76 on forward and volatility"), account.book.ids[leg])
    entry = Term("entry", float(account.book.entry[leg]), unit, scene.field(leg, "entry_price"), account.book.ids[leg])
    gain = (scene.quantity(leg), minus(mark, entry))
    index = (scene.index(int(account.instruments.underlying[at])),) if coin else ()
    limits = ("For display: the collateral is cash after premiums.",)
    return Formula(title, "profit", "USD", Operation("×", (*gain, *index)), result, limits)


def _leg_pledge(asked: Subject, leg: int, title: str) -> Formula:
    bucket = int(asked.scene.holding.nets.bucket[asked.scene.holding.nets.leg_net[leg]])
    if bucket == POOL:
        return Formula(title, "pledge", "USD", None, None, ("None: the leg shares the pool.",))
    return Formula(title, "pledge", "USD", pledge(asked.scene, bucket), asked.mode.positions[leg].pledged)


def _leg_level(*, bankrupt: bool) -> Callable[[Subject, int, str], Formula]:
    return lambda asked, leg, title: levels.of_leg(asked.found, leg, bankrupt=bankrupt, title=title)


HEAD: Mapping[str, Callable[[Subject, str], Formula]] = MappingProxyType({
    "equity": _equity, "initial_margin": _required("initial"), "maintenance_margin": _required("maintenance"),
    "buffer": _buffer, "available": _available, "maintenance_used": _used, "pledged": _pledged,
    "capital_freed": _freed,
})
LEVEL: Mapping[str, Callable[[Found, Place, str], Formula]] = MappingProxyType({
    "liquidation_price": levels.level, "bankruptcy_price": levels.bankruptcy,
})
LEG: Mapping[str, Callable[[Subject, int, str], Formula]] = MappingProxyType({
    "initial_margin": _leg_margin("initial"), "maintenance_margin": _leg_margin("maintenance"),
    "unrealised_pnl": _unrealised, "pledged": _leg_pledge,
    "liquidation_price": _leg_level(bankrupt=False), "bankruptcy_price": _leg_level(bankrupt=True),
})
WORDS: Mapping[str, str] = MappingProxyType({
    "equity": "Equity", "initial_margin": "Initial margin", "maintenance_margin": "Maintenance margin",
    "buffer": "Buffer", "available": "Available", "maintenance_used": "Maintenance used", "pledged": "Pledged",
    "capital_freed": "Capital freed against isolated", "unrealised_pnl": "Unrealised profit and loss",
    "liquidation_price": "Nearest liquidation", "bankruptcy_price": "Bankruptcy price",
})
"""What every figure is called."""
