"""The benchmark runs, its tables parse, and a contest tells who is left out and why. No assertion on a time."""

import json

import numpy as np
import pytest

import app
from benchmarks import adapter, browser_latency, page_cpu, peers, store_writers, targets
from benchmarks.__main__ import main
from benchmarks.contest import OURS, Table, WrongAnswer, contest
from benchmarks.level_search import missed
from benchmarks.peers import Peer
from benchmarks.serving import served
from benchmarks.visitor import Visitor


def tables(text):
    """Heading → rows of cells of each Markdown table, its head first."""
    found, title = {}, None
    for line in text.splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("|") and set(line) - set("|- "):
            found.setdefault(title, []).append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_a_quick_part_prints_tables_and_keeps_the_numbers(capsys, tmp_path):
    kept = tmp_path / "bench.json"
    assert main(["--quick", "--only", "crossover,what_if,threads", "--json", str(kept)]) == 0
    printed = tables(capsys.readouterr().out)
    one_account = "W6: one account of 20 positions × 33 scenarios"
    assert list(printed) == ["Crossover", one_account, "Threads"]
    for rows in printed.values():
        assert len(rows) > 1 and len({len(row) for row in rows}) == 1
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in printed["Crossover"][1:])
    tables_kept = json.loads(kept.read_text("utf-8"))["tables"]
    assert [table["title"] for table in tables_kept] == ["Crossover", one_account, "Threads"]
    assert tables_kept[0]["rows"][0][1]["number"] > 0


def test_an_unknown_workload_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nonsense"])
    assert "nonsense" in capsys.readouterr().err


def match(*entries):
    def difference(got, want):
        return np.max(np.abs(got - want))

    return contest("A match", entries, np.arange(4.0), difference, 1e-9, 0.001)


def fails():
    raise RuntimeError("out of order")


def test_a_peer_that_is_absent_wrong_or_broken_is_named_and_left_out():
    ours, part = Peer(OURS, lambda: np.arange(4.0)), Peer("half", lambda: np.arange(2.0), 2)
    table, clock = match(ours, part, Peer("absent", fails, needs="no_such_package"), Peer("wrong", lambda: np.ones(4)),
                         Peer("broken", fails))
    assert [row[0] for row in table.rows] == [OURS, "half"] == list(clock)
    assert table.rows[1][-1] == "scaled from 1/2"
    notes = " ".join(table.notes)
    assert "no_such_package is not installed" in notes and "wrong answer" in notes and "out of order" in notes


def test_our_own_wrong_answer_is_an_error():
    with pytest.raises(WrongAnswer):
        match(Peer(OURS, lambda: np.ones(4)))


def test_levels_that_are_missed_or_invented_are_counted():
    want = {"pool": [0.5, 2.0], "leg": []}
    assert missed({"pool": [0.5, 2.0]}, want) == (0, 2, 0.0)
    assert missed({"pool": [2.0]}, want)[:2] == (1, 2)
    assert missed({"pool": [0.5, 1.0, 2.0]}, want)[2] == np.inf


def test_the_threaded_numpy_peer_is_right():
    F, K, v = np.linspace(80.0, 120.0, 50), np.linspace(90.0, 110.0, 70)[:, None], np.full((70, 50), 0.3)
    assert np.allclose(peers.threaded_call(F, K, v), peers.numpy_call(F, K, v), rtol=1e-13)


def close(got, want):
    return np.abs(got - want).max() <= 1e-9 * np.abs(want).max()


def test_the_targets_are_answered_as_by_plain_numpy():
    joint = targets.joint_scenarios(300)
    assert close(adapter.w2(joint), targets.profits(joint))
    assert close(targets.profits_in_blocks(joint, peers.crew(), 64), targets.profits(joint))
    one = targets.one_coin(20, 1)
    assert close(adapter.w6(adapter.prepare_w6(one)), np.array([targets.scan_margin(one)]))
    rng = np.random.default_rng(2)
    cells = targets.instruments(rng, 20, targets.SPOTS[:1], np.zeros(20, dtype=int))
    cells |= {"S": 60_000.0 * rng.uniform(0.8, 1.2, 30), "m": rng.uniform(0.5, 2.0, 30)}
    assert close(adapter.w1(cells), targets.values(cells | {"is_opt": np.ones(20, dtype=bool)}, cells["S"], cells["m"]))


