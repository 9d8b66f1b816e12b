"""The JSON Schema says what the checks say, field by field."""

import copy
import json

import pytest
from hypothesis import given, settings

from risk_core.errors import Refused
from risk_core.portfolio import fields
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.instruments import KINDS, ORDERED
from risk_core.portfolio.schema import account_schema
from tests import accounts
from tests.conftest import ROOT
from tests.core import strategies as some
from tests.core.books import DAY, call, cash, coin, document, future, instant, perpetual, put

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
SAMPLES = sorted((ROOT / "db/samples").glob("*.margin.json"))
VALIDATOR = jsonschema.Draft202012Validator(account_schema())


def whole():
    """An account file with every field there is."""
    market = {"BTC": {"price": 100.0, "rate": 0.01, "funding_8h": 0.0001, "daily_volatility": 0.03,
                      "forwards": [{"expiry": instant(35 * DAY), "price": 101.0}],
                      "volatility": [{"expiry": instant(30 * DAY), "strike": 100.0, "iv": 0.5}]},
              "ETH": {"price": 50.0, "volatility": 0.7}}
    legs = [perpetual(1.0, 100.0, leverage=5, mark_price=100.5, mode="isolated", isolated_margin=20.0, enabled=True,
                      unsettled_funding=-1.5),
            future(-100.0, 100.0, settlement="inverse", leverage=2, mark_price=101.0),
            call(110.0, -1.0, entry_price=2.0, iv=0.6, mode="cross"), put(90.0, 1.0, mark_price=1.0, isolated_margin=0)]
    doc = document(legs, [cash(1_000), coin("BTC", -0.5)], market, {"base": "generic", "override": {}},
                   assets={"USDT": 1.0}, correlation={"BTC/ETH": 0.8})
    resting = [{"id": "bid", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 1.0, "price": 99.0,
                "leverage": 5},
               {"id": "ask", "kind": "future", "underlying": "BTC", "settlement": "inverse", "quantity": -100.0, "price": 104.0,
                "expiry": instant(35 * DAY)}]
    return doc | {"name": "Everything", "orders": resting}


def accepted(doc):
    """Whether the checks accept the document, judged by its own fields only."""
    try:
        read_document(doc)
    except Refused:
        return False
    return True


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(account_schema())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_validates(path):
    assert list(VALIDATOR.iter_errors(json.loads(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("seed", range(60))
def test_every_random_account_validates(seed):
    assert list(VALIDATOR.iter_errors(json.loads(json.dumps(accounts.random_account(seed))))) == []


@settings(max_examples=30)
@given(doc=some.accounts(apart=True))
def test_every_drawn_account_validates(doc):
    assert VALIDATOR.is_valid(doc)


def objects(doc):
    """(path, object, table of its fields) for every object of the file."""
    yield from ((("positions", i), leg, KINDS[leg["kind"]].fields) for i, leg in enumerate(doc["positions"]))
    yield from ((("orders", i), row, ORDERED[row["kind"]]) for i, row in enumerate(doc["orders"]))
    yield from ((("collateral", i), row, fields.BALANCE) for i, row in enumerate(doc["collateral"]))
    btc = ("market", "underlyings", "BTC")
    yield btc, doc["market"]["underlyings"]["BTC"], fields.UNDERLYING
    yield (*btc, "forwards", 0), doc["market"]["underlyings"]["BTC"]["forwards"][0], fields.FORWARD
    yield (*btc, "volatility", 0), doc["market"]["underlyings"]["BTC"]["volatility"][0], fields.VOLATILITY_POINT


def at(doc, path):
    for key in path:
        doc = doc[key]
    return doc


BAD = [None, True, "12", "", "  ", [], {}, 0, -1, -1e-9, 1e-31, 1e31, -1e31, 1.5, 10**40, "maybe", "2026-12-20", "cross"]
PLACES = [pytest.param(path, field, id=".".join(map(str, (*path, field.name))))
          for path, _, table in objects(whole()) for field in table]


@pytest.mark.parametrize(("path", "field"), PLACES)
def test_schema_and_checks_refuse_the_same_values(path, field):
    """Field rules only: whatever value the rule of a field refuses, the schema refuses, and the other way round."""
    for value in BAD:
        doc = copy.deepcopy(whole())
        at(doc, path)[field.name] = value
        by_rule = field.rule(value) is None
        assert not by_rule or field.name in ("kind", "expiry") or VALIDATOR.is_valid(doc), (field.name, value)
        if not by_rule and field.schema.get("format") != "date-time":
            assert not VALIDATOR.is_valid(doc), (field.name, value)


@pytest.mark.parametrize(("path", "field"), PLACES)
def test_schema_and_checks_agree_on_what_is_required(path, field):
    doc = copy.deepcopy(whole())
    at(doc, path).pop(field.name, None)
    assert VALIDATOR.is_valid(doc) is not field.required
    assert not field.required or not accepted(doc)


@pytest.mark.parametrize("path", [(), ("market",), *(path for path, _, _ in objects(whole()))])
def test_unknown_keys_are_refused_by_both(path):
    doc = whole()
    at(doc, path)["colour"] = 1
    assert not VALIDATOR.is_valid(doc) and not accepted(doc)


@pytest.mark.parametrize("kind", list(KINDS))
def test_keys_of_other_kinds_are_refused_by_both(kind):
    for key in KINDS[kind].refused:
        doc = whole()
        leg = next(leg for leg in doc["positions"] if leg["kind"] == kind)
        leg[key] = 1
        assert not VALIDATOR.is_valid(doc) and not accepted(doc), key


@pytest.mark.parametrize("key", ["format", "as_of", "market", "collateral", "positions"])
def test_required_at_the_top(key):
    doc = whole()
    del doc[key]
    assert not VALIDATOR.is_valid(doc) and not accepted(doc)


def test_every_field_of_the_schema_is_described():
    listed = account_schema()["properties"]
    for kind in (*listed["positions"]["items"]["oneOf"], *listed["orders"]["items"]["oneOf"]):
        assert all(field["description"] for name, field in kind["properties"].items() if name != "kind")
