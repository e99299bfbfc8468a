"""Words that stand in thousands of rows (clients, sites, hosts, reasons) kept once, and known by a number.

A mapping that learns: the number of a word it does not know is looked up, and given if there is none. Texts that no encoding
can hold (lone surrogates, as header decoding leaves them) are made readable first. Not thread-safe, and used inside a
transaction; after a rollback the numbers given in it are void, which `forget` says.
"""

import sqlite3

MOST_REMEMBERED = 50_000
"""Words; beyond that the memory is emptied and learns anew from the table."""


class Words(dict[str | None, int | None]):
    """Word to number; None stays None."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: None})
        self._connection = connection

    def __missing__(self, word: str) -> int:
        if len(self) > MOST_REMEMBERED:
            self.forget()
        number = self._number_of(readable(word))
        self[word] = number
        return number

    def _number_of(self, word: str) -> int:
        found = self._connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        if found is not None:
            return int(found[0])
        return int(self._connection.execute("INSERT INTO words (word) VALUES (?)", (word,)).lastrowid or 0)

    def forget(self) -> None:
        """Empty the memory: what was learnt last may have been rolled back or cleaned away."""
        self.clear()
        self[None] = None


def readable(text: str) -> str:
    """The text itself if it can be encoded; else with its stray bytes as latin-1."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape" if _only_escapes(text) else "replace").decode("latin-1")
    return str(text)


def _only_escapes(text: str) -> bool:
    return all("\udc80" <= character <= "\udcff" for character in text if "\ud800" <= character <= "\udfff")
