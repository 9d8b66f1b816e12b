"""What a refusal says: every problem at once, none that follows from another, each in one line with the file's value."""

import json

import pytest

from risk_core.__main__ import main
from risk_core.errors import Problem, Refused
from risk_core.portfolio.account_file import read
from risk_core.portfolio.schema import account_schema
from risk_core.rulebooks import load
from tests.core.books import DAY, call, cash, coin, document, instant, perpetual

BARE = {"BTC": {"price": 100.0}}
LATER = instant(35 * DAY)


def refusals(doc):
    """(path, value) of every problem, in the order told."""
    with pytest.raises(Refused) as refused:
        read(json.dumps(doc))
    return [(problem.path, problem.value) for problem in refused.value.problems]


def surface(*points):
    return {"BTC": {"price": 100.0, "volatility": [{"expiry": LATER, "strike": k, "iv": iv} for k, iv in points]}}


@pytest.mark.parametrize("name", ["", "  ", "A\nB", "A\x7f", "\x1b[31m", "\t", "A\n"])
@pytest.mark.parametrize("block", ["underlyings", "assets"])
def test_a_name_that_cannot_be_shown_is_refused(block, name):
    doc = document(assets={"USDT": 1.0})
    doc["market"][block][name] = {"price": 1.0} if block == "underlyings" else 1.0
    assert refusals(doc) == [(f"market.{block}.{name}", name)]
    names = account_schema()["properties"]["market"]["properties"][block]["propertyNames"]["pattern"]
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    assert not jsonschema.Draft202012Validator({"type": "string", "pattern": names}).is_valid(name)


@pytest.mark.parametrize("name", ["BTC", "Ünit 1", "比特", "a.b[0]", "'; --", "🪙"])
def test_a_name_of_any_script_is_taken(name):
    read(json.dumps(document(underlyings={name: {"price": 1.0}})))


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\x1b[2J", "\x9b"])
def test_a_problem_is_one_line_whatever_the_file_says(end, tmp_path, capsys):
    file = tmp_path / f"a{end}b.json"
    file.write_text(json.dumps({f"x{end}y": f"1{end}2", **document([perpetual(0, 90.0)], 5)}), encoding="utf-8")
    assert main(["evaluate", str(file)]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2 and all(character.isprintable() for character in told.replace("\n", ""))
    assert told.count(f"\\u{ord(end[0]):04x}") >= 3


def test_a_repeated_forward_is_named_as_the_file_says_it():
    forwards = [{"expiry": LATER, "price": 101.0}, {"expiry": LATER.replace("Z", "+00:00"), "price": 101.0}]
    doc = document(underlyings={"BTC": {"price": 100.0, "forwards": forwards}})
    assert refusals(doc) == [("market.underlyings.BTC.forwards[1].expiry", forwards[1]["expiry"])]


def test_a_repeated_point_is_told_whatever_else_is_wrong_with_either():
    point = "market.underlyings.BTC.volatility"
    doc = document(underlyings=surface((100, "0.5"), (100.0, 0.6), (100, -1)))
    assert refusals(doc) == [(f"{point}[0].iv", "0.5"), (f"{point}[2].iv", -1),
                             *((f"{point}[{i}]", doc["market"]["underlyings"]["BTC"]["volatility"][i]) for i in (1, 2))]


@pytest.mark.parametrize("fault", [{"expiry": "soon"}, {"expiry": instant(-DAY)}, {"mark_price": "1"}, {"mark_price": -1.0},
                                   {"strike": 0}, {"type": "both"}, {"settlement": 1}])
def test_an_option_without_volatility_is_told_beside_its_other_faults(fault):
    (key, value), = fault.items()
    assert refusals(document([call(110.0, -1.0) | fault], 5, BARE)) == [
        (f"positions[0].{key}", value), ("positions[0].iv", refusals(document([call(110.0, -1.0)], 5, BARE))[0][1])]


@pytest.mark.parametrize("market", [{}, {"as_of": "today"}])
def test_an_option_that_may_share_a_volatility_is_not_said_to_lack_one(market):
    legs = [call(110.0, -1.0) | {"expiry": "soon"}, call(110.0, 2.0, iv=0.5), call(110.0, 1.0), call(110.0, 1.0) | {"type": 3}]
    found = [path for path, _ in refusals(document(legs, 5, BARE) | market)]
    assert sorted(found) == sorted(["positions[0].expiry", "positions[3].type", *market])


def test_different_marks_are_told_without_a_clock():
    legs = [perpetual(1.0, 90.0, mark_price=99.0), perpetual(2.0, 90.0, mark_price=98.0)]
    found = [path for path, _ in refusals(document(legs, 5) | {"as_of": 3})]
    assert found == ["as_of", "positions[1].mark_price"]


@pytest.mark.parametrize(("key", "value"), [("underlyings", []), ("underlyings", None), ("assets", 7), ("assets", [])])
def test_no_asset_lacks_a_price_where_what_gives_prices_is_no_block(key, value):
    doc = document([perpetual(1.0, 90.0)], [cash(5), coin("GOLD", 1.0)])
    doc["market"][key] = value
    assert refusals(doc) == [(f"market.{key}", value)]
    del doc["market"][key]
    told = [path for path, _ in refusals(doc)]
    assert told == (["market.underlyings"] if key == "underlyings" else ["collateral[1].asset"])


def test_two_correlations_of_a_pair_must_agree():
    doc = document(correlation={"BTC/ETH": 0.5, "ETH/BTC": 0.6})
    assert refusals(doc) == [("market.correlation.ETH/BTC", 0.6)]
    read(json.dumps(document(correlation={"ETH/BTC": 0.5, "BTC/ETH": 0.5})))
    assert [path for path, _ in refusals(document(correlation={"ETH/BTC": 2, "BTC/ETH": 0.5}))] == ["market.correlation.ETH/BTC"]


@pytest.mark.parametrize("change", [{"options": {"initial_floor": 0.01}}, {"options.initial_floor": 0.01}])
def test_a_fault_between_keys_of_an_override_shows_what_was_written(change):
    with pytest.raises(Refused) as refused:
        load.resolve({"base": "generic", "override": change | {"futures": {"profit": "losses only"}}})
    rule = "initial_floor must not be below maintenance_rate"
    assert refused.value.problems == (Problem("rules.override.options", {"initial_floor": 0.01}, rule),)
