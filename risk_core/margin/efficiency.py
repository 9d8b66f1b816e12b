"""How well margin is used: what it asks per dollar held, what offsets save, what it earns, what it frees.

Every measure has a definition, a unit and limits, and a reason where there is no figure: never a guess.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from ..arrays import Floats
from ..portfolio.account_file import Account
from ..portfolio.deviation import daily_volatility
from ..rulebooks.rules import Rules
from ..valuation.sensitivities import sensitivities
from .explain import explain
from .holding import Holding, hold
from .methods.history.correlation import of_market
from .methods.history.tail import expected_shortfall, tail
from .models import MODES, unavailable

CONFIDENCE = 0.975
"""Level of the expected shortfall."""
DAYS = 1.0
"""Horizon of the expected shortfall, days."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. value: None where there is none, told in `reason`. definition and limits in words."""

    key: str
    title: str
    value: float | None
    unit: Literal["share", "dollars", "share a day"]
    definition: str
    limits: str
    reason: str = ""


def measures(holding: Holding, losses: Floats | None = None, weight: Floats | None = None) -> tuple[Measure, ...]:
    """Every measure of an account in one mode. losses: (K,) dollars of a method's scenarios, weight: (K,) their
    probabilities, equal by default; without losses the expected shortfall is normal, from daily volatilities and
    correlations.
    """
    initial = math.fsum(holding.now.initial[0])
    return (_intensity(holding, initial), _offset(holding), _over_shortfall(holding, initial, losses, weight),
            _return(holding, initial), _freed(holding, initial))


def notional(account: Account) -> float:
    """Gross notional of all legs, dollars: |q| × mark, |face| when inverse, |q| × index price for options."""
    ins, at = account.instruments, account.book.instrument
    price = np.where(ins.is_option, account.index[ins.underlying], np.where(ins.inverse, 1.0, ins.mark))
    return math.fsum(np.abs(account.book.quantity) * price[at])


def _intensity(holding: Holding, initial: float) -> Measure:
    size = notional(holding.account)
    return Measure("intensity", "Initial margin ÷ gross notional", initial / size if size else None, "share",
                   "Initial margin ÷ Σ |size| × price of all legs, options at the index price.",
                   "A deep option counts as much notional as one far out of the money.",
                   "" if size else "nothing is held")


def _offset(holding: Holding) -> Measure:
    alone = math.fsum(share.standalone for share in explain(holding, holding.now).shares)
    maintenance = math.fsum(holding.now.maintenance[0])
    return Measure("offset", "Offset ratio", 1.0 - maintenance / alone if alone > 0 else None, "share",
                   "1 − maintenance margin ÷ Σ maintenance margin of each leg alone.",
                   "Below 0 where legs together are charged more: concentration, tiers, add-ons on the book.",
                   "" if alone > 0 else "no leg needs margin by itself")


def _over_shortfall(holding: Holding, initial: float, losses: Floats | None, weight: Floats | None) -> Measure:
    if losses is None:
        amount, reason = normal_shortfall(holding.account)
        how = f"in {DAYS:g} day (normal, from daily volatilities and correlations, options by delta)"
    else:
        amount, reason = weighted_shortfall(losses, weight), ""
        how = f"over the method's horizon ({len(losses):,} scenarios of the method with their probabilities)"
    value = initial / amount if amount is not None and amount > 0 else None
    return Measure("over_shortfall", "Initial margin ÷ expected shortfall", value, "share",
                   f"Initial margin ÷ mean loss of the worst {1 - CONFIDENCE:.1%} of cases {how}.",
                   "The normal figure has no fat tails and sees options by their delta only.",
                   reason or ("" if value is not None else "nothing is lost in the mean of the worst cases"))


def weighted_shortfall(losses: Floats, weight: Floats | None = None, level: float = CONFIDENCE) -> float:
    """Expected shortfall of losses (K,) with probabilities (K,), equal by default; dollars, rule `weighted`."""
    own = np.full(len(losses), 1.0 / len(losses)) if weight is None else weight
    return float(expected_shortfall(tail(losses[None], own), level, "weighted")[0])


def normal_shortfall(account: Account, level: float = CONFIDENCE, days: float = DAYS) -> tuple[float | None, str]:
    """Expected shortfall of normal returns, dollars: σ φ(z) ÷ (1 − level), σ² = Σ ρ (Δσ)(Δσ) of dollar deltas; or why
    there is none.
    """
    delta = np.bincount(account.instruments.underlying[account.book.instrument],
                        100.0 * sensitivities(account).delta_dollars, len(account.underlyings))
    names = [name for name, size in zip(account.underlyings, delta, strict=True) if size]
    daily = [daily_volatility(account.market.underlyings[name])[0] for name in names]
    lacking = [name for name, one in zip(names, daily, strict=True) if one is None]
    if lacking:
        return None, "no volatility in the market data of " + ", ".join(lacking)
    matrix, missing = of_market(account.market.correlation, names)
    if missing:
        return None, "no correlation in the market data of " + ", ".join(missing)
    own = delta[delta != 0] * np.array(daily, dtype=np.float64)
    variance = float(own @ matrix @ own) * days
    if variance < -1e-12 * float(own @ own):
        return None, "the correlations of the market data are no correlation matrix: a variance is below 0"
    z = float(ndtri(level))
    return math.sqrt(max(variance, 0.0)) * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) / (1.0 - level), ""


def carry(account: Account) -> tuple[float | None, str]:
    """What the legs earn a day if nothing moves, dollars: theta of options, funding of perpetuals at the given rate;
    or why there is no figure. A long pays where the rate is above 0.
    """
    ins, book, market = account.instruments, account.book, account.market
    theta = math.fsum(sensitivities(account).theta)
    paid = []
    for quantity, i in zip(book.quantity, book.instrument, strict=True):
        if ins.keys[i].kind != "perpetual":
            continue
        rate = market.underlyings[ins.keys[i].underlying].funding_8h
        if rate is None:
            return None, f"no funding rate in the market data of {ins.keys[i].underlying}"
        paid.append(3.0 * rate * float(quantity) * (1.0 if ins.inverse[i] else float(ins.mark[i])))
    return theta - math.fsum(paid), ""


def _return(holding: Holding, initial: float) -> Measure:
    earned, reason = carry(holding.account)
    value = earned / initial if earned is not None and initial > 0 else None
    return Measure("return", "Return on margin", value, "share a day",
                   "Theta of options and funding of perpetuals a day, at present rates, ÷ initial margin.",
                   "If nothing moves: no price change, no roll of dated futures' basis; funding rates change often.",
                   reason or ("" if value is not None else "no initial margin is asked"))


def _freed(holding: Holding, initial: float) -> Measure:
    alone, reason = _isolated(holding.account, holding.rules)
    return Measure("freed", "Capital freed against isolated", None if alone is None else alone - initial, "dollars",
                   "Initial margin of every leg alone in isolated, less initial margin here.",
                   "Below 0 where this mode ties up more. Under the same rulebook, at the same leverage.", reason)


def _isolated(account: Account, rules: Rules) -> tuple[float | None, str]:
    mode = MODES["isolated"]
    reason = unavailable(mode, account, rules)
    return (None, reason) if reason else (math.fsum(hold(account, rules, mode).now.initial[0]), "")
