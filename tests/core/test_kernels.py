"""The form of large arrays: near the value at 50 digits, alike in both engines, safe under threads, chosen by the machine."""

import ast
import threading
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numexpr
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from risk_core import __main__
from risk_core.errors import Refused
from risk_core.valuation import black76, blocks, kernels

ENGINES = sorted(kernels.ENGINES)
BOUND = 1e-14
"""Of max(F, K), up to prices of 1e7. The fits are good to 1.6e-15 and 4.9e-15; the last bits of ln F and ln K, 16 and less,
enter the price to first order (1.8e-15 each), where F Φ(d1) - K Φ(d2) is stationary."""
ALIKE = 1e-15
"""Of max(F, K), between the engines: the last bit of an exponential, whose factor is below max(F, K), and its rounding."""


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch):
    """Each engine for all arrays, in blocks of 512 cells over threads."""
    monkeypatch.setattr(kernels, "engine", lambda: request.param)
    monkeypatch.setattr(black76, "LARGE", 1)
    monkeypatch.setattr(blocks, "WIDE_BLOCK", 512)
    monkeypatch.setattr(blocks, "SPREAD", 2048)
    return request.param


@pytest.fixture(params=["exact", *ENGINES])
def way(request, monkeypatch):
    """The exact form, and each engine, for all arrays."""
    if request.param == "exact":
        monkeypatch.setattr(black76, "LARGE", 1 << 60)
        monkeypatch.setattr(blocks, "BLOCK", 512)
        monkeypatch.setattr(blocks, "SPREAD", 2048)
    else:
        monkeypatch.setattr(kernels, "engine", lambda: request.param)
        monkeypatch.setattr(black76, "LARGE", 1)
        monkeypatch.setattr(blocks, "WIDE_BLOCK", 512)
        monkeypatch.setattr(blocks, "SPREAD", 2048)
    return request.param


