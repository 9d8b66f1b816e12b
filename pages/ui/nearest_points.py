"""Caches of the nearest point of each map: bounded, keyed like those of `cached`, read-only."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui import sizes
from pages.ui.cached import ENTRIES, HOUR, Asked, moved
from risk_core.liquidation.nearest import JointMove, Spread, nearest
from risk_core.liquidation.nearest_price import PriceMove, nearest_by_day, nearest_with_volatility
from risk_core.liquidation.volatility_moves import with_volatility
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES

Moves = Mapping[str, PriceMove | None]


@st.cache_resource(max_entries=4 * ENTRIES, ttl=HOUR, show_spinner=False)
def _of_coins(text: str, names: tuple[str, str], mode: str, _asked: Asked) -> JointMove | None:  # noqa: ARG001
    return nearest(hold(moved(_asked), _asked.rules.rules, MODES[mode]), names)


def of_coins(question: Asked, names: tuple[str, str], mode: str) -> JointMove | None:
    """The smallest joint move of two coins that liquidates the mode after the what-if, or None. Raises Refused."""
    return _of_coins(question.text, names, mode, question.within(sizes.COINS))


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _of_volatility(text: str, name: str, modes: tuple[str, ...], _asked: Asked) -> Moves:  # noqa: ARG001
    how = spread(_asked, name)
    return nearest_with_volatility(moved(_asked), _asked.rules, name, how, modes) if how else {}


def of_volatility(question: Asked, name: str, modes: tuple[str, ...]) -> Moves:
    """Per mode the smallest joint move of a price and volatility after the what-if; empty without a volatility.

    Raises Refused, Unsettled.
    """
    return _of_volatility(question.text, name, modes, question.within(sizes.VOLATILITY))


def spread(question: Asked, name: str) -> Spread | None:
    """How the price of `name` and its implied volatility move together after the what-if. Raises Refused."""
    return with_volatility(moved(question).market.underlyings[name])


@st.cache_resource(max_entries=ENTRIES, ttl=HOUR, show_spinner=False)
def _of_days(text: str, name: str, daily: float, until: float, modes: tuple[str, ...], _asked: Asked) -> Moves:  # noqa: ARG001
    return nearest_by_day(_asked.account, _asked.rules, name, daily, until, modes, _asked.what_if)


def of_days(question: Asked, name: str, daily: float, until: float, modes: tuple[str, ...]) -> Moves:
    """Per mode the day and price met first by a cone of the price, up to `until` days. Raises Refused, Unsettled."""
    return _of_days(question.text, name, daily, until, modes, question.within(sizes.DAYS))
