"""Which figures have a formula, and the formula of each.

`formula(result, "cross", "buffer")` is a head figure; with `leg` the figure of a leg; with `underlying` the nearest
level of the account along a price, and with `who` of one pool or isolated leg; a wallet has figures of its own too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...errors import Problem, Refused
from ..compare import Comparison
from ..pools import named
from . import levels
from .equity import account_equity, pledge, profit, summed, withheld
from .formula import Formula
from .levels import Found, Place
from .margins import leg_margin, required
from .nodes import Node, Operation, Origin, Part, Term, inner, minus
from .scene import present
from .subject import Subject, subject
from .wallets import SAFE, WALLET_HEAD, share_used


def formula(result: Comparison, mode: str, figure: str, leg: str | None = None, *, underlying: str | None = None,
            who: str | None = None) -> Formula:
    """The formula of a figure in `mode`. Raises Refused for a mode, figure, leg or underlying there is not."""
    return of(subject(result, mode), figure, leg, underlying=underlying, who=who)


def of(asked: Subject, figure: str, leg: str | None = None, *, underlying: str | None = None,
       who: str | None = None) -> Formula:
    """The same of a subject. who: id of a pool or isolated leg; None for the whole account."""
    table: Mapping[str, object] = LEG if leg is not None else LEVEL if underlying is not None else HEAD \
        if who is None else WALLET_HEAD
    if figure not in table:
        raise Refused([Problem("figure", figure, "has no formula here; there are " + ", ".join(table))])
    if leg is not None:
        return LEG[figure](asked, asked.leg(leg), f"{WORDS[figure]} of {leg}, {asked.mode.title}")
    if underlying is not None:
        return _level(asked, figure, asked.underlying(underlying), who)
    if who is not None:
        return WALLET_HEAD[figure](asked, asked.bucket(who), f"{WORDS[figure]}, {named(who)}, {asked.mode.title}")
    return HEAD[figure](asked, f"{WORDS[figure]}, {asked.mode.title}")


def _level(asked: Subject, figure: str, u: int, who: str | None) -> Formula:
    name = asked.result.account.underlyings[u]
    if who is None:
        bucket = asked.found.setting(u, asked.mode.liquidation[name].nearest)
        if asked.mode.liquidation[name].now:
            gone = (levels.GONE, levels.STILL)
            return Formula(f"{WORDS[figure]}, {name}, {asked.mode.title}", "P", "USD", None, None, gone)
    else:
        bucket = asked.bucket(who)
    whose = named(asked.scene.holding.nets.who(asked.result.account, bucket))
    place = Place(bucket, u)
    if place not in asked.found.levels.liquidation:
        raise Refused([Problem("market.underlyings", name, f"does not move {whose}")])
    whose = f"{whose}, " if asked.mode.apart else ""
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
    return Formula(title, "buffer", "USD", of, asked.mode.head.buffer, (SAFE,))


def _available(asked: Subject, title: str) -> Formula:
    of = minus(account_equity(asked.scene), *withheld(asked.scene), required(asked.scene, "initial"))
    return Formula(title, "available", "USD", of, asked.mode.head.available)


def _used(asked: Subject, title: str) -> Formula:
    worst = asked.mode.worst_bucket
    bucket = asked.bucket(worst.who)
    limits = ["Liquidation at 100 %."]
    if asked.mode.apart:
        limits.append(f"Of {worst.words}, which is strained most: a sum over the account would hide it.")
    return share_used(asked, bucket, worst.figures, title, limits)


def _pledged(asked: Subject, title: str) -> Formula:
    rows: list[Node] = [pledge(asked.scene, one) for one in asked.scene.holding.nets.alone]
    total = float(asked.scene.holding.pledge[asked.scene.holding.nets.alone.start:].sum())
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
        together = ("Legs are charged together by the rulebook's method; no leg has a margin of its own.",)
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
    if bucket not in asked.scene.holding.nets.alone:
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
