"""The table of laws names every law, and every test it points at is there."""

import re
from collections import defaultdict
from pathlib import Path

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
