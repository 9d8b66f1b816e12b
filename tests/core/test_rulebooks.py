"""Rulebooks: what the loader refuses, what an override may do, and that every parameter matters."""

import copy
import json
import tomllib
from datetime import date

import pytest

from risk_core import output
from risk_core.errors import Refused
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests import accounts
from tests.conftest import ROOT
from tests.core.books import (
    DAY,
    YEAR,
    call,
    cash,
    changed,
    coin,
    compared,
    document,
    future,
    perpetual,
    put,
)

GENERIC = (ROOT / "risk_core/rulebooks/generic.toml").read_text("utf-8")
SOURCE = tomllib.loads(GENERIC)["source"]
STEPS = tomllib.loads(GENERIC)["tiers"]["steps"]["value"]


def refusal(text):
    with pytest.raises(Refused) as refused:
        load.read(text)
    return [(problem.path, problem.rule) for problem in refused.value.problems]


def edited(old, new):
    assert GENERIC.count(old) == 1, old
    return GENERIC.replace(old, new)


@pytest.mark.parametrize(("old", "new", "path", "rule"), [
    ("maintenance_deduction = 25_000", "maintenance_deduction = 24_000", "tiers",
     "tier from 1,000,000: maintenance deduction 24,000.00 must be 25,000.00"),
    ("initial_deduction = 550_000", "initial_deduction = 0", "tiers",
     "tier from 5,000,000: initial deduction 0.00 must be 550,000.00"),
    ("from = 0, initial = 0.05", "from = 0, initial = 0.02", "tiers", "tier from 0: initial 0.02 is below maintenance"),
    ("from = 0, initial = 0.05, maintenance = 0.025, initial_deduction = 0",
     "from = 0, initial = 0.05, maintenance = 0.025, initial_deduction = 1", "tiers",
     "tier from 0: initial deduction 1.00 must be 0.00"),
    ("from = 0, initial", "from = 1, initial", "tiers", "the first tier must start at 0"),
    ("from = 1_000_000, initial = 0.10, maintenance = 0.05", "from = 1_000_000, initial = 0.10, maintenance = 0.02", "tiers",
     "tier from 1,000,000: tiers and maintenance rates must rise"),
    ("from = 5_000_000", "from = 1_000_000", "tiers", "tier from 1,000,000: tiers must rise"),
    ('value = "marginal"', 'value = "stairs"', "tiers.style",
     "input should be 'marginal', 'whole', 'linear', 'power' or 'leverage'"),
    ('value = "marginal"', 'value = "whole"', "tiers",
     "style whole needs a measure no price moves: size, coins, dollars at entry"),
    ('value = "worst"', 'value = "quantile"', "portfolio.aggregate", "input should be 'worst'"),
    ("initial = 0.20,", 'initial = "20 %",', "tiers.steps[2].initial", "input should be a valid number"),
    ("initial = 0.20,", "initial = 1.20,", "tiers.steps[2].initial", "input should be less than or equal to 1"),
    ("initial = 0.20,", "initial = nan,", "tiers.steps[2].initial", "input should be a finite number"),
    ("from = 0, initial = 0.05,", "from = 0, colour = 1, initial = 0.05,", "tiers.steps[0].colour",
     "extra inputs are not permitted"),
    ("from = 0, initial = 0.05,", "from = 0,", "tiers.steps[0].initial", "field required"),
    ("[options.initial_floor]\nvalue = 0.10", "[options.initial_floor]\nvalue = 0.07", "options",
     "initial_floor must not be below maintenance_rate"),
    ("value = [-0.16, -0.12,", "value = [-0.12, -0.16,", "portfolio", "moves must rise"),
    ("value = [-0.16, -0.12,", "value = [-0.12, -0.12,", "portfolio", "moves must rise"),
    ("value = [-0.16, -0.12,", "value = [-1.0, -0.12,", "portfolio.moves[0]", "input should be greater than -1"),
    ("value = 1.25\n", "value = 0.9\n", "portfolio.initial_factor", "input should be greater than or equal to 1"),
    ("[portfolio.tie]\nvalue = 1e-9", "[portfolio.tie]\nvalue = -1e-9", "portfolio.tie",
     "input should be greater than or equal to 0"),
    ("[options.initial_rate]\nvalue = 0.15\n", "[options.initial_rate]\n", "options.initial_rate.value", "field required"),
    ('meaning = "Initial margin as a multiple of maintenance margin."\n', "", "portfolio.initial_factor.meaning",
     "field required"),
    ('unit = "× maintenance margin"\n', "", "portfolio.initial_factor.unit", "field required"),
    ("[collateral.other_haircut]", "[collateral.another_haircut]", "collateral.other_haircut", "field required"),
    ("[tiers.style]", "[tiers.shape]", "tiers.shape", "extra inputs are not permitted"),
    ("[options.maintenance_rate]\nvalue", '[options.maintenance_rate]\nnote = "x"\nvalue', "options.maintenance_rate.note",
     "extra inputs are not permitted"),
])
def test_a_rulebook_that_is_not_sound_is_refused(old, new, path, rule):
    assert (path, rule) in refusal(edited(old, new))