def test_the_frontier_of_the_targets_is_that_of_every_cell():
    p = targets.frontier(31)
    assert close(adapter.w5(adapter.prepare_w5(p)), targets.health_map(p))


def test_accounts_in_rows_are_the_accounts_one_by_one():
    apart = targets.accounts(3)
    names = ("c", "K", "T", "iv", "v", "put", "is_opt")
    ends = np.cumsum([0, *(len(p["q"]) for p in apart)])
    rows = {name: np.concatenate([p[name] for p in apart]) for name in names} | {
        "indptr": ends, "inst": np.arange(ends[-1]), "qty": np.concatenate([p["q"] for p in apart]),
        "C": np.array([p["C"] for p in apart]), **{name: apart[0][name] for name in ("S0", "sf", "mf")}}
    found = adapter.w4b(adapter.prepare_w4b(apart))
    assert np.array_equal(adapter.w4b(adapter.prepare_w4b(rows)), found, equal_nan=True)
    for p, ends in zip(apart, found, strict=True):
        zeros = targets.health(p, ends[~np.isnan(ends)])
        assert (np.abs(zeros) <= 1e-9 * p["C"]).all()


def test_a_visitor_without_a_browser_sees_every_page_and_moves_a_slider():
    with served() as server, Visitor(server.address) as visitor:
        visitor.open()
        shown = [page.title for page in app.PAGES]
        assert [title for title in visitor.pages if title in shown] == shown
        for title in shown:
            visitor.open(title)
            assert visitor.bytes > 0
        slider = next(one for label, one in visitor.sliders.items() if "price" in label.lower())
        before, spent = visitor.values[slider.id], server.cpu
        visitor.move(slider.label, 2)
        stops = list(slider.options)
        assert stops.index(visitor.values[slider.id]) == stops.index(before) + 2
        assert visitor.bytes > 0 and server.cpu > spent
        visitor.move(slider.label, -len(stops))
        assert visitor.values[slider.id] == stops[0]


def test_reruns_are_told_by_page_and_the_worst_is_named():
    reruns = [page_cpu.Rerun("Compare", "moved", name, cpu, 1000) for name, cpu in
              (("a", 1.0), ("b", 2.0), ("c", 2 * page_cpu.MOST_MS))]
    table = page_cpu.tabled([*reruns, page_cpu.Rerun("Liquidation", "opened", "a", 1.0, 1000)])
    assert [row[:3] for row in table.rows] == [("Compare", "moved", 3), ("Liquidation", "opened", 1)]
    head = table.head.index
    assert table.rows[0][head("on")] == "c" and table.rows[0][head("CPU: median")].number == 2.0
    assert [gate[-1] for gate in table.gates] == [True, False, True, True]


@pytest.mark.parametrize("count", [1, 4, 20, 30])
def test_at_rank_leaves_at_most_its_share_above(count):
    ordered = list(range(count))
    found = browser_latency.at_rank(ordered, 0.95)
    assert sum(one > found for one in ordered) <= 0.05 * count
    assert found == 0 or sum(one > found - 1 for one in ordered) > 0.05 * count


def test_only_one_user_is_held_to_the_budget():
    table = Table("Waiting", browser_latency.HEAD)
    slow = 10 * browser_latency.HIGH_MS
    waits = browser_latency.Waits([1.0, 1.0], [slow, slow], [slow, slow], 1.0, 1.0)
    browser_latency.add(table, "a move", 1, waits)
    browser_latency.add(table, "a move", 10, waits)
    assert [len(row) for row in table.rows] == [len(table.head)] * 2
    assert [gate[-1] for gate in table.gates] == [False, False]


def test_writers_at_once_lose_nothing_and_say_what_they_waited(capsys):
    assert store_writers.main(["--quick"]) == 0
    printed = tables(capsys.readouterr().out)
    rows = printed["Saves of one SQLite file, milliseconds"]
    assert [row[:2] for row in rows[1:]] == [["1", "10"], ["8", "80"]] and {len(row) for row in rows} == {len(rows[0])}
    assert all(float(row[4]) <= float(row[5]) <= float(row[6]) + 0.5 for row in rows[1:])
    assert len(printed["Gates"]) == 3


def test_a_lost_update_fails_the_benchmark_of_writers(monkeypatch, capsys):
    monkeypatch.setattr(store_writers, "dollars", lambda account: 0)
    assert store_writers.main(["--quick"]) == 1
    assert "10 of 10 updates are lost" in capsys.readouterr().err
