"""`python -m benchmarks.page_cpu [--quick] [--sample NAME]`: processor time of a rerun, each page on each sample."""

import statistics
import sys
from dataclasses import dataclass

import app
from benchmarks.contest import Table, plain
from benchmarks.report import load, machine, parser, show, show_gates
from benchmarks.serving import served
from benchmarks.visitor import Visitor
from db.samples import SAMPLES, sample_id, slug

MEDIAN_MS, MOST_MS = 60.0, 150.0
HEAD = ("page", "rerun", "reruns", "CPU: median", "95 %", "most", "on", "sent: median", "budget")
MOVED = ("price", "Implied volatility", "Days forward")
ROUNDS = 2


@dataclass(frozen=True)
class Rerun:
    """One rerun. kind: what asked for it; cpu: milliseconds of the server, all threads; size: bytes it sent."""

    page: str
    kind: str
    sample: str
    cpu: float
    size: int


def main(arguments=None):
    options_of = parser("page_cpu", __doc__, "two samples")
    options_of.add_argument("--sample", help="only samples with this in their name")
    options = options_of.parse_args(arguments)
    if sys.platform != "linux":
        options_of.error("the processor time of another process is read as Linux tells it; this is not Linux")
    files = [file for file in sorted(SAMPLES.glob("*.margin.json")) if (options.sample or "") in file.name]
    print(f"# Processor time of a rerun\n\n{machine()}\n\nLoad before: {load()}.\n")
    found, grown = measured(files[:2] if options.quick else files)
    table = tabled(found)
    table.notes += [f"Load after: {load()}. Memory of the server: {grown}.",
                    ("Each sample has a visitor of its own. Moved: one step of price, volatility or days forward, to "
                     "figures that no cache holds. Opened: a click on the page, which asks for the whole of it.")]
    show(table)
    show_gates([table])
    return 0


def measured(files):
    """Every rerun of every page on every sample, one after the other, and how the server's memory grew."""
    with served() as server, Visitor(server.address) as first:
        first.open()
        before = server.memory
        found = [rerun for file in files for rerun in _of_sample(server, file)]
        return found, f"{before:.0f} → {server.memory:.0f} MB"


def _of_sample(server, file):
    with Visitor(server.address, account=str(sample_id(file))) as visitor:
        visitor.open()
        for page in (one.title for one in app.PAGES):
            yield _clocked(server, visitor, page, "opened", slug(file), lambda page=page: visitor.open(page))
            for label in _movable(visitor) * ROUNDS:
                yield _clocked(server, visitor, page, "moved", slug(file), lambda label=label: visitor.move(label))


def _movable(visitor):
    """A price, volatility and days, each where it moves something."""
    labels = {one.lower(): one for one, slider in visitor.sliders.items() if not slider.disabled}
    return [next(labels[label] for label in labels if word.lower() in label) for word in MOVED
            if any(word.lower() in label for label in labels)]


def _clocked(server, visitor, page, kind, sample, act):
    before = server.cpu
    act()
    return Rerun(page, kind, sample, (server.cpu - before) * 1e3, visitor.bytes)


def tabled(reruns):
    """The table of these reruns with their gates."""
    table = Table("Processor time of a rerun, milliseconds of the server", HEAD)
    for page, kind in dict.fromkeys((one.page, one.kind) for one in reruns):
        own = sorted((one for one in reruns if (one.page, one.kind) == (page, kind)), key=lambda one: one.cpu)
        median, worst = statistics.median(one.cpu for one in own), own[-1]
        high = own[int(0.95 * (len(own) - 1))].cpu
        size = statistics.median(one.size for one in own) / 1e3
        table.rows.append((page, kind, len(own), plain(median, ".0f"), plain(high, ".0f"), plain(worst.cpu, ".0f"),
                           worst.sample, plain(size, ".0f", "kB"), f"{MEDIAN_MS:g}, none over {MOST_MS:g}"))
        table.at_most(f"{page}, {kind}: median", median, MEDIAN_MS, "ms")
        table.at_most(f"{page}, {kind}: most", worst.cpu, MOST_MS, "ms")
    return table


if __name__ == "__main__":
    sys.exit(main())