def test_a_parameter_without_source_or_date_is_refused():
    bare = GENERIC.replace(f'source = "{SOURCE}"\n', "", 1)
    assert ("options.initial_rate.source", "field required") in refusal(bare)
    assert ("options.initial_rate.date", "field required") in refusal(GENERIC.replace("\ndate = 2026-11-20\n", "\n"))
    own = load.read(edited("[options.initial_rate]\n", '[options.initial_rate]\nsource = "elsewhere"\ndate = 2025-01-02\n'))
    stated = own.parameters["options.initial_rate"]
    assert (stated.source, stated.date) == ("elsewhere", date(2025, 1, 2))
    assert own.parameters["options.initial_floor"].source == SOURCE


@pytest.mark.parametrize(("text", "problems"), [
    ("colour = 1\n" + GENERIC, [("colour", "must be a table")]),
    (GENERIC.replace("[options.initial_rate]", "[options]\ncolour = 1\n[options.initial_rate]"),
     [("options.colour", "must be a table")]),
    (GENERIC.replace('name = "generic"\n', ""), [("name", "must be text")]),
    (GENERIC.replace('title = "Generic"', "title = 3"), [("title", "must be text")]),
])
def test_a_rulebook_of_another_shape_is_refused(text, problems):
    assert refusal(text) == problems


def test_text_that_is_not_toml_is_refused():
    (path, rule), = refusal("= 1")
    assert path == "$" and rule.startswith("must be TOML text (")


def test_generic_is_the_contract():
    rules = load.load("generic").rules
    assert [(s.start, s.initial, s.maintenance, s.initial_deduction, s.maintenance_deduction) for s in rules.tiers.steps] == [
        (0, 0.05, 0.025, 0, 0), (1_000_000, 0.10, 0.05, 50_000, 25_000), (5_000_000, 0.20, 0.10, 550_000, 275_000)]
    assert {a: rules.collateral.haircut(a) for a in ("USD", "USDT", "USDC", "BTC", "ETH", "SOL")} == {
        "USD": 0, "USDT": 0, "USDC": 0, "BTC": 0.05, "ETH": 0.05, "SOL": 0.20}
    assert rules.portfolio.moves == (-0.16, -0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12, 0.16)
    assert load.resolve("generic") is load.load("generic") and "generic" in load.names()


