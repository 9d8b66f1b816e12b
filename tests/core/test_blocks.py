"""Prices in blocks over threads: the same bits as in one piece, right to 50 digits, from many threads at once."""

import math
import os

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.valuation import black76, blocks
from tests.core import strategies as some


def arguments(count, seed, widest=3.0):
    """F, K, v over nine decades of moneyness and volatility."""
    rng = np.random.default_rng(seed)
    F = np.exp(rng.uniform(np.log(1e-8), np.log(1e7), count))
    K = F * np.exp(rng.normal(0.0, 1.5, count))
    K[: count // 10] = F[: count // 10]
    return F, K, np.exp(rng.uniform(np.log(1e-6), np.log(widest), count))


@pytest.fixture
def small(monkeypatch):
    """Blocks of 64 cells, threads from 256 on."""
    monkeypatch.setattr(blocks, "BLOCK", 64)
    monkeypatch.setattr(blocks, "SPREAD", 256)


def in_one_piece(F, K, v, is_call):
    """The price with no block cut."""
    return black76._price(F, K, np.log(F), np.log(K), v, is_call)


SHAPES = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


@given(shape=SHAPES, kept=st.lists(st.integers(0, 7), min_size=4, max_size=4), block=st.sampled_from([1, 7, 50, 10**6]),
       spread=st.sampled_from([1, 10**6]), seed=st.integers(0, 10_000))
def test_N3_any_blocks_and_threads_give_the_bits_of_one_piece(shape, kept, block, spread, seed):
    rng, kept_block, kept_spread = np.random.default_rng(seed), blocks.BLOCK, blocks.SPREAD

    def column(mask):
        """Numbers along some axes of the shape, its first axes missing where it has length 1 there."""
        own = tuple(n if mask >> i & 1 else 1 for i, n in enumerate(shape))
        return rng.uniform(0.5, 2.0, own)

    F, K, v = (column(mask) for mask in kept[:3])
    is_call = column(kept[3]) > 1.0
    want = np.broadcast_to(in_one_piece(F, K, v, is_call), np.broadcast_shapes(F.shape, K.shape, v.shape, is_call.shape))
    blocks.BLOCK, blocks.SPREAD = block, spread
    try:
        got = black76.price(F, K, v, is_call)
    finally:
        blocks.BLOCK, blocks.SPREAD = kept_block, kept_spread
    assert np.array_equal(got, want)


@given(shape=SHAPES, block=st.integers(1, 60))
def test_blocks_cover_every_cell_once_and_none_is_larger(shape, block):
    seen = np.zeros(shape, dtype=int)
    for part in blocks._blocks(shape, block):
        assert seen[part].size <= block
        seen[part] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("size", [1, blocks.BLOCK, blocks.BLOCK + 1, blocks.SPREAD - 1, blocks.SPREAD, 3 * blocks.SPREAD + 5])
def test_N3_the_bits_do_not_depend_on_how_many_are_priced_together_in_a_form(size, monkeypatch):
    F, K, v = arguments(size, seed=5)
    v[::7] = 0.0
    whole = black76.call(F, K, v)
    if size >= black76.LARGE:
        monkeypatch.setattr(black76, "LARGE", 1)
    some_of = np.unique(np.linspace(0, size - 1, 300).astype(int))
    assert np.array_equal(black76.call(F[some_of], K[some_of], v[some_of]), whole[some_of])
    assert np.array_equal(whole[::7], np.maximum(F - K, 0.0)[::7])


def test_N3_the_form_of_large_arrays_agrees_with_that_of_small_ones():
    F, K, v = arguments(blocks.SPREAD, seed=6)
    v[::7] = 0.0
    large = black76.call(F, K, v)
    small = np.concatenate([black76.call(*(x[half] for x in (F, K, v))) for half in np.array_split(np.arange(len(F)), 2)])
    assert np.max(np.abs(large - small) / np.maximum(F, K)) <= 1.5e-14  # ln of 1e-8 and less costs more than test_kernels tells


def error(value, f, k, vol):
    """Distance from the call at 50 digits."""
    d1 = mpmath.log(mpmath.mpf(f) / mpmath.mpf(k)) / mpmath.mpf(vol) + mpmath.mpf(vol) / 2
    return float(abs(value - (f * mpmath.ncdf(d1) - k * mpmath.ncdf(d1 - mpmath.mpf(vol)))))


def test_N5_the_call_against_50_digits(small):
    F, K, v = arguments(400, seed=3)
    got = black76.call(F, K, v)
    with mpmath.workdps(50):
        for f, k, vol, value in zip(F, K, v, got, strict=True):
            assert error(value, f, k, vol) <= 4 * math.ulp(max(f, k)), (f, k, vol)


@settings(max_examples=max(settings.default.max_examples // 10, 1))
@given(seed=st.integers(0, 10_000), v=some.log_uniform(1e-9, 80.0))
def test_call_and_delta_is_the_call(seed, v):
    F, K, _ = arguments(50, seed)
    value, delta = black76.call_and_delta(F, K, np.full(50, v))
    assert np.max(np.abs(value - black76.call(F, K, v)) / np.maximum(F, K)) <= 1e-14
    assert np.all((delta >= 0) & (delta <= 1))


def test_a_failure_in_a_block_reaches_the_caller(small):
    def fails(x):
        raise ValueError("out of range")

    for size in (100, 1_000):
        with pytest.raises(ValueError, match="out of range"):
            blocks.elementwise(fails, np.ones(size))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_prices_with_threads_of_its_own(small):
    F, K, v = arguments(1_000, seed=8)
    want = black76.call(F, K, v)  # the crew of this process exists from here on
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(black76.call(F, K, v), want) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
