"""What every benchmark prints: the machine, how busy it was, Markdown tables and gates."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("numpy", "scipy", "numexpr", "QuantLib", "py_vollib_vectorized", "numba")


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
