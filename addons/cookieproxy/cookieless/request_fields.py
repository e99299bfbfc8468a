"""Fields of a request as the application gets them: without ids in the referrer, without the cookie that asks."""

from collections.abc import Sequence

from .asked import Facts
from .carriers import Taken
from .fields import Fields


def without_ours(fields: Fields, facts: Facts, referer: Taken) -> Fields:
    """The fields as the application gets them; the same object if there is nothing of ours in them."""
    if referer.ids:
        fields = _with_value(fields, b"referer", referer.target)
    return fields if facts.token is None else with_cookies(fields, facts.cookies)


def _with_value(fields: Fields, name: bytes, value: bytes) -> Fields:
    return tuple((key, value if key.lower() == name else said) for key, said in fields)


def with_cookies(fields: Fields, cookies: Sequence[bytes]) -> Fields:
    rest = iter(cookies)
    kept = []
    for key, said in fields:
        if key.lower() != b"cookie":
            kept.append((key, said))
        elif (value := next(rest, None)) is not None:
            kept.append((key, value))
    return tuple(kept)
