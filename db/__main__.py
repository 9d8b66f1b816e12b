"""The command line: `python -m db backup | check | restore`. Exit status 0 done, 2 refused, 1 a bug."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from db import backups
from db.errors import StoreError

REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the store at DATABASE_URL and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except StoreError as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m db", description="Backups of the account store at DATABASE_URL.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = commands.add_parser("backup", help="copy the store, also while the app runs, and check the copy")
    made.add_argument("--to", type=Path, metavar="FOLDER", help="where the copy goes; beside the store when left out")
    made.set_defaults(run=_backup)
    for name, run, told in (
        ("check", _check, "look at every page and every checksum of a copy"),
        ("restore", _restore, "put a copy in the place of the store, after copying what is there; stop the app first"),
    ):
        one = commands.add_parser(name, help=told)
        one.add_argument("copy", type=Path, metavar="FILE")
        one.set_defaults(run=run)
    return parser


def _backup(options: argparse.Namespace) -> str:
    return str(backups.back_up(folder=options.to))


def _check(options: argparse.Namespace) -> str:
    return f"{options.copy}: whole, {backups.check(options.copy)} accounts."


def _restore(options: argparse.Namespace) -> str:
    done = backups.restore(options.copy)
    before = f" What was there before is in {done.before}." if done.before else ""
    return f"Restored {done.accounts} accounts from {options.copy}.{before}"


if __name__ == "__main__":
    sys.exit(main())
