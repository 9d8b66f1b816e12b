"""Well-known books as templates: each builds its legs at the present market, with strikes and expiries that fit it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pages.ui import expiries
from risk_core.portfolio.account_file import Account
from risk_core.portfolio.fields import parse_instant
from risk_core.portfolio.market import years_between

Leg = dict[str, Any]


class Lacking(Exception):
    """The present market cannot carry the template; the message says what is missing and where to add it."""


@dataclass(frozen=True)
class Ground:
    """Where a template is built: an underlying of an account's market, an expiry, a size in units of it."""

    account: Account
    underlying: str
    expiry: str
    units: float
    other: str = ""

    @property
    def price(self) -> float:
        """Index price of the underlying, dollars."""
        return self.account.market.underlyings[self.underlying].price

    @property
    def later(self) -> str:
        """The expiry after the chosen one."""
        return expiries.after(self.account.document, self.underlying, self.expiry)

    def strike(self, sigmas: float, steps: int = 0) -> float:
        """The listed-looking strike `sigmas` standard deviations (to expiry) from the forward, `steps` further out."""
        market, moment = self.account.market.underlyings[self.underlying], parse_instant(self.expiry)
        years = years_between(self.account.market.as_of, moment) if moment else 0.0
        forward = market.forward(moment, years) if moment else market.price
        if market.surface is None:
            raise Lacking(f"{self.underlying} has no implied volatility: add a flat one, or points of a surface, "
                          "on the Market tab before building options.")
        width = market.surface.volatility(years, forward) * math.sqrt(years)
        return rounded_strike(forward * math.exp(sigmas * width), step(forward), steps)

    def other_units(self) -> float:
        """Units of the other underlying worth the same dollars."""
        return significant(self.units * self.price / self.account.market.underlyings[self.other].price, 4)

    def perpetual(self, units: float, underlying: str = "", **extra: Any) -> Leg:
        """A linear perpetual."""
        return {"kind": "perpetual", "underlying": underlying or self.underlying, "settlement": "linear",
                "quantity": units, **extra}

    def inverse(self, units: float) -> Leg:
        """An inverse perpetual of about so many units: face in dollars, in tens."""
        face = 10 * round(units * self.price / 10) or math.copysign(10, units)
        return {"kind": "perpetual", "underlying": self.underlying, "settlement": "inverse", "quantity": face}

    def future(self, units: float) -> Leg:
        """A linear future of the chosen expiry."""
        return {"kind": "future", "underlying": self.underlying, "settlement": "linear", "expiry": self.expiry,
                "quantity": units}

    def option(self, units: float, right: str, strike: float, expiry: str = "", settlement: str = "linear") -> Leg:
        """An option of the chosen expiry, or of another one."""
        return {"kind": "option", "underlying": self.underlying, "settlement": settlement, "type": right,
                "strike": strike, "expiry": expiry or self.expiry, "quantity": units}


@dataclass(frozen=True)
class Template:
    """One well-known book. needs: `expiry`, `options`, `other`. coins: holds the size as collateral too."""

    name: str
    title: str
    meaning: str
    build: Callable[[Ground], list[Leg]]
    needs: frozenset[str] = frozenset()
    coins: bool = False
    leverage: bool = False


def step(forward: float) -> float:
    """Distance between strikes: 1, 2 or 5 times a power of ten, about 1.5 % of the forward."""
    aim = forward * 0.015
    power = 10.0 ** math.floor(math.log10(aim))
    return min((part * power for part in (1.0, 2.0, 5.0, 10.0)), key=lambda size: abs(math.log(size / aim)))


def rounded_strike(price: float, size: float, steps: int = 0) -> float:
    """The strike of the grid nearest to `price`, `steps` further; a whole number where the grid is whole."""
    strike = max(round(price / size) + steps, 1) * size
    return int(strike) if size >= 1 else round(strike, 2 - math.floor(math.log10(size)))


def significant(value: float, figures: int) -> float:
    """The number to so many significant figures; whole where nothing is lost."""
    if not value:
        return 0
    rounded = round(value, figures - 1 - math.floor(math.log10(abs(value))))
    return int(rounded) if rounded == int(rounded) else rounded


def _strangle(at: Ground) -> list[Leg]:
    return [at.option(-at.units, "put", at.strike(-1.0)), at.option(-at.units, "call", _above(at, at.strike(-1.0)))]


