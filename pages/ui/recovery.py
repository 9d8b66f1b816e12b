"""Bringing back what is no longer on screen: deleted accounts, earlier versions, a draft put aside. All callbacks."""

from __future__ import annotations

from pages.ui import author, cached, controls, saving, state


def bring_back(account_id: str, version: int | None = None) -> None:
    """Undo a deletion and open the account."""
    with saving.answered():
        wanted = version or cached.store().versions(account_id)[0].version
        stored = cached.store().restore(account_id, wanted, author.present())
        state.open_account(account_id)
        saving.say(f"“{stored.account.name}” is back.")


def restore(account_id: str, version: int) -> None:
    """An earlier version becomes the next one and is opened; unsaved changes are put aside."""
    with saving.answered():
        stored = cached.store().restore(account_id, version, author.present())
        state.open_account(account_id)
        saving.say(f"Version {version} of “{stored.account.name}” is back, as version {stored.version}.")


def take_back() -> None:
    """The draft put aside becomes the draft again."""
    with saving.answered():
        state.take_back()
        controls.reset()