@pytest.mark.parametrize(("choice", "paths"), [
    ("nowhere", ["rules"]), (7, ["rules"]), (None, ["rules"]), ([], ["rules"]), ({}, ["rules.base"]),
    ({"base": "nowhere"}, ["rules.base"]), ({"base": 3}, ["rules.base"]), ({"base": []}, ["rules.base"]),
    ({"base": "generic", "colour": 1, "more": 2}, ["rules.colour", "rules.more"]),
    ({"base": "generic", "override": []}, ["rules.override"]), ({"base": "generic", "override": None}, ["rules.override"]),
    ({"base": "generic", "override": {"tiers": {"nothing": 1}}}, ["rules.override.tiers.nothing"]),
    ({"base": "generic", "override": {"nothing": 1, "portfolio": {"a": {"b": 2}}}},
     ["rules.override.nothing", "rules.override.portfolio.a.b"]),
    ({"base": "generic", "override": {"options": 3}}, ["rules.override.options"]),
    ({"base": "generic", "override": {"option": {}}}, ["rules.override.option"]),
    ({"base": "generic", "override": {"portfolio": {"hedged_rate": -1.0}}}, ["rules.override.portfolio.hedged_rate"]),
    ({"base": "generic", "override": {"portfolio": {"hedged_rate": True}}}, ["rules.override.portfolio.hedged_rate"]),
    ({"base": "generic", "override": {"portfolio": {"hedged_rate": "0.1"}}}, ["rules.override.portfolio.hedged_rate"]),
    ({"base": "generic", "override": {"portfolio": {"moves": []}}}, ["rules.override.portfolio.moves"]),
    ({"base": "generic", "override": {"tiers": {"steps": [STEPS[0], STEPS[2]]}}}, ["rules.override.tiers"]),
    ({"base": "generic", "override": {"collateral": {"haircuts": {"BTC": 1.5}}}}, ["rules.override.collateral.haircuts.BTC"]),
])
def test_rules_an_account_cannot_have(choice, paths):
    with pytest.raises(Refused) as resolved:
        load.resolve(choice)
    assert [problem.path for problem in resolved.value.problems] == paths
    with pytest.raises(Refused) as read:
        read_document(document() | {"rules": choice})
    assert sorted(problem.path for problem in read.value.problems) == sorted(paths)


def test_an_override_replaces_values_and_says_so():
    base = load.load("generic")
    changes = {"portfolio": {"hedged_rate": 0.02}, "collateral": {"haircuts": {"BTC": 0.1}}}
    book = load.resolve({"base": "generic", "override": changes})
    assert (book.rules.portfolio.hedged_rate, book.rules.collateral.haircut("BTC")) == (0.02, 0.1)
    assert book.rules.collateral.haircut("ETH") == 0.05                                   # a table is laid over, not replaced
    assert book.overridden == ("collateral.haircuts", "portfolio.hedged_rate") and base.overridden == ()
    assert book.parameters["portfolio.hedged_rate"].source == "override in the account file"
    assert base.parameters["portfolio.hedged_rate"].source != "override in the account file"
    assert (book.name, book.title) == (base.name, base.title) and book.digest != base.digest


def test_dotted_and_nested_keys_say_the_same():
    nested, dotted = ({"base": "generic", "override": override} for override in (
        {"portfolio": {"hedged_rate": 0.02}}, {"portfolio.hedged_rate": 0.02}))
    assert load.resolve(nested).digest == load.resolve(dotted).digest


def test_an_empty_override_is_the_rulebook():
    assert load.resolve({"base": "generic", "override": {"options": {}}}) is load.load("generic")
    assert load.resolve({"base": "generic", "override": {}}) is load.load("generic") is load.resolve({"base": "generic"})


def test_the_hash_is_of_the_values_only():
    assert load.read(GENERIC.replace("Haircut of any asset", "The haircut of any asset")).digest == load.load("generic").digest
    assert load.read(edited("[collateral.other_haircut]\nvalue = 0.20", "[collateral.other_haircut]\nvalue = 0.21")).digest \
        != load.load("generic").digest


@pytest.mark.parametrize("name", load.names())
def test_every_parameter_of_a_rulebook_has_unit_meaning_source_and_date(name):
    book = load.load(name)
    shown = output.rulebook(book)
    assert shown["name"] == name and json.dumps(shown, allow_nan=False)
    for parameter in shown["parameters"].values():
        assert all(parameter[key] for key in ("unit", "meaning", "source", "date"))
    assert book.limits


