"""The liquidation map as values: buffers, where the account stands, likely moves and the nearest boundary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pages.ui import cached, frontier_near, nearest_points, plans, scales, view, words
from pages.ui.frontier_near import Near, Place
from pages.ui.likely_moves import Outline, cones, ellipses
from pages.ui.plans import COINS, DAYS, Plan
from pages.ui.scales import Scale
from risk_core.arrays import Floats
from risk_core.liquidation.nearest import Spread, spread
from risk_core.liquidation.triggers import Trigger
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES


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
    near = frontier_near.of_coins(seen, names, here)
    places = _places(near, chosen)
    spans = [plans.price_span([*_ends(triggers, name, here[i], chosen), *(place[i] for place in places)], here[i])
             for i, name in enumerate(names)]
    plan = Plan(COINS, names, (spans[0], spans[1]), here)
    across, up = (_price_scale(seen, name) for name in names)
    how = _spread(seen, names)
    source = "" if how is None else f"{_correlation(how)} ({how.source})"
    return MapPicture(plan, across, up, _map(seen, plan), chosen, ellipses(how, plan, across, up), near, footer, source)


def along_price(seen: view.View, kind: str, along: str, chosen: str | None, footer: str) -> MapPicture:
    """The map over a price, or all prices, and volatility or days. Raises Refused, Unsettled."""
    walked, what_if = view.walked(seen, along), seen.controls.what_if
    here = walked.scene.axis.here, what_if.days if kind == DAYS else what_if.volatility
    other = plans.days_span(seen.account, here[1]) if kind == DAYS else plans.volatility_span(here[1])
    near = frontier_near.along(seen, walked, kind, here, other[1])
    mine = [one for mode, one in walked.stand.items() if chosen in (None, mode)]
    ends = [level.factor for one in mine for level in (*one.nearest, *one.edges)]
    ends += [place[0] for place in _places(near, chosen)]
    plan = Plan(kind, walked.walk.moved, (plans.price_span(ends, here[0]), other), here)
    across = Scale(scales.PRICE, walked.scene.axis.name, walked.scene.axis.unit)
    up = Scale(scales.DAYS if kind == DAYS else scales.VOLATILITY, "")
    outlines, source = _likely(seen, walked, plan, across, up)
    return MapPicture(plan, across, up, _map(seen, plan), chosen, outlines, near, footer, source)


def _likely(seen: view.View, walked: view.Walked, plan: Plan, across: Scale,
            up: Scale) -> tuple[tuple[Outline, ...], str]:
    """Likely moves of one price with volatility or over days, and where their size comes from."""
    if plan.kind == DAYS or walked.scene.daily is None:
        return cones(walked.scene.daily, plan, across), walked.source
    how = nearest_points.spread(seen.question, plan.moved[0])
    if how is None:
        return (), walked.source
    price, volatility = (words.percent(one) for one in how.volatilities)
    source = (f"{price} of the price and {volatility} of volatility's own level a day, {_correlation(how)} "
              f"({how.source})")
    return ellipses(how, plan, across, up), source


def _correlation(how: Spread) -> str:
    return f"correlation {words.MINUS if how.correlation < 0 else ''}{abs(how.correlation):.2f}"


def _places(near: Mapping[str, Near], chosen: str | None) -> list[Place]:
    """Nearest points to be kept in view: that of the chosen mode, else all."""
    found = {mode: one.place for mode, one in near.items() if one.place is not None}
    return [found[chosen]] if chosen in found else list(found.values())


def _map(seen: view.View, plan: Plan) -> Mapping[str, Floats]:
    return cached.mapped(seen.question, plan, seen.modes).least


def _price_scale(seen: view.View, name: str) -> Scale:
    return Scale(scales.PRICE, name, seen.account.market.underlyings[name].price)


def _ends(triggers: tuple[Trigger, ...], name: str, here: float, chosen: str | None) -> list[float]:
    """Levels of the chosen mode, or of all, along one coin, as multiples of its price today."""
    mine = [one.liquidation for one in triggers if one.underlying == name and chosen in (None, one.mode)]
    return [end / one.price * here for one in mine for region in one.regions for end in region if end is not None]


def _spread(seen: view.View, names: tuple[str, str]) -> Spread | None:
    account = cached.moved(seen.question)
    return spread(hold(account, seen.question.rules.rules, MODES[seen.modes[0]]), names)
