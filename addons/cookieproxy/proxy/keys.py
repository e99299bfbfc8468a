"""The file with the keys that seal cookies: `cookies.keys` beside the rules file, for its owner alone (R13).

Made when a rule seals for the first time, read again when it is saved: a new key on top rotates without a restart.
"""

import logging
import os
import stat
import tempfile
from pathlib import Path

from ..rules.keys import key_file_text, parse_keys
from ..rules.sealing import KEY_OCTETS, Keyring

logger = logging.getLogger(__name__)

NAME = "cookies.keys"
MOST_OCTETS = 1_000_000


class KeysError(Exception):
    """The keys cannot be had; the message says where and what to do."""


class KeyFile:
    """The keys of the rules in one directory."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._read: tuple[int, ...] | None = None
        self._seen: tuple[int, ...] | None = None

    def load(self, needed: bool) -> Keyring | None:
        """The keys as they are now; None if there are none and none are needed. Raises KeysError."""
        if needed and self._fingerprint() is None:
            self._make()
        self._read = self._seen = self._fingerprint()
        return None if self._read is None else self._parsed()

    def is_saved(self) -> bool:
        """True if the file is not what was read, and two looks in a row found it the same."""
        before, self._seen = self._seen, self._fingerprint()
        return self._seen == before and self._seen != self._read

    def _parsed(self) -> Keyring:
        try:
            with open(self.path, encoding="utf-8") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    logger.warning(f"{self.path} can be read by others: chmod 600 keeps the keys to its owner.")
                return Keyring(parse_keys(file.read(MOST_OCTETS)))
        except OSError as error:
            raise KeysError(f"{self.path}: {error.strerror}: the keys that seal cookies cannot be read.") from error
        except UnicodeDecodeError as error:
            raise KeysError(f"{self.path}:1: this is no text: expected keys in base64.") from error
        except ValueError as error:
            raise KeysError(f"{self.path}:{error}") from error

    def _make(self) -> None:
        """A file with one new key, whole from its first moment on; another proxy may have been faster."""
        try:
            descriptor, draft = tempfile.mkstemp(prefix=f".{NAME}.", dir=self.path.parent)
            try:
                with open(descriptor, "w", encoding="utf-8") as file:
                    file.write(key_file_text(os.urandom(KEY_OCTETS)))
                    file.flush()
                    os.fsync(file.fileno())
                os.link(draft, self.path)
            finally:
                os.unlink(draft)
        except FileExistsError:
            return
        except OSError as error:
            raise KeysError(
                f"{self.path}: {error.strerror}: a rule seals cookies, and its keys must lie there. "
                "Make the folder writable, or write the file: openssl rand -base64 32"
            ) from error
        logger.info(f"{self.path}: a key to seal cookies with was made.")

    def _fingerprint(self) -> tuple[int, ...] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
