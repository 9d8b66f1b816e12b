"""Published and recorded venue cases through the engine. `python -m tests.golden` runs files of the same layout."""

import json
from pathlib import Path

import pytest

from tests.golden.__main__ import main, misses

HERE = Path(__file__).parent
CASES = json.loads((HERE / "published.json").read_text("utf-8"))
SHARED = HERE.parents[2] / "shared" / "golden"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    assert misses(case) == []


def test_a_wrong_figure_is_a_miss_and_the_exit_status_says_so(tmp_path, capsys):
    wrong = json.loads(json.dumps(CASES[0]))
    key = next(iter(wrong["expected"]))
    wrong["expected"][key] = 1.0
    (tmp_path / "cases.json").write_text(json.dumps([CASES[0], wrong]))
    assert main([str(tmp_path / "cases.json")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 matched, 2 total"


@pytest.mark.skipif(not SHARED.exists(), reason="the whole sets of venue cases are not beside this checkout")
def test_the_whole_sets_run_to_their_last_line(capsys):
    main([str(SHARED / "isolated_cross.json")])
    assert capsys.readouterr().out.splitlines()[-1].endswith("matched, 107 total")


def derive_cases():
    cases = json.loads((SHARED / "portfolio.json").read_text("utf-8")) if SHARED.exists() else []
    return [case for case in cases if case["system"].startswith("Derive ")]


@pytest.mark.skipif(not SHARED.exists(), reason="the whole sets of venue cases are not beside this checkout")
@pytest.mark.parametrize("system", sorted({case["system"] for case in derive_cases()}) or [None])
def test_every_case_of_a_manager_of_derive_matches(system):
    missed = {case["id"]: misses(case) for case in derive_cases() if case["system"] == system}
    assert missed and not any(missed.values())
