"""The command line: `python -m risk_core evaluate | rules | schema`. Exit status 0 done, 2 input refused, 1 a bug."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

from . import output
from .errors import MarginscopeError, Problem, Refused, one_line
from .margin.compare import Comparison, compare
from .margin.models import MODES
from .portfolio.account_file import Account, read
from .portfolio.schema import account_schema
from .rulebooks import load
from .valuation import kernels

REFUSED = 2
T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        kernels.engine()
        lines = options.run(options)
    except _Rejected as rejected:
        print("\n".join(rejected.lines), file=sys.stderr)
        return REFUSED
    except MarginscopeError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return _print(lines)


def _print(lines: Sequence[str]) -> int:
    """Print, quietly ending when nobody reads on."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class _Rejected(Exception):
    """Input files were refused; one line a problem, each naming its file."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m risk_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    evaluate = commands.add_parser("evaluate", help="margin and liquidation levels of account files in every mode")
    evaluate.add_argument("files", nargs="+", metavar="FILE", help="an account file, or - for standard input")
    evaluate.add_argument("--rules", metavar="NAME", help="rulebook to use instead of the file's own")
    evaluate.add_argument("--modes", default=",".join(MODES), help="comma-separated, of " + ", ".join(MODES))
    evaluate.add_argument("--json", action="store_true", help="JSON, one object a file")
    evaluate.set_defaults(run=_evaluate)
    rules = commands.add_parser("rules", help="every rulebook, or one with each parameter, its source and date")
    rules.add_argument("name", nargs="?", metavar="NAME")
    rules.add_argument("--json", action="store_true")
    rules.set_defaults(run=_rules)
    schema = commands.add_parser("schema", help="JSON Schema of the account file")
    schema.set_defaults(run=lambda _: [json.dumps(account_schema(), indent=2, ensure_ascii=False)])
    return parser


def _evaluate(options: argparse.Namespace) -> list[str]:
    modes = _modes(options.modes)
    if options.files.count("-") > 1:
        raise _Rejected(['FILE: "-": standard input can be read once'])
    problems: list[str] = []
    accounts = [_told(problems, file, partial(_account, file)) for file in options.files]
    if problems:
        raise _Rejected(problems)

    def result(file: str, account: Account) -> str:
        found = compare(account, load.resolve(account.rules if options.rules is None else options.rules), modes)
        if not options.json:
            return _words(found, file)
        indent = 2 if len(options.files) == 1 else None
        return json.dumps(output.comparison(found, file), indent=indent, ensure_ascii=False, allow_nan=False)

    lines = [_told(problems, file, partial(result, file, account))
             for file, account in zip(options.files, accounts, strict=True)]
    if problems:
        raise _Rejected(problems)
    return lines


def _told(problems: list[str], file: str, work: Callable[[], T]) -> T:
    """What `work` gives; where it is refused, the reasons are noted under the file's name and None is given."""
    try:
        return work()
    except Refused as refused:
        problems += [f"{one_line(file)}: {problem}" for problem in refused.problems]
    except MarginscopeError as error:
        problems.append(f"{one_line(file)}: {error}")
    return None  # type: ignore[return-value]


def _modes(text: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in chosen if name not in MODES]
    if unknown or not chosen:
        raise _Rejected([f"--modes: {json.dumps(text)}: must be of {', '.join(MODES)}"])
    return chosen


def _account(file: str) -> Account:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return read(raw.decode("utf-8"))
    except OSError as error:
        raise Refused([Problem("$", file, f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise Refused([Problem("$", file, "must be JSON text in UTF-8")]) from None


def _words(result: Comparison, file: str) -> str:
    """One result as a table for people."""
    rows = [["dollars", *(mode.title for mode in result.modes.values())]]
    for name in ("equity", "initial_margin", "maintenance_margin", "buffer", "available"):
        cells = (f"{getattr(mode.head, name):,.2f}" for mode in result.modes.values())
        rows.append([name.replace("_", " "), *cells])
    levels_of = next(iter(result.modes.values())).liquidation if result.modes else ()
    for underlying in levels_of:
        levels = (output.liquidation(mode.liquidation[underlying]) for mode in result.modes.values())
        cells = (_regions(level["regions"]) for level in levels)
        rows.append([f"liquidated at {underlying}", *cells])
    why = [f"{mode.title}: {mode.worst}" for mode in result.modes.values()]
    why += [f"{mode.title}, {wallet.name}: equity {wallet.figures.equity:,.2f}, maintenance margin "
            f"{wallet.figures.maintenance_margin:,.2f}, buffer {wallet.figures.buffer:,.2f}"
            for mode in result.modes.values() for wallet in mode.wallets]
    why += [f"{MODES[name].title}: not available, {reason}." for name, reason in result.unavailable.items()]
    return "\n".join([f"{file}  ({result.rulebook.title} rules)", output.table(rows), *why, ""])


def _regions(regions: list[list[float | None]]) -> str:
    if not regions:
        return "none"
    return ", ".join("any price" if low is None and high is None
                     else f"below {high:,.6g}" if low is None
                     else f"above {low:,.6g}" if high is None
                     else f"{low:,.6g} to {high:,.6g}" for low, high in regions)


def _rules(options: argparse.Namespace) -> list[str]:
    books = [load.load(name) for name in (load.names() if options.name is None else [options.name])]
    if options.json:
        value = output.rulebook(books[0]) if options.name else [
            {"name": book.name, "title": book.title, "hash": book.digest} for book in books]
        return [json.dumps(value, indent=2, ensure_ascii=False)]
    if not options.name:
        return [f"{book.name}  {book.title}" for book in books]
    return [f"{key} = {p.value}\n    {p.meaning} [{p.unit}; {p.source}, {p.date}]"
            for key, p in sorted(books[0].parameters.items())]


if __name__ == "__main__":
    sys.exit(main())
