"""The liquidation map as values: buffers, where the account stands, likely moves and the nearest boundary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pages.ui import cached, plans, scales, view, words
from pages.ui.likely_moves import Outline, bands, ellipses
from pages.ui.plans import COINS, DAYS, Plan
from pages.ui.scales import Scale
from risk_core.arrays import Floats
from risk_core.liquidation.distance import daily_volatility
from risk_core.liquidation.frontier import Map
from risk_core.liquidation.nearest import FARTHEST, Spread, spread
from risk_core.liquidation.triggers import Trigger
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Near:
    """How one mode is nearest liquidated. place: factors on the map, None for nowhere or now; text: plain sentences.

    reach: distance for ordering, daily sigmas with two coins, |log factor| else; short: the distance in few words.
    """

    mode: str
    place: Place | None
    text: str
    reach: float
    short: str = ""


@dataclass(frozen=True, eq=False)
class MapPicture:
    """Everything the figure draws. x, y: axis units; least: per mode (Y, X) dollars; chosen: one mode, None for all."""

    plan: Plan
    across: Scale
    up: Scale
    least: Mapping[str, Floats]
    chosen: str | None
    outlines: tuple[Outline, ...]
    near: Mapping[str, Near]
    footer: str
    source: str

    @property
    def x(self) -> Floats:
        """(X,) axis units."""
        return np.array([self.across.at(factor) for factor in self.plan.x])

    @property
    def y(self) -> Floats:
        """(Y,) axis units."""
        return np.array([self.up.at(factor) for factor in self.plan.y])

    @property
    def first(self) -> Near | None:
        """The nearest of what is drawn."""
        shown = [one for mode, one in self.near.items() if self.chosen in (None, mode)]
        return min(shown, key=lambda one: one.reach, default=None)

    def place(self, at: Place) -> Place:
        """Factors as axis units."""
        return self.across.at(at[0]), self.up.at(at[1])


def coins(seen: view.View, triggers: tuple[Trigger, ...], names: tuple[str, str], chosen: str | None,
          footer: str) -> MapPicture:
    """The map over the prices of two coins. Raises Refused."""
    here = seen.controls.what_if.factor(names[0]), seen.controls.what_if.factor(names[1])
    near = {mode: _joint(seen, names, mode, here) for mode in seen.modes}
    shown = [(mode, one.place) for mode, one in near.items() if one.place is not None]
    places = [place for mode, place in shown if mode == chosen] or [place for _, place in shown]
    spans = [plans.price_span([*_ends(triggers, name, here[i], chosen), *(place[i] for place in places)], here[i])
             for i, name in enumerate(names)]
    plan = Plan(COINS, names, (spans[0], spans[1]), here)
    across, up = (_price_scale(seen, name) for name in names)
    how = _spread(seen, names)
    source = "" if how is None else f"correlation {how.correlation:.2f} ({how.source})"
    return MapPicture(plan, across, up, _map(seen, plan).least, chosen, ellipses(how, plan, across, up), near, footer,
                      source)


def along_price(seen: view.View, kind: str, along: str, chosen: str | None, footer: str) -> MapPicture:
    """The map over a price, or all prices, and volatility or days. Raises Refused, Unsettled."""
    walked, what_if = view.walked(seen, along), seen.controls.what_if
    x = walked.scene.axis.here
    y = what_if.days if kind == DAYS else what_if.volatility
    mine = [one for mode, one in walked.stand.items() if chosen in (None, mode)]
    ends = [level.factor for one in mine for level in (*one.nearest, *one.edges)]
    other = plans.days_span(seen.account, y) if kind == DAYS else plans.volatility_span(y)
    plan = Plan(kind, walked.walk.moved, (plans.price_span(ends, x), other), (x, y))
    found = _map(seen, plan)
    near = {mode: _along(walked, mode, found, plan) for mode in seen.modes}
    across = Scale(scales.PRICE, walked.scene.axis.name, walked.scene.axis.unit)
    up = Scale(scales.DAYS if kind == DAYS else scales.VOLATILITY, "")
    return MapPicture(plan, across, up, found.least, chosen, bands(walked.scene.daily, plan, across), near, footer,
                      walked.source)


def _map(seen: view.View, plan: Plan) -> Map:
    return cached.mapped(seen.question, plan, seen.modes)


def _price_scale(seen: view.View, name: str) -> Scale:
    return Scale(scales.PRICE, name, seen.account.market.underlyings[name].price)


def _ends(triggers: tuple[Trigger, ...], name: str, here: float, chosen: str | None) -> list[float]:
    """Levels of the chosen mode, or of all, along one coin, as multiples of its price today."""
    mine = [one.liquidation for one in triggers if one.underlying == name and chosen in (None, one.mode)]
    return [end / one.price * here for one in mine for region in one.regions for end in region if end is not None]


def _spread(seen: view.View, names: tuple[str, str]) -> Spread | None:
    account = cached.moved(seen.question)
    return spread(hold(account, seen.question.rules.rules, MODES[seen.modes[0]]), names)


def _joint(seen: view.View, names: tuple[str, str], mode: str, here: Place) -> Near:
    """The nearest joint move of two coins, in words."""
    if seen.after.modes[mode].buckets_liquidated:
        return Near(mode, None, "Liquidated where the account stands.", 0.0)
    missing = [name for name in names if daily_volatility(seen.account.market.underlyings[name])[0] is None]
    if missing:
        return Near(mode, None, f"No volatility of {words.listed(missing)} in the market data: no distance in sigmas.",
                    math.inf)
    found = cached.nearest_move(seen.question, names, mode)
    if found is None:
        return Near(mode, None, f"No joint move within {FARTHEST:.0f} daily sigmas liquidates.", math.inf)
    moves = " with ".join(f"{name} {words.move(factor - 1.0)}"
                          for name, factor in zip(names, found.factors, strict=True))
    place = found.factors[0] * here[0], found.factors[1] * here[1]
    return Near(mode, place, f"{moves}: {found.sigmas:,.1f} daily sigmas.", found.sigmas,
                words.sigmas(found.sigmas).lstrip("+"))


def _along(walked: view.Walked, mode: str, found: Map, plan: Plan) -> Near:
    """The nearest level along the price with volatility and day as they are, in words."""
    one, scene = walked.stand[mode], walked.scene
    if one.gone:
        return Near(mode, None, "Liquidated where the account stands.", 0.0)
    still = _standing_still(found, mode, plan)
    if not one.nearest:
        return Near(mode, None, f"No {scene.prices} liquidates here.{still}", math.inf)
    level = one.nearest[0]
    return Near(mode, (level.factor, plan.here[1]),
                f"{scene.axis.name} {scene.move(level.factor)}{scene.far(level.factor)}.{still}", one.reach,
                scene.move(level.factor))


def _standing_still(found: Map, mode: str, plan: Plan) -> str:
    """What happens when only the second factor moves: the first liquidated value of it on either side."""
    column = int(np.abs(found.x - plan.here[0]).argmin())
    dead = found.y[found.least[mode][:, column] < 0]
    if plan.kind == DAYS:
        later = dead[dead >= plan.here[1]]
        return f" With prices still: from about day {later[0]:.0f}." if len(later) else ""
    up, down = dead[dead > plan.here[1]], dead[dead < plan.here[1]]
    ways = [f"{words.percent(value / plan.here[1] - 1.0, plus=True, places=0)}" for value in (*down[-1:], *up[:1])]
    return f" Volatility alone liquidates at about {' or '.join(ways)}." if ways else ""
