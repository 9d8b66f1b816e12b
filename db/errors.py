"""Everything the store can refuse: one root, made from facts; the message is one sentence the user can act on."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.authors import Author
    from db.mapping import Account
    from db.records import StoredAccount


class StoreError(Exception):
    """Root of all errors of the store; `str(error)` is one sentence for the screen, on one line."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(sentence.splitlines()))


class BadAddress(StoreError):
    def __init__(self, address: str) -> None:
        super().__init__(
            f"DATABASE_URL “{address}” is not usable: give sqlite:///a/file.db or postgresql://user@host/name."
        )


class Busy(StoreError):
    def __init__(self, where: str) -> None:
        super().__init__(f"The store {where} is busy with other saves: nothing was changed, try again in a moment.")


class DiskFull(StoreError):
    def __init__(self, where: str) -> None:
        super().__init__(f"The disk that holds {where} is full: nothing was changed, free some space and save again.")


class ReadOnly(StoreError):
    def __init__(self, where: str) -> None:
        super().__init__(f"{where} is read-only: make it writable or set DATABASE_URL to another file.")


class NoAccess(StoreError):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"{where} cannot be opened ({reason}): check that this user may read and write it and its folder."
        )


class NotADatabase(StoreError):
    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where} is {what}, not an account store: move it away or set DATABASE_URL to another file.")


class NewerSchema(StoreError):
    def __init__(self, where: str, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"{where} was written by a newer release (schema {revision}) and was left untouched: update Marginscope."
        )


class MigrationFailed(StoreError):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} could not be brought to this release and was left as it was: {reason}.")


class DamagedFile(StoreError):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} is damaged ({reason}): put a backup copy in its place.")


class Faulty(StoreError):
    """Anything else the database reports. Whether the last save arrived is open; the same request saves it once."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The store {where} failed ({reason}): check the disk, then save again.")


class RowRefused(StoreError):
    """A rule of the database held against what the program wrote: a fault of ours, not of the user's."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The store {where} refused the data ({reason}): nothing was changed, please report this.")


class Unreachable(StoreError):
    def __init__(self, where: str) -> None:
        super().__init__(f"The database {where} does not answer: check that it runs and that DATABASE_URL is right.")


class BackupElsewhere(StoreError):
    def __init__(self, where: str) -> None:
        super().__init__(f"The store {where} is in PostgreSQL: back it up with pg_dump and restore it with pg_restore.")


class SecondWriter(StoreError):
    def __init__(self, where: str, process: str) -> None:
        super().__init__(
            f"{where} is in use by another Marginscope (process {process}): close that one first, because this release "
            "of SQLite is only safe with one writing process."
        )


class UnknownAccount(StoreError):
    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        super().__init__(f"There is no account {account_id}: it was deleted or never saved; choose one from the list.")


class UnknownVersion(StoreError):
    def __init__(self, account_id: str, version: int) -> None:
        self.account_id, self.version = account_id, version
        super().__init__(f"Account {account_id} has no version {version}: choose one from its history.")


class Damaged(StoreError):
    """The stored text of one account no longer has its checksum; other accounts are not touched by this."""

    def __init__(self, account_id: str, name: str, version: int) -> None:
        self.account_id, self.name, self.version = account_id, name, version
        super().__init__(
            f"Account “{name}” is damaged (version {version} does not match its checksum): restore an earlier version."
        )


class Unreadable(StoreError):
    def __init__(self, name: str, version: int, reasons: str) -> None:
        self.name, self.version, self.reasons = name, version, reasons
        super().__init__(f"Account “{name}” (version {version}) is refused by this release: {reasons}.")


class RequestReused(StoreError):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” was not saved: the same save was sent before with other content; save once more.")


class Conflict(StoreError):
    """Another save came first: `theirs` is what the store holds now, `mine` the edit that was not written.

    by: who tried to save `mine`, so that his own other tab is told as such.
    """

    def __init__(self, seen_version: int, theirs: "StoredAccount", mine: "Account | None", by: "Author") -> None:
        self.seen_version, self.theirs, self.mine = seen_version, theirs, mine
        when = datetime.fromtimestamp(theirs.saved_ms / 1000, UTC)
        super().__init__(
            f"“{theirs.account.name}” was saved by {theirs.by.seen_by(by)}, as version {theirs.version} at "
            f"{when:%Y-%m-%d %H:%M:%S} UTC, while you worked on version {seen_version}: reload it, save yours as a "
            "copy, or overwrite."
        )


class NotStorable(StoreError):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” was not saved: a name in it holds half a character (a lone surrogate), retype it.")


class DraftTooLong(StoreError):
    def __init__(self) -> None:
        super().__init__("This account is too large to be kept unsaved: save it, or it is lost with this browser tab.")


class RulebookRefused(StoreError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Rulebook “{name}” was not saved: {reason}." if name else f"Not saved: {reason}.")


class RulebookNameTaken(StoreError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Not saved: “{name}” is a rulebook of yours already, choose another name or replace it.")


class UnknownRulebook(StoreError):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” was not replaced: it was deleted meanwhile, save it as a new one.")
