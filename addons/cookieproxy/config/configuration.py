"""A good rules.yaml, ready for use."""

from dataclasses import dataclass, field

from ..cookieless.entry import Entry
from ..core.profiles import PROFILES, Overrides, Profile
from ..rules.engine import RuleSet
from ..rules.model import RuleTest
from ..rules.patterns import Pattern
from ..sessions.tracker import Settings
from .cookieless import Cookieless
from .mistakes import Mistake
from .sections import Limits, Recording
from .sessions import Findings, Sessions


@dataclass(frozen=True, slots=True)
class PlacedTest:
    """A rule test with the rule it stands in and its place in the file."""

    rule: str
    place: Mistake
    """Where it stands; the message is empty."""
    test: RuleTest


@dataclass(frozen=True, slots=True)
class Config:
    """Everything rules.yaml says; what it leaves out has its default."""

    browser: str = "auto"
    """A profile's name, or `auto`."""
    browsers: tuple[tuple[Pattern, str], ...] = ()
    """Patterns on clients and the profile of each; the first that matches counts."""
    limits: Limits = field(default_factory=Limits)
    enforce: bool = False
    clients: tuple[str, ...] = ("address", "user-agent")
    """`address`, `user-agent`, `proxy-user` or `header:name`."""
    record: Recording = field(default_factory=Recording)
    on_store_failure: str = "pass"
    """`pass` or `refuse`."""
    rules: RuleSet = field(default_factory=RuleSet)
    cookieless: tuple[Cookieless, ...] = ()
    """The section as it is said."""
    entries: tuple[Entry, ...] = ()
    """The same, ready for use."""
    sessions: Sessions = field(default_factory=Sessions)
    findings: Findings = field(default_factory=Findings)
    tracking: Settings = field(default_factory=Settings)
    """Both, ready for use."""
    tests: tuple[PlacedTest, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    """What is doubtful, in the order of the file."""

    @classmethod
    def empty(cls) -> "Config":
        """What an empty file says: nothing."""
        return cls()

    def profile(self, browser: str) -> Profile:
        """The profile of this name with the user's limits."""
        limits = self.limits
        return PROFILES[browser].with_limits(
            Overrides(limits.per_cookie_bytes, limits.per_site, limits.total, limits.max_age, limits.header_bytes)
        )

    def browser_for(self, client: str) -> str:
        """The profile's name for this client, or `auto`."""
        return next((name for pattern, name in self.browsers if pattern.matches(client)), self.browser)
