"""Every parameter of the shipped rulebook moves a figure of some sample account, or is listed with the reason why not."""

import copy

import pytest

from db.samples import SAMPLES
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import kinds, load

BOOK = load.load("generic")
STEPS = [dict(step) for step in BOOK.parameters["tiers.steps"].value]
MOVED = {
    "collateral.haircuts": {"BTC": 0.5, "ETH": 0.5, "USDT": 0.1, "USDC": 0.1},
    "collateral.other_haircut": 0.9,
    "tiers.steps": [STEPS[0] | {"initial": 0.06, "maintenance": 0.03}],
    "options.initial_rate": 0.30,
    "options.initial_floor": 0.14,
    "options.maintenance_rate": 0.09,
    "portfolio.moves": [-0.3, 0.0, 0.3],
    "portfolio.volatility_up": 1.0,
    "portfolio.volatility_down": 0.9,
    "portfolio.pivot_days": 90.0,
    "portfolio.floor_days": 20.0,
    "portfolio.short_power": 0.9,
    "portfolio.long_power": 0.5,
    "portfolio.extended_rows": [{"move": -0.5, "volatility": "up", "weight": 1.0},
                                {"move": 0.9, "volatility": "same", "weight": 1.0}],
    "portfolio.short_option_minimum": 0.5,
    "portfolio.hedged_rate": 0.05,
    "portfolio.initial_factor": 2.0,
}
NO_FIGURE = {
    "portfolio.aggregate": "there is one way to aggregate rows only",
    "portfolio.tie": "chooses which of equally bad rows is named; no amount depends on it",
}
ACCOUNTS = [read(file.read_text("utf-8")) for file in sorted(SAMPLES.glob("*.margin.json"))]


def figures(account, book):
    return [(mode.head.equity, mode.head.initial_margin, mode.head.maintenance_margin)
            for mode in compare(account, book).modes.values()]


@pytest.fixture(scope="module")
def usual():
    return [figures(account, BOOK) for account in ACCOUNTS]


@pytest.mark.parametrize("key", MOVED)
def test_E4_a_parameter_moved_to_another_legal_value_changes_a_figure_of_a_sample(key, usual):
    book = load.override(BOOK, {key: copy.deepcopy(MOVED[key])})
    assert any(figures(account, book) != before for account, before in zip(ACCOUNTS, usual, strict=True)), key


def test_E4_every_parameter_is_moved_or_has_its_reason():
    """Conventions, which have a default, are in `test_conventions` and `test_parameters_at_ends`."""
    conventions = {key for key, known in load.meanings().items() if "default" in known}
    assert MOVED.keys() | NO_FIGURE.keys() == BOOK.parameters.keys() - conventions and not MOVED.keys() & NO_FIGURE.keys()
    assert len(kinds.kinds()["portfolio.aggregate"].options) == 1, "there is another way now: move it"
