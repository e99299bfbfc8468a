"""DokuWiki from Debian's packages, run by PHP's own server on data of its own, with one user; and a walk through it.

It keeps the login in a PHP session and a cookie beside it, and its forms carry a token of that session. PHP takes session ids
from cookies only. Knows nothing of proxies: the walk takes any visitor.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig import clients
from rig.installs import debian_packages
from rig.office import serving
from rig.page import Page
from rig.process import environment
from rig.visitor import Visitor

PACKAGES = ("php-cli", "php-cgi", "php-xml", "dokuwiki")
"""With php-cgi, PHP does not bring a web server along."""
FILES, SETTINGS = Path("/usr/share/dokuwiki"), Path("/etc/dokuwiki")
DIRECTORIES = ["attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"]
USER, PASSWORD = "scribe", "ink and quill"
START = "http://wiki.example/doku.php"
LOCAL = """<?php
$conf['title'] = 'Notes';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['savedir'] = '{data}';
"""
PREPARED = """<?php
define('DOKU_CONF', '{settings}/');
define('DOKU_MAIN_CONF', '{settings}/');
"""


def serve(factory: pytest.TempPathFactory) -> Iterator[int]:
    """The application until the tests are over; its port. For fixtures."""
    debian_packages(factory, ["php", str(FILES / "doku.php")], *PACKAGES)
    home = factory.mktemp("wiki")
    settings = prepare(home)
    port = clients.free_port()
    command = ["php", *settings, "-S", f"127.0.0.1:{port}", "-t", str(FILES)]
    env = environment(PHP_CLI_SERVER_WORKERS="4")
    with serving(command, home, env, f"http://127.0.0.1:{port}/doku.php"):
        yield port


def prepare(home: Path) -> list[str]:
    """Settings, places to write to, and its user; PHP's arguments."""
    data, settings, sessions = home / "data", home / "conf", home / "sessions"
    shutil.copytree(SETTINGS, settings, ignore=shutil.ignore_patterns("*.auth.php", "local.php"))
    for place in (sessions, *(data / name for name in DIRECTORIES)):
        place.mkdir(parents=True)
    password = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    (settings / "local.php").write_text(LOCAL.format(data=data))
    (settings / "users.auth.php").write_text(f"{USER}:{password}:Scribe:scribe@wiki.example:admin,user\n")
    (settings / "acl.auth.php").write_text("*\t@ALL\t1\n*\t@user\t8\n")
    (home / "prepared.php").write_text(PREPARED.format(settings=settings))
    return ["-d", f"auto_prepend_file={home / 'prepared.php'}", "-d", f"session.save_path={sessions}"]


def log_in(visitor: Visitor, password: str = PASSWORD) -> Page:
    """Try to log in."""
    visitor.visit(START)
    visitor.click("Log In")
    return visitor.submit({"u": USER, "p": password})


def walk(visitor: Visitor, name: str) -> None:
    """Log in (with a slip), write a page of that name, read it, write it again, and log out."""
    assert "Sorry, username or password was wrong." in log_in(visitor, "wrong").text
    page = log_in(visitor)
    assert "Logged in as: Scribe" in page.text, f"log in: {page.status}: {page.text[:200]}"
    write(visitor, name, "first line\nsecond & third")
    write(visitor, name, "another text")
    page = visitor.click("Log Out")
    assert "Logged in as" not in page.text
    page = visitor.visit(f"{START}?id={name}&do=edit")
    assert not any(form.has("wikitext") and form.has("do[save]") for form in page.markup.forms)


def write(visitor: Visitor, name: str, text: str) -> None:
    """Find the place of a page as a reader does, by the search form, write it, and read it again."""
    visitor.submit({"q": name}, having="q")
    visitor.click(f":{name}")
    page = visitor.submit({"wikitext": text, "summary": "a walk"}, button="do[save]")
    assert " ".join(text.split()) in page.text
    assert "Logged in as: Scribe" in page.text
