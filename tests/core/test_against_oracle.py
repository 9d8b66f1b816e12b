"""E5: every figure of every mode against the slow scalar twin, directly and through the command line.

MARGINSCOPE_SEEDS sets how many random accounts; sums agree to 1e-12 of the account's scale, levels to 1e-8.
"""

import json
import math
import os
import subprocess
import sys

import pytest

from risk_core import output
from risk_core.__main__ import main
from risk_core.errors import one_line
from tests import accounts, oracle
from tests.conftest import NIGHTLY, ROOT
from tests.core.books import compared, scale

AT_A_STOP = 300
SEEDS = int(os.environ.get("MARGINSCOPE_SEEDS", AT_A_STOP))
BATCH = 50
NODES = 400 if NIGHTLY else 60
"""Nodes of the scalar twin's walk beside every kink: a pair of roots it missed would show as a difference."""
SUMS = ("equity", "initial_margin", "maintenance_margin", "buffer", "available")
LEVELS = ("liquidation_price", "bankruptcy_price")


def differences(got, true, size, at=""):
    """Paths at which two results differ, with both values."""
    if isinstance(true, dict):
        missing = [f"{at}.{key} is missing" for key in true.keys() - got.keys()]
        shared = sorted(true.keys() & got.keys())
        return missing + [line for key in shared for line in differences(got[key], true[key], size, f"{at}.{key}")]
    if isinstance(true, list):
        if len(got) != len(true):
            return [f"{at}: {got} instead of {true}"]
        return [line for i, pair in enumerate(zip(got, true, strict=True)) for line in differences(*pair, size, f"{at}[{i}]")]
    return [] if same(got, true, size, at) else [f"{at}: {got!r} instead of {true!r}"]


def same(got, true, size, at):
    if true is None or got is None or isinstance(true, str):
        return got == true
    if "liquidation" in at or at.endswith(LEVELS):
        return math.isclose(got, true, rel_tol=1e-8)
    return math.isclose(got, true, rel_tol=0.0, abs_tol=1e-12 * size)


def without_words(mode):
    """A mode's result less what the oracle does not say, and less the one ratio."""
    return {key: value for key, value in mode.items() if key not in ("worst", "shares", "maintenance_used")}


def same_ratio(got, true, size):
    """Maintenance ÷ equity as exact as equity is; an equity within 1e-12 of the scale may be 0 to one and not to the other."""
    used, doubt = true["maintenance_used"], 1e-12 * size / max(abs(true["equity"]), 1e-300)
    if doubt >= 1.0 or None in (used, got["maintenance_used"]):
        return doubt >= 1.0 or used is got["maintenance_used"]
    return math.isclose(got["maintenance_used"], used, rel_tol=0, abs_tol=2 * doubt * (1 + used))


def check(got, doc):
    true = oracle.evaluate(doc, nodes=NODES)["modes"]
    size = scale(doc)
    assert list(got) == list(oracle.MODES)
    found = [f"{mode}{line}" for mode in true
             for line in differences(without_words(got[mode]), without_words(true[mode]), size)]
    assert not found, found
    assert all(same_ratio(got[mode], true[mode], size) for mode in true)
    for mode, result in got.items():
        parts = [part["amount"] for part in result["worst"]["components"]]
        assert math.isclose(math.fsum(parts), true[mode]["maintenance_margin"], rel_tol=0, abs_tol=1e-12 * size), mode


@pytest.mark.parametrize("seed", range(SEEDS))
def test_N2_E5_every_figure_of_every_mode(seed):
    doc = accounts.random_account(seed)
    check(json.loads(json.dumps(output.comparison(compared(doc), "file"), allow_nan=False))["modes"], doc)


def test_E5_a_batch_of_files_through_the_command_line(tmp_path, capsys):
    docs = {str(tmp_path / f"{seed}.margin.json"): accounts.random_account(seed) for seed in range(10_000, 10_000 + BATCH)}
    for name, doc in docs.items():
        with open(name, "w", encoding="utf-8") as file:
            json.dump(doc, file)
    assert main(["evaluate", "--json", *docs]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == list(docs)
    for line, doc in zip(lines, docs.values(), strict=True):
        check(line["modes"], doc)


@pytest.mark.parametrize("hundred", range(4))
def test_E5_refused_files_name_exactly_the_faults(hundred, tmp_path, capsys):
    for seed in range(100 * hundred, 100 * hundred + 100):
        text, paths = accounts.refused_accounts(seed)
        file = tmp_path / f"{seed}.json"
        file.write_text(text, encoding="utf-8")
        assert main(["evaluate", "--json", str(file)]) == 2
        printed = capsys.readouterr()
        prefix = f"{file}: "
        assert printed.out == "" and all(line.startswith(prefix) for line in printed.err.splitlines()), seed
        assert {line.removeprefix(prefix).split(": ")[0] for line in printed.err.splitlines()} == \
            set(map(one_line, paths)), (seed, printed.err)


def test_E5_one_refused_file_among_many_and_none_is_printed(tmp_path, capsys):
    bad, paths = accounts.refused_accounts(7)
    files = []
    for i, text in enumerate((json.dumps(accounts.random_account(1)), bad, json.dumps(accounts.random_account(2)), bad)):
        files.append(str(tmp_path / f"{i}.json"))
        (tmp_path / f"{i}.json").write_text(text, encoding="utf-8")
    assert main(["evaluate", "--json", *files]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    named = {tuple(line.split(": ")[:2]) for line in printed.err.splitlines()}
    assert named == {(files[i], one_line(path)) for i in (1, 3) for path in paths}


def test_E5_as_a_process_of_its_own(tmp_path):
    doc = accounts.random_account(11)
    (tmp_path / "a.json").write_text(json.dumps(doc), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "risk_core", "evaluate", "--json", str(tmp_path / "a.json")], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    check(json.loads(done.stdout)["modes"], doc)
