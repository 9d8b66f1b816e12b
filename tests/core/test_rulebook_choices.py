"""What an account says of rules, taken apart and put together; how rulebooks differ; the file of one's own."""

import json

import pytest

from risk_core.errors import ABSENT, Refused
from risk_core.rulebooks import choices, kinds, load, own_file
from risk_core.rulebooks.choices import Chosen, Difference

MIXED = {"base": "generic", "override": {"portfolio.hedged_rate": 0.02, "collateral": {"haircuts": {"BTC": 0.1, "ETH": 0.05}}}}
NESTED = {"base": "generic", "override": {"collateral": {"haircuts": {"BTC": 0.1}}, "portfolio": {"hedged_rate": 0.02}}}


def test_rules_come_apart_and_together_without_what_is_the_bases_own():
    found = choices.chosen(MIXED)
    assert found.base == "generic" and set(found.changes) == {"portfolio.hedged_rate", "collateral.haircuts"}
    assert found.rules == NESTED
    assert load.resolve(found.rules).digest == load.resolve(MIXED).digest
    assert choices.chosen("generic").rules == "generic"


def test_a_value_is_laid_over_and_taken_away():
    one = Chosen("generic", {}).having("portfolio.hedged_rate", 0.02)
    assert one.rules == {"base": "generic", "override": {"portfolio": {"hedged_rate": 0.02}}}
    assert one.having("portfolio.hedged_rate", 0.005).rules == "generic"
    assert one.having("options.initial_rate", 0.2).without("portfolio.hedged_rate").rules == {
        "base": "generic", "override": {"options": {"initial_rate": 0.2}}}
    assert one.without("portfolio.hedged_rate").rules == "generic"


@pytest.mark.parametrize("rules", ["nowhere", {"base": "generic", "override": {"nothing": 1}}, 3])
def test_rules_that_are_not_sound_are_refused(rules):
    with pytest.raises(Refused):
        choices.chosen(rules)
    with pytest.raises(Refused):
        _ = Chosen("generic", {"portfolio.hedged_rate": -1}).rules


def test_differences_are_the_values_that_differ():
    base, other = load.load("generic"), load.resolve(MIXED)
    found = choices.differences(base, other)
    assert [one.key for one in found] == [key for key in base.parameters if key in other.overridden]
    assert Difference("portfolio.hedged_rate", 0.005, 0.02) in found
    assert choices.differences(base, base) == ()
    lacking = base.model_copy(update={"parameters": {k: v for k, v in base.parameters.items() if k != "portfolio.tie"}})
    assert choices.differences(base, lacking) == (Difference("portfolio.tie", 1e-9, ABSENT),)
    assert choices.differences(lacking, base) == (Difference("portfolio.tie", ABSENT, 1e-9),)


def test_every_parameter_has_a_kind_that_fits_its_value():
    found = kinds.kinds()
    for name in load.names():
        for key, one in load.load(name).parameters.items():
            fitting = {dict: {kinds.SHARES}, str: {kinds.CHOICE, kinds.TEXT}, float: {kinds.NUMBER}, int: {kinds.NUMBER},
                       list: {kinds.ROWS, kinds.NUMBERS}}[type(one.value)]
            assert found[key].sort in fitting, (name, key)
    assert list(found["tiers.steps"].columns) == ["from", "initial", "maintenance", "initial_deduction", "maintenance_deduction"]
    assert found["portfolio.extended_rows"].columns["volatility"].options == ("up", "same", "down", "skew", "wings")


@pytest.mark.parametrize("rules", ["generic", NESTED])
def test_a_file_comes_back_as_it_was(rules):
    back = own_file.read(own_file.write("House – “ü”", rules))
    assert (back.name, back.rules) == ("House – “ü”", rules)
    assert own_file.read("\ufeff" + own_file.write("n", MIXED)).rules == NESTED


GOOD = {"format": own_file.FORMAT, "name": "n", "base": "generic", "override": {}}


@pytest.mark.parametrize(("text", "path"), [
    ("[1]", "$"), ("{", "$"),
    (json.dumps(GOOD | {"format": "other"}), "format"), (json.dumps({k: v for k, v in GOOD.items() if k != "format"}), "format"),
    (json.dumps(GOOD | {"name": " "}), "name"), (json.dumps(GOOD | {"name": "n" * 81}), "name"), (json.dumps(GOOD | {"name": 3}), "name"),
    (json.dumps(GOOD | {"colour": 1}), "colour"), (json.dumps(GOOD | {"base": "nowhere"}), "rules.base"),
    (json.dumps(GOOD | {"override": {"portfolio": {"hedged_rate": -1}}}), "rules.override.portfolio.hedged_rate"),
    (json.dumps(GOOD | {"override": {"portfolio": {"hedged_rate": float("nan")}}}), "rules.override.portfolio.hedged_rate"),
    (json.dumps(GOOD)[:-1] + ', "name": "m"}', "name"),
    (json.dumps(GOOD).replace('{}', '{"tiers": {"steps": [{"from": 0, "from": 0}]}}'), "override.tiers.steps[0].from"),
])
def test_a_file_that_is_not_sound_is_refused_with_its_place(text, path):
    with pytest.raises(Refused) as refused:
        own_file.read(text)
    assert path in [problem.path for problem in refused.value.problems]
