"""What tests that need many stores are given."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from cookieproxy.record.store import Store

type Fresh = Callable[[], AbstractContextManager[Store]]
"""Opens a store in which nothing is."""
