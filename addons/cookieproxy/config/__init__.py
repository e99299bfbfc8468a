"""The whole of rules.yaml: read, checked, and ready for use.

Knows every section's grammar and the place of everything in the file; what rules do is the room `rules`' business.
"""

from .configuration import Config, PlacedTest
from .cookieless import Cookieless, entries_of
from .load import load_config, parse_config
from .mistakes import ConfigError, Mistake
from .sections import PROFILES, Limits, Recording
from .sessions import Findings, Sessions
from .trials import TestResult, run_tests

__all__ = [
    "PROFILES",
    "Config",
    "ConfigError",
    "Cookieless",
    "Findings",
    "Limits",
    "Mistake",
    "PlacedTest",
    "Recording",
    "Sessions",
    "TestResult",
    "entries_of",
    "load_config",
    "parse_config",
    "run_tests",
]
