"""A login made in Chromium through the proxy goes on in curl: Django's admin, a real application, in an environment of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import clients
from rig.process import Proxy, Site, environment, eventually

pytestmark = [pytest.mark.real, pytest.mark.browser]

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


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Django's admin with a user `clerk`; its port."""
    home = tmp_path_factory.mktemp("django")
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    python = home / "venv" / "bin" / "python"
    pip = subprocess.run([python, "-m", "pip", "install", "-q", "Django>=5.2,<6"], capture_output=True, text=True)
    if pip.returncode:
        pytest.skip(f"Django cannot be installed: {pip.stderr.splitlines()[-1]}")
    (home / "office_settings.py").write_text(SETTINGS)
    (home / "office.py").write_text(URLS)
    env = environment(
        DJANGO_SETTINGS_MODULE="office_settings",
        DJANGO_SUPERUSER_PASSWORD="paper clips 4711",
        DJANGO_SUPERUSER_EMAIL="clerk@office.example",
        PYTHONPATH=str(home),
    )

    def manage(*words: str) -> list[str]:
        return [str(python), "-m", "django", *words]

    subprocess.run(manage("migrate", "-v0"), cwd=home, env=env, check=True)
    subprocess.run(manage("createsuperuser", "--noinput", "--username", "clerk"), cwd=home, env=env, check=True)
    port = clients.free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([python, "-c", SERVER, str(port)], cwd=home, env=env, **quiet)
    try:
        for _ in eventually(30):
            if clients.curl(home, environment(), f"http://127.0.0.1:{port}/admin/login/").code == 0:
                break
        yield port
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def running(django: int, confdir: Path, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy behind which every host is the office."""
    home = tmp_path / "proxy"
    home.mkdir()
    one = Proxy(Site(django, django, confdir), home)
    one.write_rules("")
    one.start()
    yield one
    one.stop()


def test_a_login_in_chromium_goes_on_in_curl(
    running: Proxy, django: int, chromium: Callable[..., Any], tmp_path: Path
) -> None:
    context = chromium(running)
    page = context.pages[0]
    page.goto("http://office.example/admin/")
    page.fill("#id_username", "clerk")
    page.fill("#id_password", "paper clips 4711")
    page.click("input[type=submit]")
    page.locator("#user-tools").wait_for(timeout=10_000)

    file = tmp_path / "cookies.txt"
    for _ in eventually():
        done = running.cookies("export", "--site", "office.example", "--cookie", "sessionid", "-o", str(file))
        if done.returncode == 0:
            break
    direct = ("--connect-to", f"::127.0.0.1:{django}", "--noproxy", "*")
    stranger = clients.curl(tmp_path, environment(), *direct, "http://office.example/admin/")
    assert stranger.status == 302
    known = clients.curl(tmp_path, environment(), *direct, "-b", str(file), "http://office.example/admin/")
    assert known.status == 200
    assert b"clerk" in known.body

    assert running.curl("http://office.example/admin/").status == 302
    for _ in eventually():
        done = running.cookies("import", str(file), "--client", "* curl*")
        if done.returncode == 0:
            break
    assert running.curl("http://office.example/admin/").status == 200, "the proxy holds the login for curl now"

    running.cookies("forget", "--site", "office.example")
    assert running.curl("http://office.example/admin/").status == 302
    page.goto("http://office.example/admin/")
    assert "/admin/login/" in page.url, "the application no longer gets the browser's session"
    assert [
        cookie["name"] for cookie in context.cookies("http://office.example/") if cookie["name"] == "sessionid"
    ] == []
