"""The table of laws names every law, and every test it points at is there."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from hypothesis import settings

from tests.conftest import ROOT
from tests.core import brute, test_against_oracle, test_search

HERE = Path(__file__).parent
COUNTS = {"A": 12, "T": 15, "S": 16, "R": 14, "L": 23, "P": 13, "N": 12, "F": 28}
TABLE = (HERE / "laws.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([A-Z]\d+) \| .* \| (.*) \|$", TABLE, re.MULTILINE))


def laws_with_tests():
    """Law → files with a test of its name."""
    found = defaultdict(set)
    for path in HERE.glob("test_*.py"):
        for prefix in re.findall(r"^def test_((?:[A-Z]\d+_)+)", path.read_text("utf-8"), re.MULTILINE):
            for law in prefix.rstrip("_").split("_"):
                found[law].add(path.stem)
    return found


def test_every_law_has_a_row():
    assert set(ROWS) == {f"{letter}{i}" for letter, count in COUNTS.items() for i in range(1, count + 1)}


def test_every_row_names_the_files_that_hold_it_or_a_reason():
    holds = laws_with_tests()
    for law, cell in ROWS.items():
        if cell.startswith("left out: "):
            assert law not in holds, law
        else:
            assert set(re.findall(r"`(\w+)`", cell)) == holds[law], law


def examples(profile):
    return settings.get_profile(profile).max_examples


def test_the_numbers_told_are_those_that_run():
    """What a stop takes, also where the environment asks for other numbers."""
    told, readme = (" ".join(text.split()) for text in (TABLE, (ROOT / "README.md").read_text("utf-8")))
    accounts, walked, nodes = test_against_oracle.AT_A_STOP, test_search.AT_A_STOP, brute.NODES
    assert f"`stop` ({examples('stop')} fixed examples a law)" in told
    assert f"`HYPOTHESIS_PROFILE=nightly` ({examples('nightly'):,} random examples a law)" in told
    assert f"{accounts:,} random accounts are held against the scalar twin" in told
    assert f"{walked} against a walk of {nodes:,} nodes" in told
    assert f"agrees with the engine on {accounts:,} random accounts" in readme
    assert f"the levels of {walked} books with walks of {nodes:,} prices" in readme
    assert f"on {examples('stop')} drawn examples each" in readme


def test_a_law_takes_no_fewer_examples_than_the_profile():
    """Sweeps of conventions may: they are no laws of the table."""
    count, fewer = 0, []
    for path in HERE.glob("test_*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        own = {ast.unparse(one.targets[0]) for one in tree.body
               if isinstance(one, ast.Assign) and ast.unparse(one.value).startswith("settings(")}
        for function in (one for one in tree.body if isinstance(one, ast.FunctionDef)):
            decorators = [ast.unparse(one) for one in function.decorator_list]
            if re.match(r"test_[A-Z]\d+_", function.name) and any(one.startswith("given(") for one in decorators):
                count += 1
                fewer += [function.name for one in decorators if one in own or one.startswith("settings(")]
    assert count >= 100 and not fewer
