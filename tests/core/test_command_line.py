"""The command line: what it prints, where, and with which exit status."""

import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from db.samples import SAMPLES
from risk_core import __main__ as command
from risk_core.__main__ import main
from risk_core.liquidation import search
from risk_core.portfolio.schema import account_schema
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import call, cash, coin, document, future, perpetual, put

APART = perpetual(10.0, 100.0, leverage=10, mode="isolated", isolated_margin=60.0)
DOC = document([APART, call(110.0, -1.0), put(90.0, -1.0)], 150)
HEAD = ["equity", "initial_margin", "maintenance_margin", "buffer", "available"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "account.margin.json"
    path.write_text(json.dumps(DOC), encoding="utf-8")
    return str(path)


def run(capsys, *arguments):
    """(exit status, standard output, standard error)."""
    status = main(list(arguments))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_evaluate_has_the_form_of_the_contract(file, capsys):
    status, out, err = run(capsys, "evaluate", file, "--json")
    result = json.loads(out)
    assert (status, err) == (0, "") and list(result) == ["file", "hash", "rules", "modes"]
    assert result["file"] == file and result["hash"].startswith("sha256:") and len(result["hash"]) == 71
    assert result["rules"] == {"name": "generic", "hash": load.load("generic").digest}
    assert list(result["modes"]) == ["as_held", "isolated", "cross", "portfolio"]
    for name, mode in result["modes"].items():
        pool = ["pool"] if name in ("as_held", "isolated") else []
        assert list(mode) == [*HEAD, "maintenance_used", *pool, "positions", "liquidation", "worst", "shares"]
        assert list(mode["liquidation"]) == ["BTC"] and set(mode["liquidation"]["BTC"]) == {"below", "above", "regions"}
        assert set(mode["worst"]) == {"what", "components"}
        assert not pool or list(mode["pool"]) == HEAD
        for leg in mode["positions"]:
            apart = name == "isolated" or (name == "as_held" and leg["id"] == "p0")
            assert list(leg) == ["id", "notional", "unrealised_pnl", "initial_margin", "maintenance_margin", "liquidation_price",
                                 "bankruptcy_price", *(["pledged", "equity", "buffer"] if apart else [])]
            assert (leg["initial_margin"] is None) == (name == "portfolio")


def test_head_figures_are_sums_over_the_buckets(file, capsys):
    for mode in json.loads(run(capsys, "evaluate", file, "--json")[1])["modes"].values():
        parts = [mode.get("pool", mode), *(leg for leg in mode["positions"] if "pledged" in leg)]
        assert mode["equity"] == pytest.approx(sum(part["equity"] for part in parts))
        assert mode["buffer"] == pytest.approx(sum(part["buffer"] for part in parts))
        assert mode["buffer"] == mode["equity"] - mode["maintenance_margin"]
        assert mode["available"] == mode["equity"] - mode["initial_margin"]


@pytest.mark.parametrize(("chosen", "expected"), [
    ("cross", ["cross"]), ("portfolio,as_held", ["as_held", "portfolio"]), (" cross , cross ", ["cross"]),
    ("isolated,", ["isolated"])])
def test_modes_may_be_chosen(file, capsys, chosen, expected):
    status, out, _ = run(capsys, "evaluate", file, "--json", "--modes", chosen)
    assert status == 0 and list(json.loads(out)["modes"]) == expected


@pytest.mark.parametrize("chosen", ["", ",", "cross,other", "Cross", "hedge"])
def test_unknown_modes_are_refused(file, capsys, chosen):
    status, out, err = run(capsys, "evaluate", file, "--modes", chosen)
    assert (status, out) == (2, "") and err.startswith("--modes: ") and "portfolio" in err


def test_rules_may_be_named(file, capsys, tmp_path):
    other = tmp_path / "own.json"
    rules = {"base": "generic", "override": {"portfolio.hedged_rate": 0.4}}
    other.write_text(json.dumps(DOC | {"rules": rules}), encoding="utf-8")
    own, named = (json.loads(run(capsys, "evaluate", str(other), "--json", *more)[1]) for more in ((), ("--rules", "generic")))
    assert own["rules"]["hash"] != named["rules"]["hash"] == load.load("generic").digest
    status, out, err = run(capsys, "evaluate", file, "--rules", "nowhere")
    assert (status, out) == (2, "")
    assert err == f'{file}: rules: "nowhere": is not a rulebook; there are {", ".join(load.names())}\n'


def test_one_file_prints_one_object_several_one_a_line(file, capsys):
    one = run(capsys, "evaluate", file, "--json")[1]
    assert len(one.splitlines()) > 10
    two = run(capsys, "evaluate", file, file, "--json")[1]
    assert [json.loads(line) for line in two.splitlines()] == [json.loads(one)] * 2


def test_standard_input(file, capsys, monkeypatch):
    with open(file, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream.read()), encoding="ascii"))
    status, out, _ = run(capsys, "evaluate", "-", "--json")
    assert status == 0 and json.loads(out)["file"] == "-"


