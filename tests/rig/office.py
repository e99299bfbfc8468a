"""Django's admin, an application as thousands of offices have it, with two users; and a walk through it.

It needs a session cookie, a CSRF cookie and a messages cookie. Knows nothing of proxies: the walk takes any visitor.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rig import clients
from rig.installs import python_environment
from rig.page import Page
from rig.process import environment, eventually
from rig.visitor import Visitor

REQUIREMENT = "Django>=5.2,<6"
CLERK, AUDITOR = "clerk", "auditor"
PASSWORD = "paper clips 4711"
START = "http://office.example/admin/"

SETTINGS = """
SECRET_KEY = "only for this test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "office"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "office.sqlite3"}}
INSTALLED_APPS = ["django.contrib." + app for app in ("admin", "auth", "contenttypes", "sessions", "messages")]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
SERVER = """
import sys
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()
"""
URLS = """
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
"""


def serve(factory: pytest.TempPathFactory) -> Iterator[int]:
    """The application until the tests are over; its port. For fixtures."""
    python = python_environment(factory, "django", REQUIREMENT)
    home = factory.mktemp("office")
    env = _prepared(python, home)
    port = clients.free_port()
    with serving([str(python), "-c", SERVER, str(port)], home, env, f"http://127.0.0.1:{port}/admin/login/"):
        yield port


def _prepared(python: Path, home: Path) -> dict[str, str]:
    """The application's files, tables and users; the environment it runs in."""
    (home / "office_settings.py").write_text(SETTINGS)
    (home / "office.py").write_text(URLS)
    env = environment(
        DJANGO_SETTINGS_MODULE="office_settings",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        DJANGO_SUPERUSER_EMAIL="clerk@office.example",
        PYTHONPATH=str(home),
    )
    todo = [["migrate", "-v0"], *(["createsuperuser", "--noinput", "--username", name] for name in (CLERK, AUDITOR))]
    for words in todo:
        subprocess.run([str(python), "-m", "django", *words], cwd=home, env=env, check=True, capture_output=True)
    return env


@contextmanager
def serving(command: list[str], home: Path, env: dict[str, str], url: str) -> Iterator[None]:
    """A server in a group of processes of its own, from when it answers at that URL."""
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in eventually(30):
                if clients.curl(home, environment(), url).code == 0:
                    break
            yield
        finally:
            # The group: PHP's server leaves its workers behind.
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def log_in(visitor: Visitor, user: str = CLERK) -> Page:
    """Log in from anywhere; the start page."""
    visitor.visit(START)
    page = visitor.submit({"username": user, "password": PASSWORD})
    assert page.status == 200, f"log in: {page.status}: {page.text[:200]}"
    assert f"Welcome, {user}" in page.text, f"log in: {page.text[:200]}"
    return page


def log_out(visitor: Visitor) -> None:
    """Log out; whoever comes then has to log in again."""
    assert "Logged out" in visitor.submit(having="logout-form").text
    visitor.visit(START)
    assert visitor.page.form("username").has("password")


def walk(visitor: Visitor, name: str) -> None:
    """Log in (with a slip), add a group of that name, rename it, look for it, and log out."""
    visitor.visit(START)
    page = visitor.submit({"username": CLERK, "password": "wrong"})
    assert page.status == 200, f"log in: {page.status}: {page.text[:200]}"
    assert "Please enter the correct username and password" in page.text
    log_in(visitor)
    add_group(visitor, name)
    search_user(visitor)
    log_out(visitor)


def add_group(visitor: Visitor, name: str) -> None:
    """Add a group, read what the application says of it, and rename it."""
    visitor.click("Groups")
    visitor.click(lambda link: "addlink" in link.attributes.get("class", ""))
    page = visitor.submit({"name": name}, button="_save")
    assert f"The group “{name}” was added successfully." in page.text
    visitor.click(name)
    page = visitor.submit({"name": f"{name} & sons"}, button="_continue")
    assert f"The group “{name} & sons” was changed successfully." in page.text
    values = [entry.value for entry in page.form("name").entries({}, None) if entry.name == "name"]
    assert values == [f"{name} & sons"]


def search_user(visitor: Visitor) -> None:
    """Look for the other user by a form that is sent with GET, and change it."""
    visitor.click("Users")
    page = visitor.submit({"q": AUDITOR})
    assert "1 user" in page.text
    visitor.click(AUDITOR)
    page = visitor.submit({"last_name": "Anne-Sophie", "is_staff": True}, button="_save")
    assert "was changed successfully" in page.text
    assert "Anne-Sophie" in page.text
