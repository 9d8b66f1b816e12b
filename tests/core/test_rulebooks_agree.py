"""Rulebooks that say they follow another one do, and the override shown in the documents works."""

import json
import re

import pytest

from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import result

FOLLOWERS = [(name, leader) for name in load.names() for limit in load.load(name).limits
             for leader in re.findall(r"utures and perpetuals.* follow ([\w-]+)\.", limit)]
OWN_CHOICE = {("binance-pm", "tiers.as_of")}
"""Tables of earlier days belong to the rulebook that ships them."""


def test_venues_whose_portfolio_margin_shares_the_tiers_say_so():
    assert {("okx-pm", "okx-style"), ("bybit-options", "bybit-style"), ("binance-pm", "binance-style"),
            ("deribit-pm", "deribit-style"), ("paradex-pm", "paradex-style")} <= set(FOLLOWERS)


@pytest.mark.parametrize(("name", "leader"), FOLLOWERS)
def test_a_rulebook_has_the_tiers_of_the_one_it_follows(name, leader):
    mine, other = load.load(name).rules.tiers, load.load(leader).rules.tiers
    for key in type(mine).model_fields:
        if (name, f"tiers.{key}") not in OWN_CHOICE:
            assert getattr(mine, key) == getattr(other, key), key


def test_the_override_in_the_documents_asks_what_they_say():
    text = (ROOT / "docs/methods/addons.md").read_text("utf-8")
    document = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    base = document["rules"]["base"]
    asked, without = (result(document | {"rules": rules}, "portfolio").head
                      for rules in (document["rules"], base))
    assert without.maintenance_margin == pytest.approx(13.28e6)
    assert asked.maintenance_margin - without.maintenance_margin == pytest.approx(848_528.14, abs=0.01)
    assert asked.initial_margin - without.initial_margin == pytest.approx(848_528.14 * 1.2, abs=0.02)


def test_the_documents_list_the_addons_that_no_shipped_rulebook_has():
    text = (ROOT / "docs/methods/addons.md").read_text("utf-8")
    told = re.search(r"Eight are in no shipped rulebook; by override only: (.*?)\. "
                     r"An override needs a base that has add-ons \((.*?)\)", text, re.DOTALL)
    ruled = {name: load.load(name).rules.addons for name in load.names()}
    used = {key for addons in ruled.values() if addons for key in type(addons).model_fields if getattr(addons, key)}
    every = {key for addons in ruled.values() if addons for key in type(addons).model_fields}
    assert set(re.findall(r"`(\w+)`", told[1])) == every - used
    assert set(re.findall(r"`([\w-]+)`", told[2])) == {name for name, addons in ruled.items() if addons}
