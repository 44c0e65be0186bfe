"""A program that writes rows to SQLite and says so after each COMMIT; the instrument is proven on it.

    python sqlite_writer.py DATABASE JOURNAL_MODE SYNCHRONOUS WRITER

Prints `WRITER NUMBER` for each row, unbuffered, after the commit returned.
"""

import os
import sqlite3
import sys


def main(database: str, journal_mode: str, synchronous: str, writer: int) -> None:
    link = sqlite3.connect(database, isolation_level=None, timeout=30)
    link.execute(f"PRAGMA journal_mode={journal_mode}")
    link.execute(f"PRAGMA synchronous={synchronous}")
    link.execute("CREATE TABLE IF NOT EXISTS row (writer INTEGER, number INTEGER, body TEXT)")
    number = link.execute("SELECT coalesce(max(number), 0) FROM row WHERE writer = ?", (writer,)).fetchone()[
        0
    ]
    while True:
        number += 1
        link.execute("BEGIN IMMEDIATE")
        link.execute("INSERT INTO row VALUES (?, ?, ?)", (writer, number, "x" * 500))
        link.execute("COMMIT")
        os.write(1, f"{writer} {number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
