"""HAProxy's admin socket: which of its servers get new connections, and what it thinks of their health (management.txt, 9.3)."""

import asyncio
import csv
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from .haproxy import BACKEND

ANSWER_SECONDS = 5.0


class State(StrEnum):
    """What a server is good for."""

    READY = "ready"
    """New connections."""
    DRAIN = "drain"
    """Those it has."""
    MAINT = "maint"
    """Nothing."""


class Admin:
    """One HAProxy's."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def set_state(self, server: str, state: State) -> None:
        """Let a server get connections, or no more. Does nothing if HAProxy is not there: it looks after their health itself."""
        with suppress(OSError, TimeoutError):
            await self._ask(f"set server {BACKEND}/{server} state {state}")

    async def set_port(self, server: str, port: int) -> None:
        """Connect to a server at another port of 127.0.0.1. Does nothing if HAProxy is not there."""
        with suppress(OSError, TimeoutError):
            await self._ask(f"set server {BACKEND}/{server} addr 127.0.0.1 port {port}")

    async def healths(self) -> Mapping[str, str]:
        """What became of the last question after each server's health, by names; L7OK is good. Empty if HAProxy does not answer."""
        try:
            said = await self._ask("show stat")
        except (OSError, TimeoutError):
            return {}
        rows = csv.DictReader(said.removeprefix("# ").splitlines())
        return {row["svname"]: row["check_status"] for row in rows if row["pxname"] == BACKEND and row["check_status"]}

    async def _ask(self, command: str) -> str:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(self._path)
            try:
                writer.write(command.encode() + b"\n")
                return (await reader.read()).decode("utf-8", "replace")
            finally:
                writer.close()
