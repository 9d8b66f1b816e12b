"""Greeks of legs against differences of the whole account under what-ifs."""

import json
from pathlib import Path

import numpy as np
import pytest

from risk_core.portfolio.account_file import read, read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.valuation.sensitivities import sensitivities

SAMPLES = sorted((Path(__file__).parents[2] / "db" / "samples").glob("*.margin.json"))


def worth(account):
    """Dollar value of one unit of each leg's instrument, times quantity; options only."""
    ins, at = account.instruments, account.book.instrument
    index = np.where(ins.inverse, account.index[ins.underlying], 1.0)
    return account.book.quantity * (ins.mark * index)[at]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_options_agree_with_differences(path):
    account = read(path.read_text("utf-8"))
    option = account.instruments.is_option[account.book.instrument]
    if not option.any():
        assert np.all(sensitivities(account).vega == 0) and np.all(sensitivities(account).gamma == 0)
        return
    found, h = sensitivities(account), 1e-4
    up, down = move(account, WhatIf(price=1 + h)), move(account, WhatIf(price=1 - h))
    slope = (worth(up) - worth(down))[option] / (2 * h) * 0.01
    assert np.allclose(found.delta_dollars[option], slope, rtol=1e-5, atol=1e-6)
    vol = 1e-4
    sigma = account.instruments.volatility[account.book.instrument][option]
    lift = (worth(move(account, WhatIf(volatility=1 + vol))) - worth(move(account, WhatIf(volatility=1 - vol))))[option]
    assert np.allclose(found.vega[option], lift / (2 * vol * sigma) * 0.01, rtol=1e-5, atol=1e-6)
    index = account.index[account.instruments.underlying[account.book.instrument]][option]
    bend = (sensitivities(up).delta - sensitivities(down).delta)[option] / (2 * h) * 0.01
    # delta in coins is dollars per relative move ÷ index; its own change with the index is taken out of gamma
    assert np.allclose(found.gamma[option], bend, rtol=1e-4, atol=1e-9 * index.max())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_normalised_vega_is_the_gain_as_all_terms_move_with_the_root_of_time(path):
    """√(30 ÷ days) points for one point at 30 days: futures gain nothing; days are counted from the two moments."""
    account = read(path.read_text("utf-8"))
    found, keys, at = sensitivities(account), account.instruments.keys, account.book.instrument
    for leg, instrument in enumerate(at):
        if not account.instruments.is_option[instrument]:
            assert found.normalised_vega[leg] == 0
            continue
        days = (keys[instrument].expiry - account.market.as_of).total_seconds() / 86_400
        assert np.isclose(found.normalised_vega[leg], found.vega[leg] * (30 / days) ** 0.5, rtol=1e-12)


def test_futures_are_their_own_delta():
    document = json.loads(SAMPLES[0].read_text("utf-8"))
    account = read_document(document)
    found = sensitivities(account)
    notional = account.book.quantity * account.instruments.mark[account.book.instrument]
    assert np.allclose(found.delta_dollars, notional * 0.01)
