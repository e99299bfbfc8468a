"""Commands over PostgreSQL: a table, and a notification that wakes the proxies that write into the store.

Whichever proxy takes a command has it alone. Knows nothing of what the commands mean (`record.commands`).
"""

import json

from psycopg import sql

from ..commands import KEPT_SECONDS
from ..protocol import Answer, Command
from .connection import Cursor

_TAKE = """WITH taken AS (UPDATE commands SET taken = %s WHERE id IN
        (SELECT id FROM commands WHERE taken IS NULL ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING id, name, args)
    SELECT id, name, args FROM taken ORDER BY id"""
_FINISH = "UPDATE commands SET finished = %s, ok = %s, result = %s, args = 'null' WHERE id = %s"
_FINISH_STALE = """UPDATE commands SET taken = coalesce(taken, %(now)s), finished = %(now)s, ok = 0, result = %(result)s,
    args = 'null' WHERE finished IS NULL"""
_STALE = json.dumps({"error": "The proxy stopped before it came to this command."})


def channel(schema: str) -> str:
    """What is listened to."""
    return f"{schema}_commands"


def listen(cursor: Cursor, schema: str) -> None:
    """Be woken by commands from now on."""
    cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel(schema))))


def post(cursor: Cursor, schema: str, name: str, args: str, now: float) -> int:
    """Put a command into the table; its id. Commands that nobody answered are forgotten as those that somebody did."""
    cursor.execute("DELETE FROM commands WHERE coalesce(finished, posted) < %s", (now - KEPT_SECONDS,))
    insert = "INSERT INTO commands (posted, name, args) VALUES (%s, %s, %s) RETURNING id"
    found = cursor.execute(insert, (now, name, args)).fetchone()
    assert found is not None, "an INSERT gives back what it inserted"
    cursor.execute("SELECT pg_notify(%s, '')", (channel(schema),))
    return int(found[0])


def take(cursor: Cursor, now: float) -> list[Command]:
    """The commands that nobody has taken yet, oldest first; they count as taken from now on."""
    return [Command(*row) for row in cursor.execute(_TAKE, (now,)).fetchall()]


def finish(cursor: Cursor, command: int, answer: Answer, now: float) -> None:
    """Write down what came of a command, and forget its arguments: there may be cookies in them."""
    cursor.execute(_FINISH, (now, int(answer.ok), answer.result, command))


def finish_stale(cursor: Cursor, now: float) -> None:
    """Answer what proxies left unanswered that are not there any more; only for one that is alone."""
    cursor.execute(_FINISH_STALE, {"now": now, "result": _STALE})
