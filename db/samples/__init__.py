"""The sample accounts that come with a new store: every `NN-slug.margin.json` of this folder, in name order."""

import logging
import tomllib
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import mapping, writes
from db.engine import Database
from db.rows import AccountRow

SAMPLES = Path(__file__).parent
SUFFIX = ".margin.json"

log = logging.getLogger(__name__)


def add_missing(database: Database, folder: Path = SAMPLES) -> None:
    """Add the samples this store never had. One that is there, edited or deleted by the user is left alone."""
    with database.reading() as session:
        there = set(session.scalars(select(AccountRow.id).where(AccountRow.is_sample == 1)))
    files = sorted(folder.glob(f"*{SUFFIX}"))
    missing = [(place, file) for place, file in enumerate(files, 1) if sample_id(file) not in there]
    if missing:
        told = _descriptions(folder)
        rows = [row for place, file in missing for row in _read(file, place, told)]
        database.write(lambda session: _add(session, rows))


def sample_id(file: Path) -> str:
    """The same in every store: made from the slug, so that samples can be renumbered."""
    return str(uuid5(NAMESPACE_URL, f"marginscope:sample:{slug(file)}"))


def slug(file: Path) -> str:
    """`03-collar.margin.json` → `collar`."""
    stem = file.name.removesuffix(SUFFIX)
    number, _, rest = stem.partition("-")
    return rest if number.isdigit() and rest else stem


def _read(file: Path, place: int, told: dict[str, str]) -> list[tuple[AccountRow, mapping.Written]]:
    """The sample ready to be stored; a file the core refuses is logged and left out, the store opens without it."""
    try:
        made = mapping.written(mapping.read(file.read_text(encoding="utf-8")))
    except mapping.Refused as refused:
        log.warning("sample %s is refused: %s", file.name, refused)
        return []
    return [(writes.fresh(sample_id(file), made, description=told.get(slug(file), ""), sample=place), made)]


def _add(session: Session, rows: list[tuple[AccountRow, mapping.Written]]) -> None:
    for row, made in rows:
        if session.get(AccountRow, row.id) is None:  # another process may have been first
            writes.create(session, row, made, "")


def _descriptions(folder: Path) -> dict[str, str]:
    """Slug → description, from `descriptions.toml`."""
    file = folder / "descriptions.toml"
    if not file.exists():
        return {}
    with file.open("rb") as text:
        samples = tomllib.load(text).get("samples", {})
    return {name: str(told.get("description", "")) for name, told in samples.items()}
