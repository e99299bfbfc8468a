"""How PostgreSQL stores are named, and that a password in a name is nowhere else."""

from pathlib import Path

import pytest

from cookieproxy.record.store import StoreError, open_reader, open_store, without_password

SHOWN = {
    "postgresql://me:secret@db.example:5433/cookies": "postgresql://me@db.example:5433/cookies",
    "postgres://me@db.example/cookies": "postgresql://me@db.example/cookies",
    "postgresql://db.example/": "postgresql://db.example/",
    "postgresql:///cookies": "postgresql:///cookies",
    "postgresql://me:secret@a:1,b:2/c?sslmode=require": "postgresql://me@a:1,b:2/c",
    "postgresql://me:secret@a/c?schema=team&password=secret": "postgresql://me@a/c?schema=team",
    "postgresql://me:se%40cret@[::1]/c": "postgresql://me@[::1]/c",
    "postgresql://me:sec/ret@a/c": "postgresql://…",
    "postgresql://me:sec@ret@a/c": "postgresql://…",
    "postgresql://me:sec?ret@a/c": "postgresql://…",
    "postgresql://a/c?password=sec@ret": "postgresql://…",
    "postgresql:me:secret@a": "postgresql://…",
    "postgresql://me:secret/c": "postgresql://…",
    "sqlite:a.db": "sqlite:a.db",
}


@pytest.mark.parametrize(("spec", "shown"), SHOWN.items(), ids=SHOWN.values())
def test_a_name_is_shown_without_its_password(spec: str, shown: str) -> None:
    assert without_password(spec) == shown


REFUSED = {
    "postgresql://me:secret@host:port/db": "this is no address of a database",
    "postgresql://me:secret@host/db?secret=1": "this is no address of a database",
    "postgresql://me:secret/db": "this is no address of a database",
    "postgresql:me:secret": "this is no address of a database",
    "postgresql://me:secret@host/db?schema=Secret-1": "its schema is no plain name",
    "postgresql://me:secret@host/db?schema=": "its schema is no plain name",
    "postgresql://me:secret@127.0.0.1:1/db": "no server listens there",
    "postgresql://me:secret@/db?host=/nowhere": "no server listens there",
}


@pytest.mark.parametrize(("spec", "cause"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_opened_says_why_and_tells_no_secret(tmp_path: Path, spec: str, cause: str) -> None:
    pytest.importorskip("psycopg")
    for way in (open_store, open_reader):
        with pytest.raises(StoreError) as error:
            way(spec, tmp_path)
        assert cause in str(error.value)
        assert error.value.remedy.endswith(".")
        assert "secret" not in repr(error.value).lower()


def test_without_psycopg_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import cookieproxy.record

    # The package gets the module that is imported anew as an attribute.
    monkeypatch.setattr(cookieproxy.record, "postgres", getattr(cookieproxy.record, "postgres", None), raising=False)
    for name in [name for name in sys.modules if name.startswith(("psycopg", "cookieproxy.record.postgres"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"me@host/db: psycopg.* is missing .*pip install 'psycopg\[binary\]'"):
        open_store("postgresql://me:secret@host/db", tmp_path)
