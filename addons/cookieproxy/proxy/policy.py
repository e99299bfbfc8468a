"""The rules file in force: read at start, watched while the proxy runs, never replaced by a broken one.

Any kind of saving is noticed within a second: in place, by rename, emptied. Each mistake is one log line with its place.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from mitmproxy import flowfilter
from mitmproxy.flow import Flow

from ..config import Config, ConfigError, load_config
from ..core.hosts import Suffixes
from ..core.profiles import Profile, profile_for_user_agent
from ..exchange import RequestSide, ResponseSide
from ..rules.sealing import Sealer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""Between two looks at the file; it counts as saved when two of them find it the same."""
LONGEST_SAVE_SECONDS = 1.0
"""A file that changes all the time is read as it is after so long."""

type Fingerprint = tuple[int, int, int, int] | None


def compile_filter(expression: str) -> Callable[[object], bool]:
    """A mitmproxy filter expression as a condition on flows; ValueError if it is none."""
    matches = flowfilter.parse(expression)
    return lambda flow: isinstance(flow, Flow) and bool(matches(flow))


class Policy:
    """One configuration and the two sides that follow it."""

    def __init__(self, config: Config, suffixes: Suffixes, sealer: Sealer | None = None) -> None:
        self.config = config
        self.requests = RequestSide(config.rules, suffixes, sealer)
        self.responses = ResponseSide(config.rules, suffixes, config.enforce, sealer)

    def profile_of(self, client: str, user_agent: str) -> Profile:
        """The profile of a client: by `browsers`, else `browser`, else its User-Agent; with the user's limits."""
        config = self.config
        name = config.browser_for(client)
        return config.profile(profile_for_user_agent(user_agent).name if name == "auto" else name)


class RulesFile:
    """The file on disc and what was last seen of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: Fingerprint = None
        """What it was when it was read."""
        self._seen: Fingerprint = None
        """What it was at the last look."""
        self._changed_at: float | None = None

    def load(self) -> Config:
        """Read the file as it is now. Raises ConfigError, also if it cannot be read."""
        self._read = self._seen = self._fingerprint()
        self._changed_at = None
        return load_config(self.path, compile_filter)

    def is_saved(self, now: float) -> bool:
        """True if it is not what was read and nobody is writing it any more, so that half a file is not taken for the whole.

        `now` is in seconds of a clock that only goes forward; meant to be asked every `LOOK_SECONDS` or so.
        """
        before, self._seen = self._seen, self._fingerprint()
        if self._seen == self._read:
            self._changed_at = None
            return False
        if self._changed_at is None:
            self._changed_at = now
            return False
        return self._seen == before or now - self._changed_at >= LONGEST_SAVE_SECONDS

    def reload(self) -> Config | None:
        """The configuration as it is now if it is good; a broken one is told, mistake by mistake."""
        try:
            config = self.load()
        except ConfigError as error:
            for mistake in error.mistakes:
                logger.warning(str(mistake))
            logger.warning(f"The last good rules stay in force until {self.path.name} is mended.")
            return None
        tell_warnings(config)
        sites = f" and {_counted(len(config.entries), 'cookieless site')}" if config.entries else ""
        logger.info(f"{self.path.name}: {_counted(len(config.rules.names), 'rule')}{sites} in force.")
        return config

    def _fingerprint(self) -> Fingerprint:
        try:
            status = os.stat(self.path)
        except (OSError, ValueError):
            return None
        return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def tell_warnings(config: Config) -> None:
    """Contradictions in a good file."""
    for warning in config.warnings:
        logger.warning(str(warning))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
