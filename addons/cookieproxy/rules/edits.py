"""Many pairs of one Cookie field rewritten at once, every other byte as it was; its cost grows with the field, not
with its square.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping

from ..core.syntax import CookieString

_WSP = b" \t"


def rewritten(
    cookies: CookieString, replaced: Mapping[int, tuple[bytes, bytes]], removed: Collection[int]
) -> CookieString:
    """The field with other names and values at these indexes of `pairs`, and without those; itself if nothing changes."""
    shorter = cookies.without(removed) if removed else cookies
    if len(replaced) == 0:
        return shorter
    gone = sorted(removed)
    return _with_pairs(
        shorter, {_shifted(index, gone): pair for index, pair in replaced.items() if index not in removed}
    )


def _shifted(index: int, gone: list[int]) -> int:
    return index - bisect_left(gone, index)


def _with_pairs(cookies: CookieString, replaced: Mapping[int, tuple[bytes, bytes]]) -> CookieString:
    pieces = cookies.source.split(b";")
    occupied = [place for place, piece in enumerate(pieces) if piece.strip(_WSP)]
    for index, (name, value) in replaced.items():
        place = occupied[index]
        pieces[place] = CookieString(pieces[place]).with_pair(0, name, value).source
    return CookieString(b";".join(pieces))
