"""What every benchmark prints: the machine, how busy it was, Markdown tables and gates."""

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("numpy", "scipy", "numexpr", "QuantLib", "py_vollib_vectorized", "numba")


def parser(name, about, quick):
    """The options that the benchmarks share. name: of the module; quick: what `--quick` reduces it to."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    made.add_argument("--quick", action="store_true", help=f"{quick}, to see that everything runs")
    return made


def machine(packages=PACKAGES):
    """Processor, cores and versions in one line."""
    told = []
    for name in packages:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            told.append(f"{name} absent")
    return f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {', '.join(told)}"


def load():
    """Average number of processes that wanted a core in the last minute, of all cores."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def show(table):
    print(f"## {table.title}\n")
    markdown(table.head, table.rows)
    print("\n".join(["", *(f"* {note}" for note in table.notes), *([""] if table.notes else [])]), flush=True)


def markdown(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def show_gates(tables):
    gates = [gate for table in tables for gate in table.gates]
    if gates:
        print("## Gates\n")
        markdown(("gate", "measured", "wanted", ""),
                 [(*gate, "met" if met else "**short**") for *gate, met in gates])
