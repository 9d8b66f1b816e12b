"""Where the store lives: DATABASE_URL → a place, looked at before anything opens it for writing."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from db import errors

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = "sqlite:///data/marginscope.db"
APPLICATION_ID = 0x4D415247  # "MARG" in bytes 68–71 of the file: tells our stores from other SQLite files

_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Place:
    """A SQLite file (`path` absolute) or a PostgreSQL database (`path` None)."""

    url: URL
    path: Path | None

    @property
    def name(self) -> str:
        """For messages; never holds a password."""
        return str(self.path) if self.path else f"{self.url.database} on {self.url.host or 'this machine'}"


def find(address: str | None = None) -> Place:
    """`address`, else DATABASE_URL, else the default file; SQLite paths are relative to the project folder.

    Raises BadAddress.
    """
    text = address or os.environ.get("DATABASE_URL") or DEFAULT
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as fault:
        scheme, mark, _ = text.partition("://")  # the rest may hold a password
        raise errors.BadAddress(f"{scheme}://…" if mark else "…") from fault
    if url.get_backend_name() == "sqlite":
        return _file(url)
    if url.get_backend_name() in ("postgresql", "postgres"):
        return Place(url.set(drivername="postgresql+psycopg"), None)
    raise errors.BadAddress(url.render_as_string(hide_password=True))


def passwords(address: str | None = None) -> tuple[str, ...]:
    """The password in `address`, else in DATABASE_URL, as meant and as written there; what a log must not hold."""
    text = address or os.environ.get("DATABASE_URL") or ""
    user = text.partition("://")[2].rpartition("@")[0]
    written = user.partition(":")[2]
    return tuple(sorted({word for word in (written, unquote(written)) if word}, key=len, reverse=True))


def _file(url: URL) -> Place:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:") or url.query:
        raise errors.BadAddress(url.render_as_string(hide_password=True))
    path = Path(os.path.abspath(ROOT / Path(url.database).expanduser()))  # noqa: PTH100 - links stay as given
    return Place(URL.create("sqlite+pysqlite", database=str(path)), path)


def holds_store(path: Path) -> bool:
    """True for one of our stores that can be written, False when there is nothing yet; changes nothing.

    Raises NoAccess, NotADatabase, ReadOnly.
    """
    mode = store_mode(path)
    if mode is not None and (not mode & 0o222 or not os.access(path, os.W_OK)):
        raise errors.ReadOnly(str(path))
    return mode is not None


def store_mode(path: Path) -> int | None:
    """The file mode of one of our stores, None when there is nothing; looks at the first bytes only.

    Raises NoAccess, NotADatabase.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise errors.NotADatabase(str(path), "a folder")
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise errors.NoAccess(str(path), fault.strerror or "no access") from fault
    _must_be_ours(path, head)
    return mode


def _must_be_ours(path: Path, head: bytes) -> None:
    if not head:
        raise errors.NotADatabase(str(path), "an empty file (0 bytes)")
    if not head.startswith(_MAGIC) or len(head) < 100:
        raise errors.NotADatabase(str(path), "not a SQLite file")
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise errors.NotADatabase(str(path), "a SQLite database of another program")


def make_folder(path: Path) -> None:
    """The folder that holds the store, for this user only (0700). Raises NoAccess."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise errors.NoAccess(str(path.parent), fault.strerror or "no access") from fault
