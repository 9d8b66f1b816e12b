"""Margin of an option by itself: risk part, mark, and what offsets it."""

from __future__ import annotations

import numpy as np

from ...rulebooks.options import OptionRules
from ..charges import expiry_offset, options
from ..charges.short_options import Options
from .equity import unit_value
from .nodes import ZERO, Node, Origin, Part, Term, largest, minus, number, over, plus, smallest, times, worked
from .scene import Scene


def net_margin(scene: Scene, n: int, side: str) -> Part:
    """Initial or maintenance margin of one net of options, dollars."""
    rules = scene.rules.options
    name = f"{side} margin of {scene.label(n)}{scene.at}"
    if rules is None or n not in options.charged(scene.account, scene.holding.nets, rules):
        return Part(name, ZERO)
    single = _single(scene, n, side, rules)
    return Part(name, single if rules.offset == "none" else _offset(scene, n, side, single, rules))


def _single(scene: Scene, n: int, side: str, rules: OptionRules) -> Node:
    if scene.holding.nets.quantity[n] > 0:
        return _long(scene, n, side, rules)
    unit = _unit(scene, n, side, rules)
    return times(scene.size(n), minus(unit, _mark(scene, n)) if rules.mark_in == "equity" else unit)


def _unit(scene: Scene, n: int, side: str, rules: OptionRules) -> Node:
    """What one unit short is asked, with its mark."""
    asked: Node = plus(_risk(scene, n, side, rules), _mark(scene, n))
    if side == "maintenance":
        if not rules.liquidation_fee:
            return asked
        fee = scene.rate("fee", rules.liquidation_fee, "options.liquidation_fee")
        return plus(_risk(scene, n, side, rules), times(fee, _index(scene, n)), _mark(scene, n))
    if _is_call(scene, n) or not rules.put_initial_least:
        return asked
    least = scene.rate("least", rules.put_initial_least, "options.put_initial_least", "× maintenance")
    return largest(asked, times(least, _unit(scene, n, "maintenance", rules)))


def _long(scene: Scene, n: int, side: str, rules: OptionRules) -> Node:
    if side not in rules.long_mark_rates:
        return ZERO
    by_mark = scene.rate("mark rate", rules.long_mark_rates[side], "options.long_mark_rates")
    by_index = scene.rate("index rate", rules.long_index_rates[side], "options.long_index_rates")
    return times(scene.size(n), smallest(times(by_mark, _mark(scene, n)), times(by_index, _index(scene, n))))


def _instrument(scene: Scene, n: int) -> int:
    return int(scene.holding.nets.instrument[n])


def _is_call(scene: Scene, n: int) -> bool:
    return bool(scene.account.instruments.is_call[_instrument(scene, n)])


def _index(scene: Scene, n: int) -> Term:
    return scene.index(int(scene.account.instruments.underlying[_instrument(scene, n)]))


def _mark(scene: Scene, n: int) -> Term:
    own = unit_value(scene, scene.legs(n)[0])
    return Term(f"m{scene.at}", own.value, "USD", own.origin, scene.label(n))


def _strike(scene: Scene, n: int) -> Term:
    value = float(scene.account.instruments.strike[_instrument(scene, n)])
    return Term("K", value, "USD", scene.field(scene.legs(n)[0], "strike"), scene.label(n))


def _share(scene: Scene, n: int, symbol: str, side: str, rules: OptionRules) -> Term:
    """A rate of the option's underlying: its own, else the common one."""
    name, own = scene.name_of(_instrument(scene, n)), f"{side}_{symbol}"
    rates = rules.rates(name)
    key = f"options.{own}" if rates is rules else "options.own_rates"
    return scene.rate(f"{side} {symbol}", float(getattr(rates, own)), key, "share", name)


def _risk(scene: Scene, n: int, side: str, rules: OptionRules) -> Part:
    """Risk part of one unit short."""
    rate, base = _share(scene, n, "rate", side, rules), _base(scene, n, side, rules)
    if side == "maintenance" and not rules.takes_off:
        asked: Node = times(rate, base)
    else:
        floor = times(_share(scene, n, "floor", side, rules), base)
        asked = largest(minus(times(rate, _index(scene, n)), _out_of_money(scene, n, rules)), floor)
    if side in rules.put_caps and not _is_call(scene, n):
        cap = scene.rate("cap", rules.put_caps[side], "options.put_caps")
        asked = smallest(asked, times(cap, _strike(scene, n)))
    if rules.size_steps:
        held = Options(scene.account, scene.holding.nets, np.array([n]), rules)
        asked = times(scene.rate("size factor", float(held.factor[0]), "options.size_steps", "×"), asked)
    return Part(f"{side} risk part of {scene.label(n)}{scene.at}", asked)


def _base(scene: Scene, n: int, side: str, rules: OptionRules) -> Node:
    """What a rate is a share of."""
    index, on = _index(scene, n), rules.put_floor_on if side == "initial" else rules.put_maintenance_on
    if _is_call(scene, n) or on == "index":
        return index
    if on == "index plus mark":
        return plus(index, _mark(scene, n))
    return smallest(index, _strike(scene, n)) if on == "lower of index and strike" else largest(index, _mark(scene, n))


def _out_of_money(scene: Scene, n: int, rules: OptionRules) -> Part:
    """Amount out of the money of one unit."""
    strike, price = _strike(scene, n), _measured(scene, n, rules)
    away = minus(strike, price) if _is_call(scene, n) else minus(price, strike)
    if rules.out_of_money == "share of forward":
        forward = _forward(scene, n)
        away = times(over(minus(strike, forward) if _is_call(scene, n) else minus(forward, strike), forward),
                     _index(scene, n))
    return Part(f"out of the money of {scene.label(n)}{scene.at}", largest(number(0.0), away))


def _forward(scene: Scene, n: int) -> Term:
    at = _instrument(scene, n)
    value = float(scene.account.instruments.forward[at]) * scene.factor(at)
    return Term(f"F{scene.at}", value, "USD", Origin("account", f"market.underlyings.{scene.name_of(at)}.forwards"),
                scene.label(n))


def _measured(scene: Scene, n: int, rules: OptionRules) -> Term:
    return _forward(scene, n) if rules.out_of_money == "forward" else _index(scene, n)


def _offset(scene: Scene, n: int, side: str, single: Node, rules: OptionRules) -> Node:
    """Where the options of one expiry are charged together: in proportion to the single charges."""
    at = options.charged(scene.account, scene.holding.nets, rules)
    held = Options(scene.account, scene.holding.nets, at, rules)
    group = expiry_offset.groups(held)[0]
    mine = np.flatnonzero(group == group[int(np.flatnonzero(at == n)[0])])
    still, moving = expiry_offset.greatest_loss(held, side, mine)
    loss = still + moving * scene.factor(_instrument(scene, n))
    origin = scene.parameter("options.offset")
    greatest = Term(f"greatest loss at expiry{scene.at}", loss, "USD", origin, scene.label(n))
    rows = [_single(scene, int(at[one]), side, rules) for one in mine]
    whole = Part(f"{side} margin of the expiry's options one by one{scene.at}", plus(*rows), symbol="Σ single charge")
    if not worked(whole):
        return single
    return times(single, over(smallest(greatest, whole), whole))
