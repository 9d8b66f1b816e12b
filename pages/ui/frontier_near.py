"""How each mode is nearest liquidated on a map: the point, its distance, and both in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pages.ui import cached, nearest_points, view, words
from pages.ui.plans import DAYS, VOLATILITY
from risk_core.liquidation.nearest import FARTHEST
from risk_core.liquidation.nearest_price import PriceMove
from risk_core.portfolio.deviation import daily_volatility

Place = tuple[float, float]
GONE = "Liquidated where the account stands."


@dataclass(frozen=True, slots=True)
class Near:
    """How one mode is nearest liquidated. place: factors on the map, None for nowhere or now; text: plain sentences.

    reach: distance for ordering, in sigmas where the map has them, else |log factor|; short: the distance in few words.
    """

    mode: str
    place: Place | None
    text: str
    reach: float
    short: str = ""


def of_coins(seen: view.View, names: tuple[str, str], here: Place) -> dict[str, Near]:
    """The nearest joint move of two coins, by mode. Raises Refused."""
    missing = [name for name in names if daily_volatility(seen.account.market.underlyings[name])[0] is None]
    if missing:
        said = f"No volatility of {words.listed(missing)} in the market data: no distance in sigmas."
        return {mode: _gone(mode) if _is_gone(seen, mode) else Near(mode, None, said, math.inf) for mode in seen.modes}
    return {mode: _gone(mode) if _is_gone(seen, mode) else _joint(seen, names, mode, here) for mode in seen.modes}


def along(seen: view.View, walked: view.Walked, kind: str, here: Place, until: float) -> dict[str, Near]:
    """The nearest point over one price and volatility or days, by mode; along the price alone where it has no sigma.

    Raises Refused, Unsettled.
    """
    daily = walked.scene.daily
    if daily is not None and kind == DAYS:
        found = nearest_points.of_days(seen.question, walked.walk.moved[0], daily, until, seen.modes)
        return {mode: _by_day(walked, mode, found, here, until) for mode in seen.modes}
    if daily is not None and kind == VOLATILITY and seen.account.instruments.is_option.any():
        found = nearest_points.of_volatility(seen.question, walked.walk.moved[0], seen.modes)
        return {mode: _with_volatility(walked, mode, found, here) for mode in seen.modes}
    return {mode: _price(walked, mode, here) for mode in seen.modes}


def _gone(mode: str) -> Near:
    return Near(mode, None, GONE, 0.0)


def _is_gone(seen: view.View, mode: str) -> bool:
    found = cached.triggered(seen.question, seen.modes)
    return any(one.liquidation.now for one in found if one.mode == mode)


def _none(mode: str) -> Near:
    return Near(mode, None, f"No joint move within {FARTHEST:.0f} daily sigmas liquidates.", math.inf)


def _joint(seen: view.View, names: tuple[str, str], mode: str, here: Place) -> Near:
    found = nearest_points.of_coins(seen.question, names, mode)
    if found is None:
        return _none(mode)
    moves = " with ".join(f"{name} {words.move(factor - 1.0)}"
                          for name, factor in zip(names, found.factors, strict=True))
    place = found.factors[0] * here[0], found.factors[1] * here[1]
    return Near(mode, place, f"{moves}: {found.sigmas:,.1f} daily sigmas.", found.sigmas, _sigmas(found.sigmas))


def _with_volatility(walked: view.Walked, mode: str, found: Mapping[str, PriceMove | None], here: Place) -> Near:
    one = found.get(mode)
    if walked.stand[mode].gone:
        return _gone(mode)
    if one is None:
        return _none(mode)
    volatility = f"volatility {words.percent(one.other - 1.0, plus=True)}"
    price = f"{walked.scene.axis.name} {words.move(one.factor - 1.0)} with " if one.factor != 1.0 else ""
    text = f"{price}{volatility}: {one.sigmas:,.1f} daily sigmas."
    return Near(mode, (one.factor * here[0], one.other * here[1]), text[:1].upper() + text[1:], one.sigmas,
                _sigmas(one.sigmas))


def _by_day(walked: view.Walked, mode: str, found: Mapping[str, PriceMove | None], here: Place, until: float) -> Near:
    one, scene = found.get(mode), walked.scene
    if walked.stand[mode].gone:
        return _gone(mode)
    if one is None:
        return Near(mode, None, f"No {scene.prices} liquidates up to day {until:g}.", math.inf)
    factor, ahead = one.factor * here[0], words.days(one.other - here[1])
    if one.sigmas == 0.0:
        return Near(mode, (factor, one.other), f"With the price still, from day {one.other:g}.", 0.0,
                    f"day {one.other:g}")
    price = "" if scene.axis.unit is None else f" ({words.price(factor * scene.axis.unit)}{words.SPACE}USD)"
    text = (f"{scene.axis.name} {words.move(one.factor - 1.0)}{price} by day {one.other:g}: "
            f"{one.sigmas:,.1f} sigmas of {ahead}.")
    return Near(mode, (factor, one.other), text, one.sigmas, _sigmas(one.sigmas))


def _price(walked: view.Walked, mode: str, here: Place) -> Near:
    """The nearest level along the price with volatility and day as they are."""
    one, scene = walked.stand[mode], walked.scene
    if one.gone:
        return _gone(mode)
    if not one.nearest:
        return Near(mode, None, f"No {scene.prices} liquidates here.", math.inf)
    level = one.nearest[0]
    move = scene.move(level.factor)
    return Near(mode, (level.factor, here[1]), f"{scene.axis.name} {move}{scene.far(level.factor)}.", one.reach, move)


def _sigmas(count: float) -> str:
    return words.sigmas(count).lstrip("+")
