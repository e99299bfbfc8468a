"""What the proxy has to give for its dashboard: a protocol, so that the pages know neither mitmproxy nor how the proxy is made.

All of it is called on the event loop; what asks the store is asked in a thread by who needs it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..config import Config
from ..core.hosts import Suffixes
from ..core.profiles import Profile
from ..exchange import Browser
from ..record.protocol import Reader
from ..record.tally import Tally


class CannotDo(Exception):
    """What was asked for cannot be done: why, and what to do about it. `status` is HTTP's."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the proxy listens."""

    mode: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Setup:
    """How the proxy runs."""

    listeners: Sequence[Listener]
    store: str
    rules: str
    trouble: str | None
    """Why nothing can be recorded at the moment; None while all is well."""
    fast: bool
    versions: Mapping[str, str]
    certificate: Path
    """The authority that browsers have to trust; public."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How the recording goes."""

    waiting_bytes: int
    """Memory that what is not yet written takes, roughly."""
    written: int
    dropped: int
    """Observations since the store was opened."""
    spilled: int = 0
    """Observations that went to files, because a database was slow or gone."""
    loaded: int = 0
    """Observations that came from files into the store, those of dead processes included."""
    unknown_clients: int = 0
    """Clients that have appeared and could not be looked up yet."""
    file_bytes: int = 0
    """What waits in files, on disk."""


class Inside(Protocol):
    """One running proxy."""

    @property
    def suffixes(self) -> Suffixes:
        """The public suffix list."""

    @property
    def config(self) -> Config | None:
        """What is in force; None while there are no good rules yet."""

    @property
    def rules_path(self) -> Path:
        """The rules file."""

    @property
    def store(self) -> Reader | None:
        """The store, if it is open; what it is asked does not make traffic wait."""

    @property
    def tally(self) -> Tally:
        """What happened how often since the start."""

    @property
    def queue(self) -> Queue:
        """How the recording goes."""

    @property
    def browsers(self) -> Iterable[Browser]:
        """The clients in memory."""

    def hand_over(self) -> None:
        """Give the writer what was gathered."""

    def flush(self) -> None:
        """Wait a moment until that is written; the one thing here to be called in a thread."""

    def profile(self, name: str) -> Profile:
        """The profile of this name with the limits of the rules file."""

    def forget(self, site: str, client: str | None) -> str:
        """Make clients forget all cookies of a site; what came of it in a sentence. Raises CannotDo."""

    def setup(self) -> Setup:
        """How it runs."""
