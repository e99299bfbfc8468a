"""What the page of the rules shows: the file as it is on disc, its mistakes in their lines, and what each rule has done.

Reads the file, and edits one place of it: whether a rule only observes. The proxy notices that by itself, as it notices any saving.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..config import Config, ConfigError
from ..config.modes import MODES, CannotEdit, with_mode
from ..config.source import MAX_BYTES, read
from ..core.events import SetCookieSeen
from ..record.tally import RuleTally, Tally
from .inside import CannotDo
from .jars import Fields
from .rows import rows_of

type Parse = Callable[[bytes, str], Config]
"""The configuration in these octets; raises ConfigError."""


class RulesPage:
    """The rules file, whichever it is at the moment."""

    def __init__(self, path: Callable[[], Path], parse: Parse, tally: Tally) -> None:
        self._path_of = path
        self._parse = parse
        self._tally = tally
        self._known: tuple[bytes, Fields] | None = None

    @property
    def _path(self) -> Path:
        return self._path_of()

    def fields(self) -> Fields:
        """All of it. Reads the file: to be called in a thread."""
        octets = self._octets()
        if self._known is None or self._known[0] != octets:
            self._known = octets, self._read(octets)
        read_fields = self._known[1]
        rules = read_fields["rules"]
        assert isinstance(rules, list)
        return read_fields | {
            "path": str(self._path),
            "name": self._path.name,
            "since": self._tally.since,
            "rules": [rule | self._counts(str(rule["label"])) for rule in rules],
        }

    def set_mode(self, rule: object, mode: object) -> None:
        """Write the mode of a rule into the file. Raises CannotDo; nothing is written then."""
        if mode not in MODES:
            raise CannotDo("A rule's mode is apply or observe.")
        octets = self._octets()
        labels = [each["label"] for each in _rules(octets)]
        if rule not in labels:
            raise CannotDo("There is no such rule in the file now.", 409)
        try:
            edited = with_mode(octets, labels.index(rule), str(mode))
            self._parse(edited, self._path.name)
        except CannotEdit as error:
            raise CannotDo(str(error), 409) from error
        except ConfigError as error:
            raise CannotDo(f"The file would not be good: {error.mistakes[0]}", 409) from error
        if edited != octets:
            self._write(octets, edited)

    def _octets(self) -> bytes:
        try:
            with open(self._path, "rb") as opened:
                return opened.read(MAX_BYTES + 4)
        except OSError as error:
            raise CannotDo(f"{self._path.name} cannot be read: {error.strerror}.", 503) from error

    def _read(self, octets: bytes) -> Fields:
        mistakes: list[Fields] = []
        good = True
        try:
            warnings = self._parse(octets, self._path.name).warnings
        except ConfigError as error:
            good, warnings = False, error.mistakes
        for each in warnings:
            mistakes.append({"line": each.line, "column": each.column, "text": each.message, "warning": good})
        text = octets.decode("utf-8", "replace").removeprefix("\ufeff")
        return {"good": good, "mistakes": mistakes, "lines": text.splitlines(), "rules": _rules(octets)}

    def _counts(self, label: str) -> Fields:
        counts = self._tally.rules.get(label, RuleTally())
        return {"hits": counts.hits, "observed": counts.observed, "last": _last(counts, label)}

    def _write(self, before: bytes, after: bytes) -> None:
        """In one step, so that nobody reads half a file; not over what somebody else has saved meanwhile."""
        path = self._path.resolve()
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(after)
                os.chmod(name, path.stat().st_mode & 0o7777)
                if path.read_bytes() != before:
                    raise CannotDo("The file was saved meanwhile: look at it again.", 409)
                os.replace(name, path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as error:
            raise CannotDo(f"{path.name} cannot be written: {error.strerror}.", 409) from error


def _rules(octets: bytes) -> list[Fields]:
    """What can be shown of the rules of a file, good or not: what each is called, where it stands, and its mode."""
    source = read(octets, "rules.yaml")
    rules = source.data.get("rules") if isinstance(source.data, dict) else None
    found: list[Fields] = []
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        said = rule if isinstance(rule, dict) else {}
        label = said.get("name")
        found.append(
            {
                "label": label if isinstance(label, str) and label else f"rules[{index}]",
                "line": source.place(("rules", index), at_key=False).line,
                "mode": MODES[1] if said.get("mode") == MODES[1] else MODES[0],
            }
        )
    return found


def _last(counts: RuleTally, label: str) -> Fields | None:
    if counts.last is None:
        return None
    rows = [row for row in rows_of(counts.last) if row["rule"] == label or not isinstance(counts.last, SetCookieSeen)]
    return rows[-1] if rows else None
