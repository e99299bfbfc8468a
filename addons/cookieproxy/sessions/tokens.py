"""What a JSON Web Token in a cookie says about its bearer, to anybody who reads it (RFC 7519; R12, R19).

Its algorithm, its end, and the names of personal claims; never a claim's value but its end. Nothing is verified.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from .unfolding import json_object, readable_base64

_TOKEN = re.compile(r"(?<![\w.-])([\w-]{8,})\.([\w-]{2,})\.([\w-]*)(?![\w.-])", re.ASCII)
_ALGORITHMS = frozenset(
    [
        *(f"{kind}{size}" for kind in ("HS", "RS", "ES", "PS") for size in (256, 384, 512)),
        *("ES256K", "EdDSA", "Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
    ]
)
"""RFC 7518 and its successors in IANA's registry; other words may be anything, and are not repeated."""
_PERSONAL = frozenset(
    (
        *(
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "username",
            "user_name",
        ),
        *(
            "email",
            "email_address",
            "mail",
            "upn",
            "unique_name",
            "phone",
            "phone_number",
            "mobile",
            "address",
            "street",
        ),
        *(
            "birthdate",
            "birthday",
            "date_of_birth",
            "gender",
            "picture",
            "firstname",
            "lastname",
            "first_name",
            "last_name",
        ),
        *("firstName", "lastName", "fullName", "userName", "phoneNumber", "password", "ssn"),
    )
)
"""Claims about a person: OpenID Connect Core 5.1, and what they are called elsewhere."""
_ADDRESS_OF_CLAIM = re.compile(r"http://schemas\.(?:xmlsoap|microsoft)\.[\w./]{1,80}/([a-z]+)")
_LATEST = 253_402_300_799
"""Unix seconds, the end of the year 9999."""


class Token(NamedTuple):
    """A JSON Web Token, as far as it may be told."""

    unsigned: bool
    algorithm: str
    """Its name, or that it is unknown."""
    end: str
    """When its claims end, or that they do not."""
    personal: tuple[str, ...]
    """Names of claims."""


def tokens_in(text: str) -> Iterator[Token]:
    """All the tokens in a text."""
    for found in _TOKEN.finditer(text):
        header, claims = (_object(part) for part in found.groups()[:2])
        if header is not None and claims is not None and isinstance(algorithm := header.get("alg"), str):
            yield Token(algorithm.lower() == "none", _named(algorithm), _end(claims), _personal(claims))


def _object(part: str) -> dict[str, object] | None:
    said = readable_base64(part)
    return None if said is None else json_object(said)


def _named(algorithm: str) -> str:
    return algorithm if algorithm in _ALGORITHMS else "an unknown algorithm"


def _end(claims: dict[str, object]) -> str:
    said = claims.get("exp")
    try:
        end = float(said) if isinstance(said, str) else -1.0
    except ValueError:
        end = -1.0
    if not 0 <= end <= _LATEST:
        return "without an end that can be read" if "exp" in claims else "without an end"
    return f"until {datetime.fromtimestamp(end, UTC):%Y-%m-%d %H:%M} UTC"


def _personal(claims: dict[str, object]) -> tuple[str, ...]:
    names = {_short(key) for key, value in claims.items() if value not in ("", None, [], {}, False, True)}
    subject = claims.get("sub")
    return (*sorted(names & _PERSONAL), *(("sub",) if isinstance(subject, str) and "@" in subject else ()))


def _short(claim: str) -> str:
    found = _ADDRESS_OF_CLAIM.fullmatch(claim)
    return claim if found is None else {"emailaddress": "email"}.get(found[1], found[1])
