"""Who saved a version: a name somebody chose to give, and which browser it was, so that one's own other tab is told as
such. Nothing here proves who anybody is.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.rows import AuthorRow

LONGEST_NAME = 80
OTHER_TAB = "you, in another tab"
NAMELESS = "somebody who gave no name"


@dataclass(frozen=True)
class Author:
    """name: as given, up to 80 characters. browser: the same text for every tab of a browser; either may be empty."""

    name: str = ""
    browser: str = ""

    @property
    def is_known(self) -> bool:
        """False for a version of which nothing is kept, such as one saved by an older release."""
        return bool(self.name or self.browser)

    def seen_by(self, other: "Author") -> str:
        """How this author is called in what `other` reads."""
        if self.browser and self.browser == other.browser:
            return OTHER_TAB
        return f"“{self.name}”" if self.name else NAMELESS


NOBODY = Author()


def checked(name: str) -> str:
    """A name as it can be stored: one line, no control characters, no half characters, at most 80 characters long."""
    printable = "".join(one if one.isprintable() else " " for one in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip()


def note(session: Session, account_id: str, version: int, author: Author) -> None:
    """Keep who saved a version; nothing for nobody."""
    if author.is_known:
        session.add(
            AuthorRow(account_id=account_id, version=version, name=checked(author.name), browser=author.browser)
        )


def of(session: Session, account_id: str, version: int) -> Author:
    """Who saved a version, NOBODY where that was not kept."""
    row = session.get(AuthorRow, (account_id, version))
    return NOBODY if row is None else Author(row.name, row.browser)