# E4: one case per parameter, at its least and at its most ----------------------------------------------------------

RICH = [perpetual(30_000.0, 95.0), perpetual(-9_000.0, 100.0, underlying="ETH", settlement="inverse"), future(-12_000.0, 104.0),
        call(104.0, -4_000.0, seconds=7 * DAY), put(92.0, -6_000.0), call(130.0, 2_500.0, seconds=YEAR),
        put(40.0, -900.0, underlying="ETH", seconds=10 * 3600), call(400.0, -20_000.0, underlying="SOL", iv=0.1),
        call(2.0, 90_000.0, underlying="XRP", seconds=3 * DAY), put(2.0, 90_000.0, underlying="XRP", seconds=90 * DAY)]
HELD = [cash(900_000), coin("BTC", 4_000.0), coin("SOL", 2_000.0)]
PRICES = {"BTC": {"price": 100.0, "volatility": 0.6}, "ETH": {"price": 50.0, "volatility": 0.8}, "SOL": {"price": 20.0},
          "XRP": {"price": 2.0, "volatility": 0.9}}
ROW = [{"move": -0.5, "volatility": "up", "weight": 0.9}]
EXTREMES = {
    "collateral.haircuts": ({"BTC": 0.0, "ETH": 0.0}, {"BTC": 1.0}),
    "collateral.other_haircut": (0.0, 1.0),
    "tiers.steps": (STEPS[:1], [STEPS[0] | {"initial": 1.0, "maintenance": 1.0}]),
    "options.initial_rate": (0.0, 1.0),
    "options.initial_floor": (0.075, 1.0),
    "options.maintenance_rate": (0.0, 0.10),
    "portfolio.moves": ([0.0], [-0.99, 0.0, 3.0]),
    "portfolio.volatility_up": (0.0, 20.0),
    "portfolio.volatility_down": (0.0, 1.0),
    "portfolio.pivot_days": (1e-3, 1e4),
    "portfolio.floor_days": (1e-3, 365.0),
    "portfolio.short_power": (0.0, 2.0),
    "portfolio.long_power": (0.0, 2.0),
    "portfolio.extended_rows": (ROW, [*ROW, {"move": 2.0, "volatility": "down", "weight": 1.0}]),
    "portfolio.short_option_minimum": (0.0, 1.0),
    "portfolio.hedged_rate": (0.0, 1.0),
    "portfolio.initial_factor": (1.0, 10.0),
}
NO_CASE = {"portfolio.aggregate": "one aggregate only",
           "portfolio.tie": "chooses which of equally bad rows is named, no amount"}


def amounts(doc):
    got = compared(doc).modes
    return {mode: (got[mode].head.equity, got[mode].head.initial_margin, got[mode].head.maintenance_margin) for mode in got}


@pytest.mark.parametrize("key", list(EXTREMES))
def test_E4_every_parameter_changes_the_figures_at_its_extremes(key):
    doc = document(RICH, HELD, PRICES)
    usual = amounts(doc)
    for value in EXTREMES[key]:
        at_extreme = amounts(changed(doc, rules={"base": "generic", "override": {key: copy.deepcopy(value)}}))
        assert at_extreme != usual, (key, value)


def test_E4_no_parameter_is_left_out():
    """Conventions, which have a default, are in `test_conventions`."""
    conventions = {key for key, known in load.meanings().items() if "default" in known}
    assert set(EXTREMES) | set(NO_CASE) == set(load.load("generic").parameters) - conventions - {"tiers.style"}


def test_a_rulebook_of_another_account_changes_nothing():
    doc = accounts.random_account(5)
    before = amounts(doc)
    amounts(changed(doc, rules={"base": "generic", "override": {"portfolio.hedged_rate": 0.5}}))
    assert amounts(doc) == before
