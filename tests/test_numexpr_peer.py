"""The numexpr peer: an expression of its own letters, safe under threads, whatever its number of threads."""

import ast
import threading

import numpy as np
import pytest

from benchmarks.numexpr_peer import KERNEL, Kernel, separable_call

numexpr = pytest.importorskip("numexpr")


def problem(seed, scenarios=1_500):
    rng = np.random.default_rng(seed)
    return (rng.uniform(50.0, 200.0, scenarios), rng.uniform(50.0, 200.0, 20), rng.uniform(0.01, 1.0, 20),
            rng.uniform(0.5, 2.0, scenarios))


def test_the_source_is_an_expression_of_numbers_and_its_own_letters():
    nodes = list(ast.walk(ast.parse(KERNEL.source, mode="eval")))
    assert {node.id for node in nodes if isinstance(node, ast.Name)} <= {*KERNEL.names, "exp", "abs"}
    assert all(isinstance(node.value, int | float) for node in nodes if isinstance(node, ast.Constant))


def test_any_number_of_threads_gives_the_same_bits():
    before, results = numexpr.get_num_threads(), []
    try:
        for threads in (1, 2, 4, 8):
            numexpr.set_num_threads(min(threads, numexpr.MAX_THREADS))
            results.append(separable_call(*problem(1)))
    finally:
        numexpr.set_num_threads(before)
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_one_kernel_from_eight_threads():
    inputs = [problem(i, 1_000 + 64 * i) for i in range(8)]
    expected = [separable_call(*one) for one in inputs]
    wrong, start = [], threading.Barrier(8)

    def work(i):
        start.wait()
        wrong.extend(i for _ in range(10) if not np.array_equal(separable_call(*inputs[i]), expected[i]))

    crew = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert wrong == [] and 1 <= len(KERNEL.free) <= 8  # one compiled expression for each caller at a time


def test_a_failed_call_hands_its_expression_back():
    kernel = Kernel("a+b", ("a", "b"))
    with pytest.raises(ValueError, match="inputs"):
        kernel(np.ones(3))
    assert len(kernel.free) == 1 and kernel(np.ones(2), np.ones(2)).tolist() == [2.0, 2.0]
