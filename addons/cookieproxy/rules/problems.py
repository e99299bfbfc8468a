"""What can be wrong or doubtful in a rules file, with the path of keys that leads to it.

Knows paths (`("rules", 3, "set", "path")`), not lines: `config` has the marks. How a validator says several
mistakes at once, each with its place below the value it was given, is here too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

type Path = tuple[str | int, ...]

MISTAKE = "mistake"
"""The type of the errors whose text is meant for the user as it is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake or warning."""

    path: Path
    message: str
    at_key: bool = False
    """True if the key is what it is about, else the value."""
    fatal: bool = False
    """True for a mistake, which refuses the file; False for a warning."""


def warning(path: Path, message: str, at_key: bool = False) -> Problem:
    """A doubt about something that works all the same."""
    return Problem(path, message, at_key)


def mistake(path: Path, message: str, at_key: bool = False) -> Problem:
    """Something for which the file is refused."""
    return Problem(path, message, at_key, fatal=True)


def refuse(message: str) -> NoReturn:
    """Ends a validator: the value it was given is a mistake."""
    raise PydanticCustomError(MISTAKE, "{text}", {"text": message})


def refuse_all(problems: Iterable[Problem]) -> None:
    """Ends a validator if there are mistakes, each at its path below the value it was given."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError(MISTAKE, "{text}", {"text": problem.message, "at_key": problem.at_key}),
            loc=problem.path,
            input=None,
        )
        for problem in problems
    ]
    if details:
        raise ValidationError.from_exception_data("rules", details)


def collected(error: Exception) -> list[Problem]:
    """The mistakes in what `refuse` or `refuse_all` raised, to be raised again at another place."""
    if not isinstance(error, ValidationError):
        return [mistake((), str(error))]
    return [
        mistake(tuple(item["loc"]), item["msg"], at_key=bool(item.get("ctx", {}).get("at_key")))
        for item in error.errors(include_url=False)
    ]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean "secure"?`, or nothing if no known word is near."""
    near = nearest(word, known)
    return f', did you mean "{near}"?' if near is not None else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one was probably meant to be; case and dashes do not count."""
    plain = {_plain(candidate): candidate for candidate in known}
    found = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def shown(value: object, longest: int = 40) -> str:
    """A value as a message names it: on one line, of texts at most so many characters."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return f'"{text if len(text) <= longest else text[: longest - 3] + "..."}"'
