"""The numexpr kernels against their numpy twins and 50 digits, from many threads at once."""

import threading

import mpmath
import numexpr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.valuation import black76, kernels
from tests.core import strategies as some


def arguments(count, seed, widest=kernels.WIDEST):
    """F, K, v over nine decades of moneyness and volatility."""
    rng = np.random.default_rng(seed)
    F = np.exp(rng.uniform(np.log(1e-8), np.log(1e7), count))
    K = F * np.exp(rng.normal(0.0, 1.5, count))
    K[: count // 10] = F[: count // 10]
    return F, K, np.exp(rng.uniform(np.log(1e-6), np.log(widest), count))


def reduced(F, K, v):
    w = 0.5 * v
    return F, K, np.log(F / K) / v, w


def kernel_calls():
    return [pytest.param(name, id=name) for name in kernels.KERNELS]


@pytest.mark.parametrize("name", kernel_calls())
def test_N3_a_kernel_agrees_with_its_numpy_twin(name):
    kernel = kernels.KERNELS[name]
    F, K, v = arguments(200_000, seed=1)
    fast, plain = kernel(*reduced(F, K, v)), kernel.twin(*reduced(F, K, v))
    assert np.max(np.abs(fast - plain) / np.maximum(F, K)) <= 3e-14
    assert fast.shape == plain.shape and np.isfinite(fast).all()


def test_N3_the_kernel_broadcasts_like_its_twin():
    F, K, v = (x.reshape(40, 50) for x in arguments(2_000, seed=2))
    t, w = np.log(F / K[:1]) / v, 0.5 * v
    fast, plain = kernels.KERNELS["call"](F, K[:1], t, w), kernels.call_twin(F, K[:1], t, w)
    assert np.max(np.abs(fast - plain) / np.maximum(F, K[:1])) <= 3e-14


@pytest.mark.parametrize("way", ["kernel", "twin"])
def test_N5_the_call_against_50_digits(way):
    F, K, v = arguments(400, seed=3)
    got = (kernels.KERNELS["call"] if way == "kernel" else kernels.call_twin)(*reduced(F, K, v))
    with mpmath.workdps(50):
        for f, k, vol, value in zip(F, K, v, got, strict=True):
            d1 = mpmath.log(mpmath.mpf(f) / mpmath.mpf(k)) / mpmath.mpf(vol) + mpmath.mpf(vol) / 2
            true = f * mpmath.ncdf(d1) - k * mpmath.ncdf(d1 - mpmath.mpf(vol))
            assert abs(value - true) <= 3e-14 * max(f, k), (f, k, vol)


@pytest.fixture
def low_crossover(monkeypatch):
    """Kernels from 2,000 elements on, however few threads there are."""
    monkeypatch.setattr(kernels, "CROSSOVER", 2_000)
    monkeypatch.setattr(kernels, "ENOUGH_THREADS", 1)


def test_kernels_pay_for_large_arrays_on_enough_threads(monkeypatch):
    monkeypatch.setattr(numexpr, "get_num_threads", lambda: kernels.ENOUGH_THREADS)
    assert kernels.pays(kernels.CROSSOVER) and not kernels.pays(kernels.CROSSOVER - 1)
    monkeypatch.setattr(numexpr, "get_num_threads", lambda: kernels.ENOUGH_THREADS - 1)
    assert not kernels.pays(kernels.CROSSOVER)


def test_large_arrays_take_the_kernel_and_small_or_wide_ones_the_twin(monkeypatch, low_crossover):
    used = []
    monkeypatch.setattr(kernels, "ENOUGH_THREADS", 1)
    monkeypatch.setitem(kernels.KERNELS, "call", lambda F, K, t, w: used.append(len(F)) or kernels.call_twin(F, K, t, w))
    for count, widest in ((kernels.CROSSOVER, 3.0), (kernels.CROSSOVER - 1, 3.0), (kernels.CROSSOVER, 30.0)):
        black76.call(*arguments(count, 4, widest))
    assert used == [kernels.CROSSOVER]


@pytest.mark.parametrize("threads", [1, 1 << 30], ids=["kernel", "twin"])
def test_large_arrays_keep_the_intrinsic_value_at_zero_volatility(monkeypatch, threads):
    monkeypatch.setattr(kernels, "ENOUGH_THREADS", threads)
    F, K, v = arguments(kernels.CROSSOVER, seed=5)
    v[::3] = 0.0
    got = black76.call(F, K, v)
    assert np.array_equal(got[::3], np.maximum(F - K, 0.0)[::3])
    small = np.concatenate([black76.call(F[i: i + 500], K[i: i + 500], v[i: i + 500]) for i in range(0, len(F), 500)])
    assert np.max(np.abs(got - small) / np.maximum(F, K)) <= 3e-14


@settings(max_examples=max(settings.default.max_examples // 10, 1))
@given(seed=st.integers(0, 10_000), v=some.log_uniform(1e-9, 80.0))
def test_call_and_delta_is_the_call(seed, v):
    F, K, _ = arguments(50, seed)
    value, delta = black76.call_and_delta(F, K, np.full(50, v))
    assert np.max(np.abs(value - black76.call(F, K, v)) / np.maximum(F, K)) <= 1e-14
    assert np.all((delta >= 0) & (delta <= 1))


def test_N3_any_number_of_threads_gives_the_same_bits():
    F, K, v = arguments(60_000, seed=6)
    before, results = numexpr.get_num_threads(), []
    try:
        for threads in (1, 2, 4, 8):
            numexpr.set_num_threads(min(threads, numexpr.MAX_THREADS))
            results.append(kernels.KERNELS["call"](*reduced(F, K, v)))
    finally:
        numexpr.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_N10_the_kernel_leaves_its_inputs():
    columns = reduced(*arguments(1_000, seed=7))
    copies = [column.copy() for column in columns]
    for column in columns:
        column.setflags(write=False)
    kernels.KERNELS["call"](*columns)
    assert all(np.array_equal(a, b) for a, b in zip(columns, copies, strict=True))


def test_N11_one_kernel_from_eight_threads():
    kernel, rounds = kernels.Kernel(kernels.KERNELS["call"].source, ("F", "K", "t", "w"), kernels.call_twin), 10
    inputs = [reduced(*arguments(20_000 + 64 * i, seed=i)) for i in range(8)]
    expected = [kernel(*columns) for columns in inputs]
    wrong, start = [], threading.Barrier(8)

    def work(i):
        start.wait()
        wrong.extend(i for _ in range(rounds) if not np.array_equal(kernel(*inputs[i]), expected[i]))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= len(kernel._free) <= 8          # one compiled expression for each caller at a time, all handed back


def test_a_failed_call_hands_its_expression_back():
    kernel = kernels.Kernel("a+b", ("a", "b"), lambda a, b: a + b)
    with pytest.raises(ValueError, match="inputs"):
        kernel(np.ones(3))
    assert len(kernel._free) == 1 and kernel(np.ones(2), np.ones(2)).tolist() == [2.0, 2.0]


def test_warming_up_compiles_every_kernel():
    kernels.warm()
    assert all(kernel._free for kernel in kernels.KERNELS.values())
