"""Venue cases through the engine: `python -m tests.golden FILE...`. Last line `M matched, N total`; exit 0 only when equal.

`python -m tests.golden --report PAGE [FILE...]` also writes PAGE, a table in Markdown, and what the Accuracy page shows;
without a FILE it is about the cases of this folder.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from tests.golden import report
from tests.golden.matching import misses, run  # noqa: F401 - the tests ask for misses here


def main(args):
    asked = parser().parse_args(args)
    files = asked.files or ([str(file) for file in (report.PUBLISHED, report.METHODS)] if asked.report else [])
    missing = [file for file in files if not Path(file).is_file()]
    for file in missing:
        print(f"{file}: is not a file", file=sys.stderr)
    if not files:
        print(parser().format_usage(), end="", file=sys.stderr)
    if missing or not files:
        return 2
    return told([case for file in files for case in json.loads(Path(file).read_text("utf-8"))], asked.report)


def parser():
    made = argparse.ArgumentParser("python -m tests.golden", description="Venue cases through the engine.")
    made.add_argument("files", nargs="*", metavar="FILE", help="cases, laid out like published.json")
    made.add_argument("--report", metavar="PAGE", help="write this page and what the Accuracy page shows")
    return made


def told(cases, page):
    """Print every miss and the counts; write the report when a page is asked for."""
    results = run(cases)
    total = Counter(system for system, _, _ in results)
    matched = Counter(system for system, _, missed in results if not missed)
    for system, name, missed in results:
        for line in missed:
            print(f"miss  {system}  {name}: {line}")
    for system in sorted(total):
        print(f"{matched[system]:4d} of {total[system]:4d}  {system}")
    if page is not None:
        report.write(cases, Path(page))
    print(f"{sum(matched.values())} matched, {sum(total.values())} total")
    return 0 if sum(matched.values()) == sum(total.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
