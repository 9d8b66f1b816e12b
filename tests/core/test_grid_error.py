"""S12: what the rulebook's grid of price moves misses beside one forty times as fine."""

import json

import numpy as np
import pytest

from risk_core.margin.methods.scenarios.grid_error import grid_errors
from tests.conftest import ROOT
from tests.core.books import call, changed, document
from tests.core.scenario_books import PLAIN, pool, ruled

SAMPLES = {path.name.removesuffix(".margin.json"): json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json"))}


def test_F4_the_worst_case_between_two_rows_is_measured():
    # PROPERTIES F4: a short butterfly of nine hours loses most between two rows; the grid finds 17,966 of 25,983.
    legs = [call(strike, 100 * size, seconds=9 * 3600) for strike, size in ((63_000.0, -1), (63_750.0, 2), (64_500.0, -1))]
    doc = document(legs, 0, {"BTC": {"price": 60_000.0, "volatility": 0.4}})
    moves = [round(-0.15 + 0.025 * i, 3) for i in range(13)]
    [error] = grid_errors(*(lambda mine, rules: (mine, rules.scanned))(
        *pool(ruled(doc, **PLAIN, moves=moves, volatility_up=0.0, volatility_down=0.0))))
    assert error.grid <= error.finer and error.missed > 0.1 * error.grid
    assert error.row.startswith("+")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("rules", ["generic", "derive-pm1", "derive-pm2"])
def test_S12_what_the_grid_misses_on_the_samples_is_within_its_bound(name, rules):
    """Half a gap of the grid × Σ |size| × price × the most a value counts: how far a book can fall between two rows."""
    mine, found = pool(changed(SAMPLES[name], rules=rules))
    errors = grid_errors(mine, found.scanned)
    ins, quantity = mine.account.instruments, np.abs(mine.quantity[0])
    price = np.where(ins.inverse & ~ins.is_option, 1.0, np.fmax(np.nan_to_num(ins.forward), mine.account.index[ins.underlying]))
    price = np.fmax(price, np.where(ins.is_option | ins.inverse, 0.0, ins.mark))
    for u, error in enumerate(errors):
        own = found.scanned.of(mine.account.underlyings[u])
        half = 0.5 * float(np.diff(own.moves).max()) * max(own.positive_factor, own.negative_factor, 1.0)
        held_here = quantity[ins.underlying == u] @ price[ins.underlying == u]
        moving = [row.asset in mine.account.collateral.assets for row in own.risk_cancelling if row.underlying == error.name]
        coins = float(np.abs(mine.collateral * mine.account.collateral.price).sum()) if any(moving) else 0.0
        assert -1e-9 * (1 + error.grid) <= error.missed <= half * (held_here + coins) + 1e-9
