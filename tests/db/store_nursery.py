"""Run as a program: forks children that save through the store until they are killed.

Arguments: URL, account id, wal_autocheckpoint. For each line on standard input one child; it prints `pid N`, then
`done V` after every save that returned with version V; `dead` follows when it is gone.
"""

import os
import sys

from store_books import count_of, counted

from db import engine
from db.store import open_store


def tell(line):
    os.write(1, f"{line}\n".encode())


def child(url, account_id):
    store = open_store(url)
    held = store.load(account_id)
    while True:
        number = count_of(held.account) + 1
        held = store.save(account_id, counted(number), held.version, f"{account_id} {number}")
        tell(f"done {held.version}")


def main(url, account_id, pages):
    engine.PRAGMAS["wal_autocheckpoint"] = int(pages)
    for _ in sys.stdin:
        born = os.fork()
        if not born:
            try:
                child(url, account_id)
            finally:
                os._exit(1)
        tell(f"pid {born}")
        os.waitpid(born, 0)
        tell("dead")


if __name__ == "__main__":
    main(*sys.argv[1:])
