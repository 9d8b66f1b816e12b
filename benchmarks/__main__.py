"""`python -m benchmarks [--quick] [--only NAME,...] [--json FILE]`: our functions beside the peers, as ratios."""

import argparse
import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

from benchmarks.contest import WrongAnswer
from benchmarks.report import machine, show, show_gates
from benchmarks.workloads import WORKLOADS


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything runs")
    parser.add_argument("--only", default=",".join(WORKLOADS), metavar="NAME,...", help="of " + ", ".join(WORKLOADS))
    parser.add_argument("--json", metavar="FILE", help="also write every row and gate to FILE")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",")
    if unknown := [name for name in chosen if name not in WORKLOADS]:
        parser.error(f"unknown workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    warnings.filterwarnings("ignore")  # the peers'
    print(f"# Benchmark\n\n{machine()}\n")
    tables = []
    try:
        for name in chosen:
            found = WORKLOADS[name](options.quick)
            for table in found if isinstance(found, list) else [found]:
                show(table)
                tables.append(table)
    except WrongAnswer as wrong:
        print(f"\nWRONG: {wrong}", file=sys.stderr)
        return 1
    show_gates(tables)
    if options.json:
        out = {"machine": machine(), "quick": options.quick, "tables": [asdict(table) for table in tables]}
        Path(options.json).write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
