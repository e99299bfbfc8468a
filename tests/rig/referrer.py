"""What a browser says in Referer and Origin (Referrer Policy; Fetch, "append a request Origin header").

Knows the eight policies and who may set them. Does not know where a page comes from or what is fetched.
"""

from typing import Any

import can_ada

DEFAULT = "strict-origin-when-cross-origin"
POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        DEFAULT,
        "unsafe-url",
    }
)


def policy_of(*said: str) -> str:
    """The last policy that is known, of lists in the order in which they were said; the default if none is."""
    words = [word.strip().lower() for words in said for word in words.split(",")]
    return next((word for word in reversed(words) if word in POLICIES), DEFAULT)


def referer(policy: str, page: str, target: str) -> str | None:
    """The Referer of a request to `target` from `page`; None if there is none."""
    here, there = can_ada.parse(page), can_ada.parse(target)
    if here.protocol not in {"http:", "https:"}:
        return None
    origin = here.origin + "/"
    is_same = here.origin == there.origin
    is_downgrade = here.protocol == "https:" and there.protocol != "https:"
    whole = _without_secrets(here)
    return {
        "no-referrer": None,
        "no-referrer-when-downgrade": None if is_downgrade else whole,
        "same-origin": whole if is_same else None,
        "origin": origin,
        "strict-origin": None if is_downgrade else origin,
        "origin-when-cross-origin": whole if is_same else origin,
        DEFAULT: whole if is_same else None if is_downgrade else origin,
        "unsafe-url": whole,
    }[policy]


def origin_field(policy: str, page: str, target: str) -> str:
    """The Origin of a request with a body from `page` to `target`; its own origin is hidden where the Referer is."""
    here, there = can_ada.parse(page), can_ada.parse(target)
    is_same = here.origin == there.origin
    is_downgrade = here.protocol == "https:" and there.protocol != "https:"
    careful = {"no-referrer-when-downgrade", "strict-origin", DEFAULT}
    if policy == "no-referrer" or (policy == "same-origin" and not is_same) or (policy in careful and is_downgrade):
        return "null"
    return str(here.origin)


def _without_secrets(url: Any) -> str:
    """A URL as a Referer tells it: no fragment, no user, no password."""
    return f"{url.origin}{url.pathname}{url.search}"
