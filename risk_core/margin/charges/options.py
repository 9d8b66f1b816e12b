"""Charge of options by formula: at states, and as lines along walks.

Where a venue takes the lower of two charges the buffer is the greater of two lines, which rows cannot say: a question
is then asked once for each, and liquidated is what every answer calls so. `choices` says where there are two.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.options import OptionRules
from ..netting import Nets
from . import expiry_offset
from .form import LineSum
from .short_options import Options
from .terms import Terms

MOST_CHOICES = 6
"""Choices searched of one bucket along one walk; each doubles the number of walks."""
SAME_SLOPE = 1e-13
"""Slopes of a charge this close, per unit of the index, are one."""


def charged(account: Account, nets: Nets, rules: OptionRules) -> Ints:
    """Nets that take part in the charge: options that are short, and long ones where the rules say so."""
    held = account.instruments.is_option[nets.instrument]
    return np.flatnonzero(held & ((nets.quantity < 0) | rules.charges_longs))


def requirement(account: Account, nets: Nets, at: Ints, rules: OptionRules, factors: Floats) -> tuple[Floats, Floats]:
    """Initial and maintenance margin of the options `at` (n,), dollars, (S, n) each."""
    held = Options(account, nets, at, rules)
    factor = factors[:, held.underlying]
    index, mark = held.index * factor, held.mark(factor)
    fee = rules.liquidation_fee * index
    maintenance = held.risk("maintenance", index, mark) + fee + mark
    initial = held.risk("initial", index, mark) + mark
    least = np.where(held.is_call, 0.0, rules.put_initial_least) * maintenance
    inside = mark if rules.mark_in == "equity" else 0.0
    short, long = -np.minimum(nets.quantity[at], 0.0), np.maximum(nets.quantity[at], 0.0)
    out = [short * (np.maximum(initial, least) - inside) + long * _of_long(rules, "initial", index, mark),
           short * (maintenance - inside) + long * _of_long(rules, "maintenance", index, mark)]
    if rules.offset == "same expiry":
        out = [expiry_offset.lower(held, side, factor, one)
               for side, one in zip(("initial", "maintenance"), out, strict=True)]
    return out[0], out[1]


def _of_long(rules: OptionRules, side: str, index: Floats, mark: Floats) -> Floats:
    """Margin of one unit long, dollars, the shape of `index`."""
    if side not in rules.long_mark_rates:
        return np.zeros_like(index)
    return np.minimum(rules.long_mark_rates[side] * mark, rules.long_index_rates[side] * index)


def choices(account: Account, nets: Nets, rules: OptionRules, at: Ints) -> Ints:
    """Number of the choice each of the nets `at` (n,) belongs to, -1 for none: a long option's, or an expiry's."""
    held = Options(account, nets, at, rules)
    option = account.instruments.is_option[held.instrument]
    none = np.full(len(at), -1, dtype=np.int64)
    if rules.offset == "same expiry":
        group, shorts = expiry_offset.groups(held)
        chosen = option & (shorts[group] > 0)
    elif "maintenance" in rules.long_mark_rates:
        group, chosen = np.arange(len(at)), option & (nets.quantity[at] > 0)
    else:
        return none
    if chosen.any():
        none[chosen] = np.unique(group[chosen], return_inverse=True)[1]
    return none


def too_many(rules: OptionRules, count: int) -> str | None:
    """Why levels are not offered for so many choices in one bucket; None where they are."""
    if count <= MOST_CHOICES:
        return None
    what = "expiries with an offset" if rules.offset != "none" else "long options charged the lower of two rates"
    return f"liquidation levels are not offered for {count} {what} in one pool: at most {MOST_CHOICES} are searched"


def unsearched(account: Account, nets: Nets, rules: OptionRules) -> str | None:
    """Why levels along a single underlying are not offered for an account; None where they are."""
    if not rules.charges_longs or not len(nets.quantity):
        return None
    underlying = account.instruments.underlying[nets.instrument]
    walks = {(int(bucket), int(u)) for bucket, u in zip(nets.bucket, underlying, strict=True)}
    counts = [int(choices(account, nets, rules, np.flatnonzero((nets.bucket == bucket) & (underlying == u))).max()) + 1
              for bucket, u in walks]
    return too_many(rules, max(counts))


def forks(account: Account, nets: Nets, rules: OptionRules, at: Ints) -> Flags:
    """Which of the nets `at` (n,) have two rows of their own: short puts charged on the higher of index and mark."""
    ins, inst = account.instruments, nets.instrument[at]
    put = ins.is_option[inst] & ~ins.is_call[inst] & (nets.quantity[at] < 0)
    return np.asarray(put & np.array(rules.forks))


def lines(account: Account, nets: Nets, rules: OptionRules, out: LineSum, at: Ints, row: Ints, shift: Floats,
          scale: Floats, second: Flags) -> None:
    """Take the maintenance of options `at` off rows `row`; prices are multiplied by shift + scale·k; all (n,).

    Two rows for each fork follow the row it belongs to. second: whether the other one of two charges is asked for.
    """
    option = account.instruments.is_option[nets.instrument[at]]
    if rules.offset == "same expiry" and second.any():
        expiry_offset.lines(Options(account, nets, at[second], rules), out, row[second], shift[second], scale[second])
    long, short = option & (nets.quantity[at] > 0), option & (nets.quantity[at] < 0)
    if long.any() and "maintenance" in rules.long_mark_rates:
        by_index, by_mark = long & second, long & ~second
        _index(account, nets, out, at[by_index], row[by_index], shift[by_index], scale[by_index],
               rules.long_index_rates["maintenance"] * nets.quantity[at[by_index]])
        _mark(account, nets, out, at[by_mark], row[by_mark], shift[by_mark], scale[by_mark],
              rules.long_mark_rates["maintenance"] * nets.quantity[at[by_mark]])
    own = _own_rows(forks(account, nets, rules, at), row)
    here = short & ~second
    if here.any():
        _shorts(Options(account, nets, at[here], rules), out, row[here], own[here], shift[here], scale[here])


def _own_rows(fork: Flags, row: Ints) -> Ints:
    """The first of the two rows of each fork, (n,): behind the row it belongs to, in the order of the entries."""
    order = np.argsort(row, kind="stable")
    before = fork[order].astype(np.int64)
    count = np.asarray(np.cumsum(before) - before)
    _, first, back = np.unique(row[order], return_index=True, return_inverse=True)
    out = np.zeros(len(row), dtype=np.int64)
    out[order] = row[order] + 1 + 2 * (count - count[first][back])
    return out


def _shorts(held: Options, out: LineSum, row: Ints, own: Ints, shift: Floats, scale: Floats) -> None:
    """Maintenance of the short options `held`; own: the first of two further rows, where there are any."""
    account, nets, at, rules = held.account, held.nets, held.at, held.rules
    size = -nets.quantity[at]
    if rules.mark_in == "requirement":
        _mark(account, nets, out, at, row, shift, scale, size)
    _index(account, nets, out, at, row, shift, scale, rules.liquidation_fee * size)
    rate = held.factor * held.rate("maintenance_rate") * size
    by_mark = ~held.is_call & np.array(rules.put_maintenance_on in {"index plus mark", "higher of index and mark"})
    fork = forks(account, nets, rules, at)
    for add, rows in ((_index, np.where(fork, own, row)), (_mark, np.where(fork, own + 1, row))):
        add(account, nets, out, at[by_mark], rows[by_mark], shift[by_mark], scale[by_mark], rate[by_mark])
    if not by_mark.all():
        plain = Options(account, nets, at[~by_mark], rules)
        _broken(plain, out, row[~by_mark], shift[~by_mark], scale[~by_mark])


def _broken(held: Options, out: LineSum, row: Ints, shift: Floats, scale: Floats) -> None:
    """A charge that is a broken line of the index: its first slope, and a ramp wherever the slope changes."""
    breaks = held.breaks()
    ends = np.concatenate([breaks, 2.0 * breaks[-1:] + 1.0])
    asked = held.risk("maintenance", ends, np.zeros_like(ends))
    run = np.diff(ends, axis=0)
    slope = np.zeros(len(row))
    size = -held.nets.quantity[held.at]
    for start, length, rise in zip(breaks, run, np.diff(asked, axis=0), strict=True):
        change = np.where(length > 0, rise / np.where(length > 0, length, 1.0) - slope, 0.0)
        change = np.where(np.abs(change) > SAME_SLOPE, change, 0.0)
        slope = slope + change
        first, bent = (start == 0) & (change != 0), (start > 0) & (change != 0)
        weight = size * change
        out.add(row[first], -(weight * held.index * shift)[first], -(weight * held.index * scale)[first])
        out.terms.append(Terms(row[bent], -weight[bent], (held.index * shift)[bent], (held.index * scale)[bent],
                               start[bent], np.zeros(int(bent.sum()))))


def _index(account: Account, nets: Nets, out: LineSum, at: Ints, row: Ints, shift: Floats, scale: Floats,
           weight: Floats) -> None:
    """Take weight × index off the rows."""
    index = account.index[account.instruments.underlying[nets.instrument[at]]]
    out.add(row, -weight * index * shift, -weight * index * scale)


def _mark(account: Account, nets: Nets, out: LineSum, at: Ints, row: Ints, shift: Floats, scale: Floats,
          weight: Floats) -> None:
    """Take weight × mark off the rows."""
    inst = nets.instrument[at]
    out.option(row, -weight, account, inst, shift, scale, account.instruments.total_volatility[inst])
