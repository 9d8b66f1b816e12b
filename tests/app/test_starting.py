"""A run of the app that comes during the warm-up waits for it, and for nothing else."""

import threading

import pytest

import serve
from pages.ui import starting, warm_up
from risk_core.valuation import kernels


def test_a_run_waits_from_the_beginning_of_the_warm_up_to_its_end(monkeypatch):
    passed = threading.Event()
    monkeypatch.setattr(starting, "PATIENCE_S", 30.0)
    starting.begin()
    try:
        run = threading.Thread(target=lambda: (starting.wait(), passed.set()))
        run.start()
        assert not passed.wait(0.05)
    finally:
        starting.end()
    run.join(30.0)
    assert passed.is_set()


def test_a_warm_up_that_breaks_lets_runs_go_ahead_all_the_same(monkeypatch):
    def broken():
        raise RuntimeError("no")

    monkeypatch.setattr(warm_up, "first", broken)
    starting.begin()
    over = threading.Event()
    over.set()
    warming = threading.Thread(target=serve.warm, args=(over,))
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    warming.start()
    warming.join(30.0)
    monkeypatch.setattr(starting, "PATIENCE_S", 0.0)
    assert starting._ready.is_set()


def test_an_engine_there_is_not_ends_the_start_with_one_sentence(monkeypatch):
    monkeypatch.setenv("MARGINSCOPE_ENGINE", "fast")
    kernels.engine.cache_clear()
    with pytest.raises(SystemExit, match='^MARGINSCOPE_ENGINE: "fast": must be auto, numexpr or numpy$'):
        serve.settings()
    monkeypatch.setenv("MARGINSCOPE_ENGINE", "numpy")
    serve.settings()
    kernels.engine.cache_clear()
