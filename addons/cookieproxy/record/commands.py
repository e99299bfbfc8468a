"""The table of commands: how the command line speaks to a running proxy through its store.

The command line posts a command and looks for its answer; the proxy's writer takes the commands it has not taken yet and writes
the answers. Knows nothing of what the commands mean.
"""

import json
import sqlite3
import time
from collections.abc import Callable

from .protocol import Answer, Command, Reader, StoreError

KEPT_SECONDS = 3600.0
"""After that a finished command and its answer are forgotten."""

_POLL_SECONDS = 0.03
_STALE = json.dumps({"error": "The proxy stopped before it came to this command."})


def post(connection: sqlite3.Connection, name: str, args: str, now: float) -> int:
    """Put a command into the table; its id."""
    connection.execute("DELETE FROM commands WHERE finished < ?", (now - KEPT_SECONDS,))
    insert = "INSERT INTO commands (posted, name, args) VALUES (?, ?, ?)"
    return int(connection.execute(insert, (now, name, args)).lastrowid or 0)


def take(connection: sqlite3.Connection, now: float) -> list[Command]:
    """The commands that nobody has taken yet, oldest first; they count as taken from now on."""
    query = "SELECT id, name, args FROM commands WHERE finished IS NULL AND taken IS NULL ORDER BY id"
    commands = [Command(*row) for row in connection.execute(query).fetchall()]
    connection.executemany("UPDATE commands SET taken = ? WHERE id = ?", [(now, command.id) for command in commands])
    return commands


def finish(connection: sqlite3.Connection, command: int, answer: Answer, now: float) -> None:
    """Write down what came of a command, and forget its arguments: there may be cookies in them."""
    update = "UPDATE commands SET finished = ?, ok = ?, result = ?, args = 'null' WHERE id = ?"
    connection.execute(update, (now, int(answer.ok), answer.result, command))


def finish_stale(connection: sqlite3.Connection, now: float) -> None:
    """Answer what an earlier proxy left unanswered."""
    update = "UPDATE commands SET finished = ?, ok = 0, result = ?, args = 'null' WHERE finished IS NULL"
    connection.execute(update, (now, _STALE))


def post_and_wait(
    store: Reader, name: str, args: object, timeout_seconds: float, clock: Callable[[], float] = time.time
) -> Answer:
    """Let the running proxy do something and wait for its answer. `args` becomes JSON.

    Raises StoreError if no proxy writes into this store, or if it does not answer in time.
    """
    if store.holder() is None:
        raise StoreError(
            store.name, "no proxy is running with this store", "Start it, or name its store with `--store`."
        )
    command = store.post(name, json.dumps(args), clock())
    end = time.monotonic() + timeout_seconds
    while time.monotonic() < end:
        if (answer := store.answer(command)) is not None:
            return answer
        time.sleep(_POLL_SECONDS)
    raise StoreError(
        store.name, f"the proxy did not answer within {timeout_seconds:g} s", "See its log, and try again."
    )
