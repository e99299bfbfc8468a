"""Actions of the grammar that this version understands and does not carry out: `pack`.

Their values are checked in full; a rule that uses one is refused, because it must not seem to work.
"""

from typing import Any

from ..fields import Token

LATER: dict[str, tuple[Any, str]] = {
    "pack": (Token, "NAME: all matching cookies in one. Not carried out by this version."),
}
"""Key to form and help."""
