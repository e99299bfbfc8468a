"""Renames undone on the way up, by host and new name alone.

The record of renames (the jar's) is asked first: a name it knows to be made is undone even if the rule is gone from
the file, one it knows not to be is left alone; only where it knows nothing the rules decide.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..core.syntax import CookieString
from .edits import rewritten
from .verdicts import Record, Undone

type MadeFrom = Callable[[bytes], bytes | Record]
"""From a name towards the browser to the application's name it was made from, or what else is known of it."""


class _Rename(NamedTuple):
    new_name: bytes
    old_name: bytes
    by_rule: bool
    """True if the rules of today make this name, not only those of the day it was made."""


def undo(cookies: CookieString, made: MadeFrom | None, old_name_by_rule: Callable[[bytes], bytes | None]) -> Undone:
    """The cookies under the application's names.

    If a cookie arrives under its old name too, the new one wins, the old pair is dropped, and its name is stale.
    The same goes for a name that only a rule of the past made, if one made by a rule of today arrives with it.
    """
    renames: dict[int, _Rename] = {}
    for index, pair in enumerate(cookies.pairs):
        rename = _rename(pair.name, made, old_name_by_rule)
        if rename is not None:
            renames[index] = rename
    if not renames:
        return Undone(cookies)
    stale = dict(_stale(cookies, renames))
    kept = {index: rename for index, rename in renames.items() if index not in stale}
    pairs = {index: (rename.old_name, cookies.pairs[index].value) for index, rename in kept.items()}
    return Undone(
        rewritten(cookies, pairs, stale.keys()),
        tuple((rename.new_name, rename.old_name) for rename in kept.values()),
        tuple(dict.fromkeys(stale.values())),
    )


def _rename(name: bytes, made: MadeFrom | None, old_name_by_rule: Callable[[bytes], bytes | None]) -> _Rename | None:
    record = Record.UNKNOWN if made is None else made(name)
    if record is Record.NOT_MADE:
        return None
    by_rule = old_name_by_rule(name)
    old = by_rule if record is Record.UNKNOWN else record
    return None if old is None or old == name else _Rename(name, old, by_rule == old)


def _stale(cookies: CookieString, renames: dict[int, _Rename]) -> Iterable[tuple[int, bytes]]:
    """Index and name of the pairs whose place another one has taken."""
    taken = {rename.old_name for rename in renames.values()}
    taken_today = {rename.old_name for rename in renames.values() if rename.by_rule}
    for index, pair in enumerate(cookies.pairs):
        rename = renames.get(index)
        is_past = rename is not None and not rename.by_rule and rename.old_name in taken_today
        if is_past or (rename is None and pair.name in taken):
            yield index, pair.name
