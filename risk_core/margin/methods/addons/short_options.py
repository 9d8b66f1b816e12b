"""Charges by the number of options: short ones, naked ones, the larger right, or every one."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.addon_rows import OptionMinimum, ShortOptions
from .exposure import Exposure, summed


def short_options(held: Exposure, row: ShortOptions) -> Floats:
    """Units counted × price, dollars (S, U)."""
    return np.asarray(counted(held, row.count) * held.price)


def option_minimum(held: Exposure, row: OptionMinimum) -> Floats:
    """Units counted, (S, U): the row's rates are dollars per unit."""
    return counted(held, row.count)


def counted(held: Exposure, count: str) -> Floats:
    """Units of options that count, (S, U).

    option: every short one. strike: short beyond long of one strike and expiry, calls and puts together. larger right:
    the larger of calls and puts short. every option: long and short.
    """
    options = np.where(held.is_option, held.quantity, 0.0)
    if count == "strike":
        return _naked(held, options)
    if count == "larger right":
        is_call = held.pool.account.instruments.is_call
        calls, puts = (_short(held, np.where(is_call == right, options, 0.0)) for right in (True, False))
        return np.maximum(calls, puts)
    return _short(held, options) if count == "option" else held.by_underlying(np.abs(options))


def _short(held: Exposure, options: Floats) -> Floats:
    return held.by_underlying(np.maximum(-options, 0.0))


def _naked(held: Exposure, options: Floats) -> Floats:
    ins = held.pool.account.instruments
    at = np.flatnonzero(held.is_option)
    if not len(at):
        return np.zeros_like(held.price)
    keys = np.stack([held.terms.of[at].astype(np.float64), ins.strike[at]], axis=1)
    strikes, of = np.unique(keys, axis=0, return_inverse=True)
    net = summed(options[:, at], of.ravel(), len(strikes))
    return summed(np.maximum(-net, 0.0), held.terms.underlying[strikes[:, 0].astype(np.int64)], held.price.shape[1])
