"""What a browser would do with a Set-Cookie, as plain data with the documented fields, ready for JSON."""

from ..core.profiles import Profile
from ..core.syntax import wire_text
from ..exchange.explain import Explanation


def explanation_fields(profile: Profile, each: Explanation) -> dict[str, object]:
    """What became of one Set-Cookie field in one browser."""
    return {
        "browser": profile.name,
        "outcome": each.ending.value,
        "reason": each.reason,
        "sentence": each.sentence,
        "before": None if each.before is None else wire_text(each.before),
        "after": None if each.after is None else wire_text(each.after),
        "rules": list(each.rules),
    }
