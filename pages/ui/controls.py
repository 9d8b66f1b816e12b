"""The what-if controls: sliders that are fine near zero and reach far, each with its own way back to now.

The frame draws them once, for every page; a page reads them with `present` (or the whole view with `view.present`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.ui import following, words
from pages.ui.state import TOGETHER, Controls
from risk_core.portfolio.account_file import Account

ALL = "All prices"
ALONG = "along"
PRICE = "price"
VOLATILITY = "volatility"
DAYS = "days"
SIZE = "size"
LEVERAGE = "leverage"
_PERCENT, _DAY, _TIMES = " %", " d", "×"


def _both(*positive: float) -> list[float]:
    return [-value for value in reversed(positive)] + [0.0] + list(positive)


def _run(start: float, stop: float, step: float) -> list[float]:
    return [round(start + i * step, 6) for i in range(round((stop - start) / step))]


_FINE = (*_run(0.25, 3, 0.25), *_run(3, 10, 0.5), *_run(10, 30, 1), *_run(30, 60, 2))
_PRICES: Final = (*_run(-90, -60, 5), *_both(*_FINE), *_run(60, 100, 5), *_run(100, 200, 10),
                 *_run(200, 300, 25), 300.0)
_VOLATILITIES: Final = (-80.0, -70.0, -60.0, *_both(*_run(2.5, 20, 2.5), *_run(20, 60, 5)), *_run(60, 100, 10),
                        *_run(100, 200, 25), 200.0)
_DAYS: Final = (*_run(0, 14, 1), *_run(14, 35, 3), 35.0, 42.0, 49.0, 56.0, 63.0, 77.0, 91.0, 120.0, 150.0, 180.0,
                270.0, 365.0)

_SIZES: Final = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0,
                 4.0, 5.0, 6.0, 7.5, 10.0)
_LEVERAGES: Final = (0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)

_HELP_PRICE = (
    "Moves index, perpetuals, futures and forwards by the same percentage. Fine steps near zero, out to −90 % and "
    "+300 %; arrow keys move one step."
)
_HELP_VOLATILITY = (
    "Relative: +20 % turns an implied volatility of 50 into 60 points. It stays with the strike when the price moves."
)
_HELP_DAYS = (
    "Moves the clock: options decay, perpetuals pay funding at the present rate, legs that expire on the way are "
    "settled into collateral at the moved price."
)


_HELP_SIZE = (
    "Every leg as if opened that many times as large: quantities and pledges are multiplied, the premium of further "
    "options is paid at their entry price. Balances stay."
)
_HELP_LEVERAGE = (
    "Multiplies the leverage of futures and perpetuals; isolated pledges shrink by as much. Options have none."
)


@dataclass(frozen=True)
class _Slider:
    key: str
    label: str
    options: tuple[float, ...]
    unit: str
    help: str
    disabled: bool = False
    now: float = 0.0


def held_underlyings(account: Account) -> tuple[str, ...]:
    """Underlyings of an enabled leg or a coin balance: the prices that matter to this account."""
    named = {account.instruments.keys[i].underlying for i in account.book.instrument}
    coins = zip(account.collateral.assets, account.collateral.underlying, strict=True)
    named |= {asset for asset, u in coins if u >= 0}
    return tuple(name for name in account.underlyings if name in named)


def price_key(name: str) -> str:
    """Key and link parameter of one underlying's slider; of the common move for TOGETHER."""
    return f"{PRICE}.{name}" if name else PRICE


def present(account: Account) -> Controls:
    """What the controls of the frame say now, for this account. Nothing is drawn."""
    names = held_underlyings(account)
    together = _value(PRICE) if len(names) > 1 else 0.0
    moves = tuple((name, _value(price_key(name))) for name in names)
    return Controls(together, moves, _value(VOLATILITY), _value(DAYS), _value(SIZE, 1.0), _value(LEVERAGE, 1.0))


def draw(account: Account) -> None:
    """The sliders, one below the other. Only the frame draws them."""
    for slider in _sliders(account):
        _draw(slider)


def reset() -> None:
    """Every control back to now; call it from a callback."""
    for key in list(st.session_state):
        if key in (PRICE, VOLATILITY, DAYS) or str(key).startswith(f"{PRICE}."):
            st.session_state[key] = 0.0
        elif key in (SIZE, LEVERAGE):
            st.session_state[key] = 1.0


def nearest_step(key: str, value: float) -> float:
    """The step of a price, volatility or days control nearest to a value."""
    steps = {VOLATILITY: _VOLATILITIES, DAYS: _DAYS}.get(key, _PRICES)
    return min(steps, key=lambda step: abs(step - value))


def told(account: Account) -> dict[str, str]:
    """The controls that are not at now, as the link spells them."""
    return {one.key: _shown(value, one.unit) for one in _sliders(account)
            if (value := _value(one.key, one.now)) != one.now}


def along_control(names: tuple[str, ...]) -> str:
    """Which price the picture walks along: one underlying's, or all together."""
    if len(names) < 2:
        return names[0] if names else TOGETHER
    chosen = st.segmented_control("Price on the axis", [ALL, *names], default=ALL, required=True, key=ALONG,
                                  bind="query-params")
    return TOGETHER if chosen in (ALL, None) else str(chosen)


def _value(key: str, now: float = 0.0) -> float:
    return float(st.session_state.get(key, now))


def _sliders(account: Account) -> list[_Slider]:
    names = held_underlyings(account)
    common = [_Slider(PRICE, ALL, _PRICES, _PERCENT, _HELP_PRICE)] if len(names) > 1 else []
    extra = " On top of the move of all prices." if common else ""
    single = [_Slider(price_key(name), words.escape(f"{name} price"), _PRICES, _PERCENT, _HELP_PRICE + extra)
              for name in names]
    options = account.instruments.is_option
    none = "" if options.any() else " There are no options in this account."
    only = " There are only options in this account." if options.all() else ""
    return [*common, *single,
            _Slider(VOLATILITY, "Implied volatility", _VOLATILITIES, _PERCENT, _HELP_VOLATILITY + none, bool(none)),
            _Slider(DAYS, "Days forward", _DAYS, _DAY, _HELP_DAYS),
            _Slider(SIZE, "Size of every leg", _SIZES, _TIMES, _HELP_SIZE, now=1.0),
            _Slider(LEVERAGE, "Leverage", _LEVERAGES, _TIMES, _HELP_LEVERAGE + only, bool(only), now=1.0)]


def _draw(slider: _Slider) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.select_slider(slider.label, slider.options, slider.now, lambda value: _shown(value, slider.unit),
                         key=slider.key, help=slider.help, disabled=slider.disabled, bind="query-params",
                         on_change=following.follow)
        st.button("", icon=":material/restart_alt:", key=f"reset.{slider.key}", help="Back to now", type="tertiary",
                  on_click=_back, args=(slider.key, slider.now),
                  disabled=slider.disabled or st.session_state[slider.key] == slider.now)


def _back(key: str, now: float) -> None:
    st.session_state[key] = now
    following.follow()


def _shown(value: float, unit: str) -> str:
    if unit == _TIMES:
        return f"{_TIMES}{value:g}"
    sign = words.MINUS if value < 0 else "+" if value > 0 and unit != _DAY else ""
    return f"{sign}{abs(value):g}{unit}"
