"""Every kind of store as a fixture: what a test says of `store` holds for all of them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cookieproxy.record.store import Store, open_store
from rig.stores import Fresh

if TYPE_CHECKING:
    from rig.postgres import Server

SQLITE = ("memory:", "sqlite:store.db")


@pytest.fixture(scope="session")
def postgres_spec(postgres: "Server") -> str:
    """The name of a store that tests share, one after the other."""
    return postgres.spec()


@pytest.fixture
def spec(postgres: "Server") -> str:
    """The name of a store that is not there yet."""
    return postgres.spec()


@pytest.fixture
def pg(spec: str) -> Iterator[Store]:
    """A store in PostgreSQL that nobody else has, opened."""
    with closing(open_store(spec, Path("/"))) as opened:
        yield opened


@pytest.fixture(params=[*SQLITE, "postgresql"], ids=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store, with nothing in it."""
    if request.param != "postgresql":
        with closing(open_store(request.param, tmp_path)) as opened:
            yield opened
        return
    spec = request.getfixturevalue("postgres_spec")
    with closing(open_store(spec, tmp_path)) as opened:
        request.getfixturevalue("postgres").empty(spec)
        yield opened


@pytest.fixture(params=SQLITE, ids=["memory", "sqlite"])
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The two kinds of SQLite store, for what is about SQLite."""
    with closing(open_store(request.param, tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="session", params=["memory", "postgresql"])
def fresh(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    """Opens stores for tests that need many, one after the other."""
    if request.param == "memory":
        yield lambda: closing(open_store("memory:", Path("/")))
        return
    spec, server = request.getfixturevalue("postgres_spec"), request.getfixturevalue("postgres")
    with closing(open_store(spec, Path("/"))) as opened:

        @contextmanager
        def emptied() -> Iterator[Store]:
            server.empty(spec)
            yield opened

        yield emptied
