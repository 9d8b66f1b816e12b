"""A contest: peers checked against a reference, clocked together, set side by side in a table."""

from dataclasses import dataclass, field

from benchmarks.timing import clocks

OURS = "**Marginscope**"
HEAD = ("who", "best wall", "CPU", "ours is faster: wall", "CPU", "spread", "largest error", "")


class WrongAnswer(Exception):
    """Our own figures are off: the one thing that fails a benchmark."""


@dataclass(frozen=True)
class Figure:
    """A number and how it is shown."""

    number: float
    text: str

    def __str__(self):
        return self.text


def duration(seconds):
    return Figure(seconds, f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs")


def plain(number, form=".3g", unit=""):
    return Figure(number, f"{number:{form}} {unit}".rstrip())


@dataclass
class Table:
    """One workload's result. notes stand below the table; gates: (what, measured, wanted, whether it is met)."""

    title: str
    head: tuple
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    gates: list = field(default_factory=list)

    def at_least(self, what, measured, wanted, unit="×"):
        self._gate(what, measured, wanted, unit, "≥", measured >= wanted)

    def at_most(self, what, measured, wanted, unit=""):
        self._gate(what, measured, wanted, unit, "≤", measured <= wanted)

    def _gate(self, what, measured, wanted, unit, sign, met):
        self.gates.append((what, plain(float(measured), unit=unit), f"{sign} {wanted:g} {unit}".rstrip(), bool(met)))


def contest(title, entries, reference, difference, tolerance, seconds):
    """Clocks of all peers that are installed and right, by name, and their table.

    difference(result, reference) is the largest error; above `tolerance` a peer is named and left out, and so is one
    that is not installed or fails. Ours must be right.
    """
    table, fit, errors = Table(title, HEAD), [], {}
    for peer in entries:
        errors[peer.name], why = _judge(peer, reference, difference, tolerance)
        if why and peer.name == OURS:
            raise WrongAnswer(f"{title}: {why}")
        if why:
            table.notes.append(f"{peer.name} is left out: {why}.")
        else:
            fit.append(peer)
    measured = clocks({peer.name: peer.run for peer in fit}, seconds)
    shares = {peer.name: len(reference) / len(reference[: peer.part]) for peer in fit}
    clock = {name: measured[name].scaled(share) for name, share in shares.items()}
    table.rows += [_row(name, clock[name], clock[OURS], errors[name], share) for name, share in shares.items()]
    return table, clock


def _judge(peer, reference, difference, tolerance):
    """(largest error, why the peer cannot take part or None)."""
    if not peer.installed:
        return None, f"{peer.needs} is not installed"
    try:
        error = float(difference(peer.run(), reference[: peer.part]))
    except Exception as problem:
        if peer.name == OURS:
            raise
        return None, f"{type(problem).__name__}: {str(problem)[:100]}"
    return error, None if error <= tolerance else f"wrong answer, error {error:.2g}, {tolerance:.0e} is allowed"


def _row(name, mine, ours, error, share):
    return (name, duration(mine.wall), duration(mine.cpu), *ratios(mine, ours), plain(mine.typical / mine.wall, ".2f"),
            plain(error, ".0e"), f"scaled from 1/{share:.0f}" if share > 1 else "")


def ratios(peer, ours):
    """How much longer `peer` takes than `ours`: wall, CPU."""
    return plain(peer.wall / ours.wall, unit="×"), plain(peer.cpu / ours.cpu, unit="×")


def faster(table, clock, wanted, quick):
    """Gates on how much faster ours is than each peer of `wanted` that took part; they are for full sizes."""
    for name, ratio in () if quick else wanted.items():
        if name in clock:
            measured = clock[name].undisturbed / clock[OURS].undisturbed
            table.at_least(f"{table.title}: faster than {name}", measured, ratio)