def arguments(count, seed, widest=kernels.WIDEST):
    """F, K, v over nine decades of price and six of volatility, a tenth of them at the money."""
    rng = np.random.default_rng(seed)
    F = np.exp(rng.uniform(np.log(1e-2), np.log(1e7), count))
    K = np.minimum(F * np.exp(rng.normal(0.0, 1.5, count)), 1e7)
    K[: count // 10] = F[: count // 10]
    return F, K, np.exp(rng.uniform(np.log(1e-6), np.log(widest), count)), rng.random(count) > 0.5


def away(value, f, k, vol, is_call):
    """Distance from the price at 50 digits."""
    f, k, vol = mpmath.mpf(f), mpmath.mpf(k), mpmath.mpf(vol)
    d1 = mpmath.log(f / k) / vol + vol / 2
    call = f * mpmath.ncdf(d1) - k * mpmath.ncdf(d1 - vol)
    return float(abs(value - (call if is_call else call - f + k)))


def test_N5_within_the_bound_of_50_digits(engine):
    F, K, v, is_call = arguments(1_000, seed=3)
    got = black76.price(F, K, v, is_call)
    with mpmath.workdps(50):
        worst = max(away(*one) / max(one[1:3]) for one in zip(got, F, K, v, is_call, strict=True))
    assert worst <= BOUND


@given(seed=st.integers(0, 10_000), shape=st.sampled_from([(7,), (3, 5), (2, 1000), (2, 1024), (2, 2, 161), ()]),
       kept=st.lists(st.integers(0, 7), min_size=4, max_size=4))
@example(seed=0, shape=(7,), kept=[0, 0, 0, 1])  # one option, both a call and a put
def test_N3_the_engines_are_twins_whatever_the_shapes(seed, shape, kept):
    rng = np.random.default_rng(seed)

    def column(low, high, mask):
        return np.exp(rng.uniform(np.log(low), np.log(high), tuple(n if mask >> i & 1 else 1 for i, n in enumerate(shape))))

    F, K, v = column(1e-3, 1e7, kept[0]), column(1e-3, 1e7, kept[1]), column(1e-6, kernels.WIDEST, kept[2])
    put = np.round(column(0.5, 1.0, kept[3]))
    columns = F, K, np.log(F), np.log(K), v, put
    one, other = kernels.by_numpy(*columns), kernels.by_numexpr(*columns)
    assert one.shape == other.shape == np.broadcast_shapes(*(x.shape for x in columns))
    assert np.max(np.abs(one - other) / np.maximum(F, K)) <= ALIKE


def test_what_the_fit_does_not_cover_goes_by_the_exact_form(engine, monkeypatch):
    F, K, v, is_call = arguments(3_000, seed=4)
    v[::5], v[1::5], v[2::5] = 0.0, 1e-10, np.linspace(kernels.WIDEST, 80.0, 601)[1:]
    K[3::5] = 0.0
    got = black76.price(F, K, v, is_call)
    monkeypatch.setattr(black76, "LARGE", 10**9)
    exact = black76.price(F, K, v, is_call)
    for start in (0, 1, 2):
        assert np.array_equal(got[start::5], exact[start::5])
    assert np.array_equal(got[3::5], np.where(is_call, F, 0.0)[3::5])
    assert np.array_equal(got[::5], np.maximum(np.where(is_call, F - K, K - F), 0.0)[::5])
    assert np.max(np.abs(got - exact) / np.maximum(F, K)) <= BOUND


@pytest.mark.parametrize("block, crew", [(64, 1), (64, 3), (512, 8), (1 << 14, 2)])
def test_N3_any_blocks_and_threads_give_the_same_bits(engine, monkeypatch, block, crew):
    F, K, v, is_call = arguments(5_000, seed=5, widest=4.0)
    want = np.concatenate([black76.price(*(x[i:i + 1] for x in (F, K, v, is_call))) for i in range(0, 5_000, 50)])
    monkeypatch.setattr(blocks, "WIDE_BLOCK", block)
    monkeypatch.setattr(blocks, "_helpers", lambda: crew)
    monkeypatch.setattr(blocks, "_crew", [])
    assert np.array_equal(black76.price(F, K, v, is_call)[::50], want)


def test_N11_prices_from_eight_threads_at_once(way):
    inputs = [arguments(3_000 + 64 * i, seed=i) for i in range(8)]
    expected = [black76.price(*columns) for columns in inputs]
    start = threading.Barrier(8)

    def work(i):
        start.wait()
        return all(np.array_equal(black76.price(*inputs[i]), expected[i]) for _ in range(10))

    with ThreadPoolExecutor(8) as users:
        assert all(users.map(work, range(8)))


def test_N10_the_inputs_are_left_as_they_are(way):
    columns = arguments(3_000, seed=7, widest=4.0)
    copies = [column.copy() for column in columns]
    for column in columns:
        column.setflags(write=False)
    black76.price(*columns)
    assert all(np.array_equal(a, b) for a, b in zip(columns, copies, strict=True))


def test_small_arrays_never_meet_an_engine(monkeypatch):
    monkeypatch.setattr(kernels, "engine", lambda: pytest.fail("asked for"))
    F, K, v, is_call = arguments(1_000, seed=8)
    assert black76.price(F, K, v, is_call).shape == F.shape


def test_the_source_is_an_expression_of_numbers_and_its_own_letters():
    nodes = list(ast.walk(ast.parse(kernels.SOURCE, mode="eval")))
    assert {node.id for node in nodes if isinstance(node, ast.Name)} == {*kernels.NAMES, "exp", "abs"}
    assert not any(isinstance(node, ast.Attribute | ast.Subscript | ast.Lambda) for node in nodes)
    assert all(isinstance(node.value, int | float) for node in nodes if isinstance(node, ast.Constant))


def test_a_compiled_expression_is_handed_back_also_by_a_call_that_fails():
    kernel = kernels.Kernel("a+b", ("a", "b"))
    with pytest.raises(ValueError, match="inputs"):
        kernel(np.ones(3))
    assert len(kernel.free) == 1 and kernel(np.ones(2), np.ones(2)).tolist() == [2.0, 2.0] and len(kernel.free) == 1


@pytest.fixture
def unset(monkeypatch):
    """The choice not made yet."""
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    kernels.engine.cache_clear()
    yield monkeypatch
    kernels.engine.cache_clear()


@pytest.mark.parametrize("loops, want", [("AVX512_SKX", "numpy"), ("X86_V4", "numpy"), ("X86_V3", "numexpr"),
                                         ("baseline(X86_V2)", "numexpr"), (None, "numexpr")])
def test_numexpr_prices_where_numpy_has_no_wide_exponential(unset, loops, want):
    told = {"exp": {"dd": {"current": loops}}} if loops else {}
    unset.setattr(kernels.introspect, "opt_func_info", lambda *_: told)
    assert kernels.engine() == want


def test_numpy_still_tells_what_its_exponential_is():
    assert kernels.introspect.opt_func_info("^exp$", "float64")["exp"]["dd"]["current"]


@pytest.mark.parametrize("name", ENGINES)
def test_the_environment_decides_and_warming_compiles_for_every_core(unset, name):
    unset.setenv(kernels.VARIABLE, name)
    unset.setattr(kernels, "KERNEL", kernels.Kernel(kernels.SOURCE, kernels.NAMES))
    unset.setattr(kernels.os, "cpu_count", lambda: 3)
    kernels.warm()
    assert kernels.engine() == name and len(kernels.KERNEL.free) == (3 if name == "numexpr" else 0)
    if name == "numexpr":
        assert numexpr.get_num_threads() == 1  # `blocks` brings the threads


def test_another_word_is_refused_with_one_sentence_also_on_the_command_line(unset, capsys):
    unset.setenv(kernels.VARIABLE, "fast")
    with pytest.raises(Refused, match='^MARGINSCOPE_ENGINE: "fast": must be auto, numexpr or numpy$'):
        kernels.engine()
    assert __main__.main(["rules"]) == 2
    assert capsys.readouterr().err == 'MARGINSCOPE_ENGINE: "fast": must be auto, numexpr or numpy\n'