def _above(at: Ground, low: float) -> float:
    """The call strike one standard deviation up, always above the put's."""
    return next(strike for steps in range(3) if (strike := at.strike(1.0, steps)) > low)


def _condor(at: Ground) -> list[Leg]:
    put, call = at.strike(-1.0), _above(at, at.strike(-1.0))
    low = min(at.strike(-1.6), at.strike(-1.0, -1))
    high = max(at.strike(1.6), at.strike(1.0, 1))
    wings = [at.option(at.units, "put", low)] if low < put else []
    return [*wings, *_strangle(at), at.option(at.units, "call", max(high, rounded_strike(call, step(call), 1)))]


def _straddle(sign: int) -> Callable[[Ground], list[Leg]]:
    return lambda at: [at.option(sign * at.units, right, at.strike(0.0)) for right in ("call", "put")]


def _calendar(at: Ground) -> list[Leg]:
    strike = at.strike(0.0)
    return [at.option(-at.units, "call", strike), at.option(at.units, "call", strike, at.later)]


def _collar(at: Ground) -> list[Leg]:
    put = at.strike(-0.7)
    return [at.perpetual(at.units), at.option(at.units, "put", put),
            at.option(-at.units, "call", max(at.strike(0.7), at.strike(0.0, 1)))]


def _covered_call(at: Ground) -> list[Leg]:
    return [at.option(-at.units, "call", max(at.strike(0.7), at.strike(0.0, 1)), settlement="inverse")]


def _pair(at: Ground) -> list[Leg]:
    return [at.perpetual(at.units), at.perpetual(-at.other_units(), at.other)]


def _funding_carry(at: Ground) -> list[Leg]:
    inverse = at.inverse(-at.units)
    return [inverse, at.perpetual(significant(-inverse["quantity"] / at.price, 6))]


_EXPIRY, _OPTIONS, _OTHER = frozenset({"expiry"}), frozenset({"expiry", "options"}), frozenset({"other"})

TEMPLATES: Mapping[str, Template] = {
    one.name: one
    for one in (
        Template("cash-and-carry", "Cash and carry",
                 "Coins held as collateral and the dated future sold against them, to earn the future's premium.",
                 lambda at: [at.future(-at.units)], _EXPIRY, coins=True),
        Template("hedged-perpetual", "Perpetual against future",
                 "Long perpetual, short dated future of the same coin: price risk cancels, the basis remains.",
                 lambda at: [at.perpetual(at.units), at.future(-at.units)], _EXPIRY),
        Template("funding-carry", "Funding carry, inverse against linear",
                 "Short the coin-settled perpetual, long the dollar-settled one: price risk cancels, funding remains.",
                 _funding_carry),
        Template("short-strangle", "Short strangle",
                 "A put and a call sold one standard deviation either side of the forward.", _strangle, _OPTIONS),
        Template("iron-condor", "Iron condor",
                 "A short strangle with a bought wing on each side, so that the loss is limited.", _condor, _OPTIONS),
        Template("short-straddle", "Short straddle", "Call and put sold at the forward.", _straddle(-1), _OPTIONS),
        Template("long-straddle", "Long straddle", "Call and put bought at the forward.", _straddle(1), _OPTIONS),
        Template("calendar", "Calendar",
                 "A call sold at the near expiry, the same strike bought at the next one.", _calendar, _OPTIONS),
        Template("covered-call", "Covered call",
                 "Coins held as collateral, and coin-settled calls sold on them.", _covered_call, _OPTIONS, coins=True),
        Template("collar", "Collar",
                 "A long perpetual with a bought put below and a sold call above it.", _collar, _OPTIONS),
        Template("pair", "Delta-neutral pair",
                 "Long one coin, short the same dollars of another.", _pair, _OTHER),
        Template("long-alt-short-btc", "Long alt, short BTC",
                 "Long a coin other than BTC, short the same dollars of BTC.", _pair, frozenset({"other", "btc"})),
        Template("max-leverage-long", "Max-leverage long",
                 "One long perpetual at the highest leverage the rules allow for its size.",
                 lambda at: [at.perpetual(at.units, mode="isolated")], leverage=True),
    )
}
"""In the order in which they are offered. A further template is a further entry."""