def test_standard_input_of_a_process(file):
    with open(file, "rb") as stream:
        done = subprocess.run([sys.executable, "-m", "risk_core", "evaluate", "-", "--json"], cwd=ROOT, stdin=stream,
                              capture_output=True, check=True)
    assert json.loads(done.stdout)["modes"] and done.stderr == b""


@pytest.mark.parametrize("make", [
    lambda path: None,                                                    # not there
    lambda path: path.mkdir(),                                            # a folder
    lambda path: path.write_bytes(b"\xff\xfe{}"),                         # not UTF-8
    lambda path: path.write_bytes(b"\x00\x01"),
    lambda path: path.write_text("{}", encoding="utf-8"),
])
def test_a_file_that_is_no_account_is_refused(make, tmp_path, capsys):
    path = tmp_path / "bad.json"
    make(path)
    status, out, err = run(capsys, "evaluate", str(path))
    assert (status, out) == (2, "") and all(line.startswith(f"{path}: ") for line in err.splitlines()) and err


def test_a_file_that_may_not_be_read(file, capsys, monkeypatch):
    def locked(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    status, out, err = run(capsys, "evaluate", file)
    assert (status, out) == (2, "") and err.startswith(f"{file}: $: ") and err.endswith(": cannot be read (Permission denied)\n")


def test_standard_input_is_read_once(capsys):
    status, out, err = run(capsys, "evaluate", "-", "-")
    assert (status, out) == (2, "") and "standard input can be read once" in err


def test_what_no_leg_has_a_part_of_is_told_where_there_is_some(tmp_path, capsys):
    path = tmp_path / "collar.json"
    path.write_text((SAMPLES / "03-collar.margin.json").read_text("utf-8"), encoding="utf-8")
    for rules in ("generic", "derive-pm2"):
        one = json.loads(run(capsys, "evaluate", str(path), "--json", "--rules", rules)[1])["modes"]["portfolio"]
        parts = math.fsum([*(share["euler"] for share in one["shares"]), one.get("unshared", 0.0)])
        assert math.isclose(parts, one["maintenance_margin"], rel_tol=1e-9)
        assert ("unshared" in one) == (rules == "derive-pm2")


def test_an_account_too_large_is_refused_with_its_file(tmp_path, capsys):
    path = tmp_path / "large.json"
    path.write_text(json.dumps(document([perpetual(1e23, 100.0)])), encoding="utf-8")
    status, out, err = run(capsys, "evaluate", str(path), "--json")
    assert (status, out) == (2, "") and err.startswith(f"{path}: $: ")


def test_levels_that_cannot_be_found_are_a_reason_not_a_bug(file, capsys, monkeypatch):
    monkeypatch.setattr(search, "MOST_POINTS", 3)
    status, out, err = run(capsys, "evaluate", file)
    assert (status, out) == (2, "") and "did not settle" in err


def test_a_bug_is_not_hidden(file, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(command, "compare", broken)
    with pytest.raises(ZeroDivisionError):
        main(["evaluate", file])
    program = "import risk_core.__main__ as m, sys\nm.compare = None\nsys.exit(m.main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", program, "evaluate", file], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1 and done.stdout == b""


def test_in_words(tmp_path, capsys):
    market = {"BTC": {"price": 100.0, "volatility": 0.6}, "ETH": {"price": 50.0}, "SOL": {"price": 20.0, "volatility": 0.9}}
    legs = [perpetual(10.0, 100.0), future(-10.0, 100.0), call(20.0, -3.0, underlying="SOL"), put(20.0, -3.0, underlying="SOL")]
    path = tmp_path / "words.json"
    path.write_text(json.dumps(document(legs, [cash(60), coin("ETH", 1.0)], market)), encoding="utf-8")
    status, out, err = run(capsys, "evaluate", str(path), "--modes", "cross")
    lines = out.splitlines()
    assert (status, err) == (0, "") and lines[0] == f"{path}  (Generic rules)"
    cells = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in lines[1:]}
    assert cells["dollars"] == "Cross" and cells["equity"] == "107.50"      # 60 + 50 × 0.95
    assert cells["liquidated at BTC"].startswith("above ") and cells["liquidated at ETH"].startswith("below ")
    assert cells["liquidated at SOL"].startswith("below ") and ", above " in cells["liquidated at SOL"]
    assert any(line.startswith("Cross: Largest part: ") for line in lines)


