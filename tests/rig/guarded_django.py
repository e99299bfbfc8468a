"""Django with its own login and its sessions in a database, as a project begins.

How a session ends here: it is over `SESSION_COOKIE_AGE` seconds after it was last saved, which is at login, or with every request.
Its cookie ends with it, unless it is to last until the browser closes; then the browser sends it for longer than it is good. To
an id that it does not know, Django answers by deleting the cookie.

Sessions in files would not do: Django 5.2 takes them for over up to a second early, because it rounds down what is left.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.guarded import Guarded
from rig.guest import PASSWORD
from rig.installs import python_environment
from rig.office import REQUIREMENT, SERVER
from rig.process import environment

SETTINGS = """
SECRET_KEY = "only for this test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "guarded"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "guarded.sqlite3"}}}}
INSTALLED_APPS = ["django.contrib." + app for app in ("auth", "contenttypes", "sessions")]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"]}}]
SESSION_COOKIE_AGE = {timeout}
SESSION_SAVE_EVERY_REQUEST = {is_sliding}
SESSION_EXPIRE_AT_BROWSER_CLOSE = {until_closed}
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/page/"
LOGOUT_REDIRECT_URL = "/login/"
"""
URLS = """
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path("login/", views.LoginView.as_view(template_name="login.html")),
    path("page/", login_required(TemplateView.as_view(template_name="page.html"))),
    path("logout/", views.LogoutView.as_view()),
]
"""
LOGIN = """<!doctype html><title>Log in</title>
<form method="post">{% csrf_token %}{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}">
<button>Log in</button></form>
"""
PAGE = """<!doctype html><title>Page</title>
<p>Welcome, {{ view.request.user.username }}</p>
<form method="post" action="/logout/">{% csrf_token %}<button name="logout">Log out</button></form>
"""


@dataclass
class Django(Guarded):
    """Django. It takes a new id at login and deletes the cookie at logout; beside it there is a CSRF cookie."""

    is_sliding: bool = True
    """Whether every request pushes the end out."""
    until_closed: bool = False
    """Whether the cookie has no end of its own, though the session has."""

    cookie = "sessionid"
    page = "/page/"

    def prepare(self, home: Path) -> tuple[list[str], dict[str, str]]:
        python = python_environment(self.factory, "django", REQUIREMENT)
        (home / "templates").mkdir()
        settings = SETTINGS.format(timeout=self.timeout, is_sliding=self.is_sliding, until_closed=self.until_closed)
        files = {"guarded_settings.py": settings, "guarded.py": URLS, "templates/login.html": LOGIN}
        for name, text in {**files, "templates/page.html": PAGE}.items():
            (home / name).write_text(text)
        env = environment(
            DJANGO_SETTINGS_MODULE="guarded_settings",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
            DJANGO_SUPERUSER_EMAIL="guest@guarded.example",
            PYTHONPATH=str(home),
        )
        for words in (["migrate", "-v0"], ["createsuperuser", "--noinput", "--username", "guest"]):
            subprocess.run([str(python), "-m", "django", *words], cwd=home, env=env, check=True, capture_output=True)
        return [str(python), "-c", SERVER, str(self.port)], env
