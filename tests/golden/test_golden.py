"""Published and recorded venue cases through the engine. `python -m tests.golden` runs files of the same layout."""

import json
from pathlib import Path

import pytest

from tests.golden import shipped
from tests.golden.__main__ import main, misses
from tests.golden.translate import told

HERE = Path(__file__).parent
CASES = [case for name in ("published", "methods") for case in json.loads((HERE / f"{name}.json").read_text("utf-8"))]
SHARED = HERE.parents[2] / "shared" / "golden"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    assert misses(case) == []


ANOTHER = {
    ("Bybit", "HEDGE_AVAILABLE"): ({"futures.sides"}, "hedge mode is the account's own choice"),
    ("Bybit", "LIN_FIX"): ({"futures.rounding"}, "the examples print triggers before rounding"),
    ("Bybit", "INV_FIX_FEE_AT_BANKRUPTCY"): ({"futures.rounding", "fees.closing_on", "fees.bankruptcy"},
                                             "the rulebook has one fee for linear and inverse contracts"),
    ("Bybit", "IM_MM"): ({"tiers", "fees.closing_on"}, "a record from before the fee was part of the margin"),
    ("Bybit", "IM_MM_WITH_CLOSE_FEE"): ({"tiers"}, "records of 2022 stand at entry"),
    ("Bybit", "MM_WITH_CLOSE_FEE"): ({"tiers"}, "records of 2022 stand at entry"),
    ("HTX", "HTX_ADJUST"): ({"display.ratio"}, "the older form of the risk rate"),
    ("KuCoin", "LIN_FIX"): ({"tiers", "fees", "futures.rounding"}, "the rulebook says cross margin; isolated stands at entry"),
    ("KuCoin", "BANKRUPTCY"): ({"fees.closing_on"}, "the example counts no fee"),
    ("Paradex", "PARTIAL_LIQ_SHARE"): ({"fees.closing_on"}, "the example counts no closing fee"),
    ("Paradex", "IM_OPEN_SIZE"): ({"fees.closing_on"}, "the example counts no closing fee"),
    ("Phemex", "LIN_FIX"): ({"tiers", "fees"}, "the older contract, maintenance at entry"),
    ("Phemex", "LIN_LIQ_FEE"): ({"tiers", "fees"}, "the balance assigned to a position holds the fee at bankruptcy"),
}
"""Where a case's formula is not the convention of its venue's rulebook: parameters or sections, and why."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_runs_on_the_conventions_of_its_rulebook_or_has_its_reason(case):
    _, run = told(case)
    reasoned, _ = ANOTHER.get((case.get("venue"), case.get("formula")), (set(), ""))
    left = {key for key in run.conventions if key not in reasoned and key.split(".")[0] not in reasoned}
    assert not run.shipped or not left, f"{run.base} says otherwise: {sorted(left)}"


def test_every_reason_is_needed():
    laid = {(case.get("venue"), case.get("formula")): set() for case in CASES}
    for case in CASES:
        laid[case.get("venue"), case.get("formula")] |= set(told(case)[1].conventions)
    for key, (reasoned, _) in ANOTHER.items():
        assert all(any(one == key_ or key_.startswith(f"{one}.") for key_ in laid[key]) for one in reasoned), key


@pytest.mark.parametrize(("symbol", "coin"), [
    ("XBTUSDTM", "BTC"), ("BTC-USDT-SWAP", "BTC"), ("ETH-USD-210430", "ETH"), ("PI_XBTUSD", "BTC"), ("BTC_USDC", "BTC"),
    ("BTCPERP", "BTC"), ("1000SHIBUSDT", "1000SHIB"), ("SOL", "SOL"), ("BTC/USDT", "BTC"), ("ETHUSDM", "ETH"),
])
def test_the_coin_of_a_symbol(symbol, coin):
    assert shipped.coin(symbol) == coin


def test_two_symbols_of_one_coin_keep_their_names():
    held = [{"symbol": "BTCUSDT", "type": "linear"}, {"symbol": "BTCPERP", "type": "linear"}]
    assert shipped.named({"positions": held}) == ({"positions": held}, {})


def test_a_rulebook_is_taken_as_it_is_where_its_tables_say_what_the_case_states():
    case = next(one for one in CASES if one["formula"] == "LIN_CROSS_BINANCE")
    _, run = told(case)
    assert run.shipped and run.laid == {}
    other = json.loads(json.dumps(case))
    other["inputs"]["positions"][0] |= {"mmr": 0.03}
    assert told(other)[1].figures == ["tiers.own_steps"]


def test_a_wrong_figure_is_a_miss_and_the_exit_status_says_so(tmp_path, capsys):
    wrong = json.loads(json.dumps(CASES[0]))
    key = next(iter(wrong["expected"]))
    wrong["expected"][key] = 1.0
    (tmp_path / "cases.json").write_text(json.dumps([CASES[0], wrong]))
    assert main([str(tmp_path / "cases.json")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 matched, 2 total"


@pytest.mark.skipif(not SHARED.exists(), reason="the whole sets of venue cases are not beside this checkout")
@pytest.mark.parametrize(("name", "count"), [("isolated_cross", 107), ("portfolio", 245)])
def test_the_whole_sets_run_to_their_last_line(capsys, name, count):
    assert main([str(SHARED / f"{name}.json")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} matched, {count} total"
