"""Joint relative moves of an account's underlyings with their probabilities: from daily history, scaled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np

from ....arrays import Floats, Ints, frozen
from ....errors import Refused
from ....market_history.daily import daily
from ....portfolio.account_file import Account
from ....portfolio.deviation import daily_volatility
from ....rulebooks.history import Beta, HistoryRules
from . import stress_rows
from .refusals import listed, refused
from .simulated import simulated
from .volatility import SHORTEST, forecast


@dataclass(frozen=True, eq=False)
class Moves:
    """K joint moves. relative: (K, n) of the underlyings `at` (n,) of an account, exp(log return) - 1. weight: (K,).

    names: of each row, a date or a number. notes: what was assumed, one sentence each.
    """

    at: Ints
    relative: Floats
    weight: Floats
    names: tuple[str, ...]
    notes: tuple[str, ...]


def moved(account: Account, rules: HistoryRules) -> Ints:
    """The underlyings whose moves matter, (n,): of instruments, and of collateral where that moves too."""
    at = account.instruments.underlying
    if rules.collateral == "moves too":
        at = np.concatenate([at, account.collateral.underlying[account.collateral.underlying >= 0]])
    return np.unique(at)


def joint(account: Account, rules: HistoryRules) -> Moves:
    """The moves of an account's underlyings. Raises Refused by name where one has none; there is at least one."""
    at = moved(account, rules)
    names = tuple(account.underlyings[u] for u in at)
    absent = [name for name in names if name not in daily().names]
    if rules.moves == "simulated" or (absent and rules.missing == "simulate"):
        why = f"no daily history of {listed(absent)}: " if rules.moves != "simulated" else ""
        built = simulated(names, _deviations(account, names), _pairs(account, names), rules)
        rows = tuple(str(i + 1) for i in range(len(built.log)))
        notes = (f"{why}{len(rows):,} simulated joint moves of {listed(names)} from daily volatility and correlation.",
                 *built.notes)
        return _with_stress(at, names, rules, built.log, rows, notes)
    now = _deviations(account, names) if rules.filter != "none" and rules.volatility_now == "market" else ()
    return _with_stress(at, names, rules, *_from_history(names, rules, now))


def unavailable(account: Account, rules: HistoryRules) -> str | None:
    """Why there are no moves for this account, in words; None where there are."""
    if not len(moved(account, rules)):
        return None
    try:
        joint(account, rules)
    except Refused as reason:
        return "; ".join(problem.rule for problem in reason.problems)
    return None


def _deviations(account: Account, names: tuple[str, ...]) -> tuple[float, ...]:
    """Daily deviations the market gives. Raises Refused by name where it gives none."""
    given = {name: daily_volatility(account.market.underlyings[name])[0] for name in names}
    if without := [name for name, value in given.items() if value is None]:
        raise refused(without, lambda name: f"the market data give no volatility of {name}")
    return tuple(value for value in given.values() if value is not None)


def _pairs(account: Account, names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((pair, value) for pair, value in account.market.correlation.items()
                        if set(pair.split("/")) <= set(names)))


def _with_stress(at: Ints, names: tuple[str, ...], rules: HistoryRules, log: Floats, rows: tuple[str, ...],
                 notes: tuple[str, ...]) -> Moves:
    age = np.arange(len(log))[::-1] if rules.moves == "daily history" else np.zeros(len(log))
    decayed = np.power(rules.age_decay, age)
    own = [row.probability for row in rules.stress_rows]
    weight = np.concatenate([decayed * (1.0 - rules.stress_weight) / decayed.sum(), own])
    relative = np.vstack([np.expm1(log), *(stress_rows.relative(row, names, rules) for row in rules.stress_rows)])
    labels = tuple(f"stress {row.day}".strip() for row in rules.stress_rows)
    return Moves(at, relative, weight, (*rows, *labels), (*notes, *stress_rows.told(names, rules)))


# History -----------------------------------------------------------------------------------------------------------

def _stand_in(name: str, rules: HistoryRules) -> Beta:
    """What moves a coin without history. Raises Refused by its name."""
    known = listed(daily().names)
    if rules.missing != "proxy":
        raise refused([name], lambda coin: f"there is no daily history of {coin}, only of {known}")
    found = next((beta for beta in rules.betas if beta.underlying == name), None)
    if found is None:
        raise refused([name], lambda coin: f"there is no daily history of {coin}, only of {known}, and no beta of it")
    if rules.proxy not in daily().names:
        raise refused([rules.proxy], lambda coin: f"there is no daily history of {coin}, the proxy, only of {known}")
    return found


@lru_cache(maxsize=64)
def _from_history(names: tuple[str, ...], rules: HistoryRules, now: tuple[float, ...]
                  ) -> tuple[Floats, tuple[str, ...], tuple[str, ...]]:
    """Log returns (K, n) over the horizon, the last day of each row, notes. now: given deviations, () for forecasts."""
    table, betas = daily(), {name: _stand_in(name, rules) for name in names if name not in daily().names}
    needed = {rules.proxy if name in betas else name for name in names}
    days = np.flatnonzero(np.all([np.isfinite(table.of(name)) for name in sorted(needed)], axis=0))
    days = days[-int(rules.window):]
    given = dict(zip(names, now, strict=True)) if now else {}
    columns = []
    for name in names:
        if name in betas:
            beta = betas[name]
            own = beta.beta * _scaled(rules.proxy, rules, given.get(rules.proxy))[days]
            columns.append(own + beta.residual * _noise(name, len(days), rules))
        else:
            columns.append(_scaled(name, rules, given.get(name))[days])
    log, days = _over_horizon(np.stack(columns, axis=1), days, rules)
    return frozen(log), tuple(table.dates[day] for day in days), tuple(_told(betas, days, table.dates, rules))


def _scaled(name: str, rules: HistoryRules, now: float | None) -> Floats:
    """Daily log returns of a coin, each times the deviation now ÷ the one forecast for its day; (T,)."""
    column = daily().of(name)
    if rules.filter == "none":
        return column
    has = np.isfinite(column)
    found = forecast(column[has], rules)
    out = column.copy()
    out[has] *= np.divide(found.now if now is None else now, found.then, out=np.ones(len(found.then)),
                          where=found.then > 0)
    return out


def _noise(name: str, count: int, rules: HistoryRules) -> Floats:
    """Standard normal draws of one coin, the same whatever else is held."""
    return np.random.default_rng([int(rules.seed), crc32(name.encode())]).standard_normal(count)


def _over_horizon(log: Floats, days: Ints, rules: HistoryRules) -> tuple[Floats, Ints]:
    if rules.horizon_scaling == "square root of time":
        return log * np.sqrt(rules.horizon), days
    length = min(int(rules.horizon), len(log))
    added = np.cumsum(np.vstack([np.zeros(log.shape[1]), log]), axis=0)
    return added[length:] - added[:-length], days[length - 1:]


def _told(betas: dict[str, Beta], days: Ints, dates: tuple[str, ...], rules: HistoryRules) -> Iterable[str]:
    for name, beta in betas.items():
        yield (f"{name} has no daily history: moved by {beta.beta:.4g} × {rules.proxy} and noise of "
               f"{beta.residual * 100:.3g} % a day.")
    if len(days) < rules.window and rules.horizon_scaling == "square root of time":
        yield f"Only {len(days)} days, {dates[days[0]]} to {dates[days[-1]]}, have all of these underlyings."
    if rules.filter == "GARCH(1,1)" and len(days) < SHORTEST:
        yield "The GARCH fit rests on few days."
