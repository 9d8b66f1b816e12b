"""Tier tables of earlier days: every one is sound, the day chosen is the day charged, and other days are refused."""

import csv
import gzip
from collections import defaultdict

import pytest

from risk_core.errors import Refused
from risk_core.rulebooks import choices, dated, load
from tests.conftest import ROOT

NAMES = [name for name in load.names() if dated.days(name)]
DAYS = [(name, day) for name in NAMES for day in dated.days(name)]
HISTORY = ROOT.parent / "shared/data/leverage_tiers_binance_history_majors.csv.gz"


def under(name, day, **more):
    return load.override(load.load(name), {"tiers.as_of": day, **more})


@pytest.mark.parametrize(("name", "day"), DAYS)
def test_the_tables_of_every_day_pass_the_checks_of_the_loader(name, day):
    """Deductions are worked out again, rates never fall, initial is not below maintenance: `Refused` says otherwise."""
    book = under(name, day)
    tables = book.rules.tiers.tables()
    assert {"BTC", "ETH"} <= tables.keys() and all(step.initial >= step.maintenance for step in tables["BTC"])
    stated = book.parameters[dated.TABLES]
    assert stated.date.isoformat() == day and "history" in stated.source


def test_a_wrong_deduction_of_an_earlier_day_is_refused(monkeypatch):
    rows = dated.rows("binance-style", "2022-05-21")
    rows[1]["maintenance_deduction"] += 1
    monkeypatch.setattr(dated, "rows", lambda *_: rows)
    with pytest.raises(Refused, match="deduction"):
        under("binance-style", "2022-05-21")


def test_a_notional_is_charged_by_the_table_of_the_day():
    """BTC, 100,000 dollars: 0.5 % less 50 in the tier from 50,000 in 2022; 0.4 % in the tier to 300,000 in 2026."""
    def asked(book, notional):
        step = [one for one in book.rules.tiers.table("BTC") if notional >= one.start][-1]
        return step.maintenance * notional - step.maintenance_deduction
    assert asked(under("binance-style", "2022-05-21"), 100_000) == pytest.approx(450)
    assert asked(load.load("binance-style"), 100_000) == pytest.approx(400)


def test_the_latest_day_is_the_rulebook_itself_also_from_an_earlier_one():
    own = load.load("binance-style")
    back = load.override(under("binance-style", "2022-05-21"), {"tiers.as_of": own.parameters[dated.KEY].value})
    assert back.rules == own.rules


def test_tables_of_ones_own_stay():
    mine = [{"underlying": "BTC", "from": 0, "initial": 0.1, "maintenance": 0.05}]
    book = under("binance-style", "2022-05-21", **{dated.TABLES: mine})
    assert [step.maintenance for step in book.rules.tiers.table("BTC")] == [0.05]


@pytest.mark.parametrize(("name", "day"), [("binance-style", "2021-01-01"), ("binance-style", "yesterday"),
                                           ("okx-style", "2022-05-21")])
def test_a_day_without_tables_is_refused_with_the_days_there_are(name, day):
    with pytest.raises(Refused) as refused:
        under(name, day)
    assert [problem.path for problem in refused.value.problems] == ["rules.override.tiers.as_of"]


def test_an_account_file_says_the_day_and_not_the_tables():
    chosen = choices.Chosen("binance-style", {dated.KEY: "2023-03-28"})
    assert chosen.rules == {"base": "binance-style", "override": {"tiers": {"as_of": "2023-03-28"}}}
    assert load.resolve(chosen.rules).rules.tiers.as_of == "2023-03-28"


@pytest.mark.skipif(not HISTORY.exists(), reason="the tables as collected are not beside this checkout")
def test_the_figures_are_those_collected():
    tables = defaultdict(list)
    with gzip.open(HISTORY, "rt") as file:
        for row in csv.DictReader(file):
            if row["symbol"].endswith("/USDT:USDT"):
                tables[row["as_of"], row["symbol"].split("/")[0]].append(row)
    for (day, name), rows in tables.items():
        book = under("binance-style", day)
        got = [(step.start, step.initial, step.maintenance, step.maintenance_deduction)
               for step in book.rules.tiers.table(name)]
        assert got == [pytest.approx((float(row["min_notional"]), 1 / float(row["max_leverage"]), float(row["mmr"]),
                                      float(row["maint_amount"])), rel=1e-12) for row in rows], (day, name)