@pytest.mark.parametrize(("doc", "words"), [
    (document([perpetual(10.0, 100.0)], 1_000), "none"), (document([perpetual(1.0, 100.0)], -1e6), "any price"),
    (document([perpetual(1.0, 100.0), put(60.0, 3.0)], 25), " to ")])
def test_regions_in_words(doc, words, tmp_path, capsys):
    path = tmp_path / "regions.json"
    path.write_text(json.dumps(doc), encoding="utf-8")
    line = next(line for line in run(capsys, "evaluate", str(path), "--modes", "portfolio")[1].splitlines()
                if line.startswith("liquidated at"))
    assert words in line


def test_nobody_reading_on_is_no_bug(file, monkeypatch, tmp_path):
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

        def fileno(self):
            return descriptor

    with open(tmp_path / "sink", "wb") as sink:
        descriptor = sink.fileno()
        monkeypatch.setattr(sys, "stdout", Closed())
        assert main(["evaluate", file]) == 0


def test_rules_lists_every_rulebook(capsys):
    status, out, _ = run(capsys, "rules")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == list(load.names())
    status, out, _ = run(capsys, "rules", "--json")
    assert status == 0 and [row["name"] for row in json.loads(out)] == list(load.names())
    assert all(set(row) == {"name", "title", "hash"} for row in json.loads(out))


@pytest.mark.parametrize("name", load.names())
def test_rules_of_one_name_every_parameter_with_source_and_date(capsys, name):
    book = load.load(name)
    status, out, _ = run(capsys, "rules", name, "--json")
    shown = json.loads(out)
    assert status == 0 and set(shown["parameters"]) == set(book.parameters) and shown["hash"] == book.digest
    status, out, _ = run(capsys, "rules", name)
    assert status == 0
    for key, parameter in book.parameters.items():
        assert f"{key} = " in out and parameter.source in out and str(parameter.date) in out


def test_rules_of_an_unknown_name(capsys):
    status, out, err = run(capsys, "rules", "nowhere")
    assert (status, out) == (2, "") and err.startswith('rules: "nowhere": is not a rulebook')


def test_schema(capsys):
    status, out, _ = run(capsys, "schema")
    assert status == 0 and json.loads(out) == account_schema()


@pytest.mark.parametrize("arguments", [[], ["evaluate"], ["other"], ["evaluate", "x", "--colour"]])
def test_a_command_nobody_knows_has_exit_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    printed = capsys.readouterr()
    assert stopped.value.code == 2 and printed.out == "" and "usage" in printed.err


