"""What a cookie's value gives away to whoever reads it: card numbers, addresses, passwords, names, tokens (R12).

Looks through codings, within bounds. Guesses, made so that ids, times and counts are not taken for more; never says a value.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Literal, NamedTuple

from .cards import card_length
from .likeness import looks_like_id
from .tokens import Token, tokens_in
from .unfolding import Text, texts_in

type Severity = Literal["info", "low", "medium", "high"]


class LeakKind(StrEnum):
    """What is given away."""

    CARD = "card"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  what is found, not a password
    USER_NAME = "user-name"
    JWT = "jwt"


class Leak(NamedTuple):
    """One thing that a value gives away."""

    kind: LeakKind
    severity: Severity
    said: str
    """For people, without any part of the value but the end of a token."""


_EMAIL = re.compile(
    r"(?<![\w.+%@/-])[\w.+-]{1,64}@((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?![\w@-])", re.ASCII | re.IGNORECASE
)
_FILES = frozenset(("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "map", "html", "json"))
"""What stands at the end of a file's name, such as `logo@2x.png`, and of no address."""
_CARD_NAME = re.compile(r"card|kreditkarte|ccnum|cc_?num|\bpan\b|cardno", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""Of a name, in any case."""
_PASSWORDS_ANYWHERE = re.compile(r"password|passwd|passwort|passphrase|kennwort|motdepasse|wachtwoord", re.IGNORECASE)
_PASSWORDS = frozenset(("pwd", "pass", "pswd", "passcode", "contrasena", "senha", "lozinka", "haslo"))
_SECRETS = frozenset(("secret", "pin", "pw"))
"""Words that mean a password only if they are the whole name."""
_NOT_PASSWORDS = frozenset(
    (
        *(
            "reset",
            "forgot",
            "forgotten",
            "forget",
            "change",
            "changed",
            "show",
            "hide",
            "hint",
            "policy",
            "expires",
            "expired",
        ),
        *(
            "expiry",
            "expire",
            "length",
            "strength",
            "less",
            "csrf",
            "xsrf",
            "token",
            "attempts",
            "count",
            "visible",
            "required",
        ),
        *(
            "set",
            "has",
            "is",
            "last",
            "time",
            "date",
            "updated",
            "at",
            "id",
            "url",
            "link",
            "protected",
            "remember",
            "saved",
        ),
    )
)
"""Words that make of a password's name the name of something about it."""
_USER_NAMES = frozenset(("username", "user", "login", "loginname", "uname", "userid", "benutzer", "benutzername"))
_NO_CONTENT = re.compile(
    r"[*•xX.·-]*|deleted?|null|nil|none|undefined|true|false|yes|no|on|off|[01]|ok|empty|unset|guest|anonymous|anon|nobody",
    re.IGNORECASE,
)
"""Deletions, masks and switches."""
_PLAIN = re.compile(r"[^\W\d_][\w.@' -]{1,63}")
_SHORTEST_PASSWORD = 3


def sensitive(name: bytes, value: bytes) -> tuple[Leak, ...]:
    """What the value of a cookie of this name gives away, each kind once; never raises, and looks at the first 8 KB."""
    texts = texts_in(name, value)
    found = {leak.kind: leak for find in _FINDERS for leak in find(texts)}
    return tuple(found[kind] for kind in LeakKind if kind in found)


def _cards(texts: list[Text]) -> Iterator[Leak]:
    for name, text in texts:
        length = card_length(text, _CARD_NAME.search(name) is not None)
        if length is not None:
            yield Leak(
                LeakKind.CARD, "high", f"a number of {length} digits that is one of a payment card by its check digit"
            )
            return


def _emails(texts: list[Text]) -> Iterator[Leak]:
    for _, text in texts:
        if any(found[1].rpartition(".")[2].lower() not in _FILES for found in _EMAIL.finditer(text)):
            yield Leak(LeakKind.EMAIL, "medium", "an e-mail address")
            return


def _passwords(texts: list[Text]) -> Iterator[Leak]:
    for name, text in texts:
        if len(text) >= _SHORTEST_PASSWORD and not _NO_CONTENT.fullmatch(text) and _is_password(name):
            yield Leak(LeakKind.PASSWORD, "high", f"what its name calls a password, of {len(text)} characters")
            return


def _is_password(name: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(name)}
    if words & _NOT_PASSWORDS:
        return False
    return bool(words & _PASSWORDS) or name.lower() in _SECRETS or _PASSWORDS_ANYWHERE.search(name) is not None


def _user_names(texts: list[Text]) -> Iterator[Leak]:
    for name, text in texts:
        if _is_user_name(name) and _PLAIN.fullmatch(text) and not _NO_CONTENT.fullmatch(text) and not _is_id(text):
            yield Leak(
                LeakKind.USER_NAME, "low", f"what its name calls a user, of {len(text)} characters, in plain text"
            )
            return


def _is_user_name(name: str) -> bool:
    return "".join(_WORDS.findall(name)).lower() in _USER_NAMES


def _is_id(text: str) -> bool:
    return looks_like_id(text.encode("utf-8", "replace"))


def _tokens(texts: list[Text]) -> Iterator[Leak]:
    """The worst of them."""
    leaks = [_of_token(token) for _, text in texts for token in tokens_in(text)]
    yield from sorted(leaks, key=lambda leak: _SEVERITIES.index(leak.severity))[-1:]


def _of_token(token: Token) -> Leak:
    signed = "without a signature" if token.unsigned else f"signed by {token.algorithm}"
    said = f"a JSON Web Token {signed}, {token.end}"
    if token.personal:
        said += f"; readable in it: {', '.join(token.personal)}"
    return Leak(LeakKind.JWT, "high" if token.unsigned else "medium" if token.personal else "info", said)


_SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high")
_FINDERS: tuple[Callable[[list[Text]], Iterator[Leak]], ...] = (_cards, _emails, _passwords, _user_names, _tokens)
