"""PHP's own server with a small application, as PHP's manual teaches it, in the ways PHP may be set up.

How a session ends here (tried with PHP 8.2): whoever starts a session may, with a chance of `gc_probability` in `gc_divisor`, be
the one who collects every session not touched for more than `gc_maxlifetime` whole seconds, and does so after having read his own.
Hence a session past its time is good for one request more if nobody else came by, and is over with the next.
"""

from dataclasses import dataclass
from pathlib import Path

from rig.guarded import Guarded
from rig.guest import PASSWORD
from rig.installs import debian_packages
from rig.process import environment

SESSION = """<?php
$reads_only = getenv('READS_ONLY') && $_SERVER['SCRIPT_NAME'] === '/page.php';
session_start($reads_only ? ['read_and_close' => true] : []);
"""
LOGIN = """<?php
require 'session.php';
if (($_POST['password'] ?? '') === getenv('PASSWORD')) {
    if (getenv('IS_CAREFUL')) {
        session_regenerate_id(true);
    }
    $_SESSION['user'] = $_POST['username'];
    header('Location: /page.php');
    exit;
}
?>
<!doctype html><title>Log in</title>
<form method="post"><input name="username"><input name="password" type="password"><button>Log in</button></form>
"""
PAGE = """<?php
require 'session.php';
if (!isset($_SESSION['user'])) {
    header('Location: /login.php');
    exit;
}
?>
<!doctype html><title>Page</title>
<p>Welcome, <?= htmlspecialchars($_SESSION['user']) ?></p>
<form method="post" action="/logout.php"><button name="logout">Log out</button></form>
"""
LOGOUT = """<?php
require 'session.php';
if (!getenv('KEEPS_ALIVE')) {
    session_destroy();
}
if (getenv('IS_CAREFUL')) {
    setcookie(session_name(), '', ['expires' => 1, 'path' => '/']);
}
header('Location: /login.php');
"""


@dataclass
class Php(Guarded):
    """PHP. A session that a request only reads is not touched by it, and PHP's cookie has no end of its own."""

    lottery: int = 1
    """One request in so many collects."""
    is_strict: bool = True
    """Whether an id that PHP does not know is replaced; if not, it gets a session that is empty."""
    is_careful: bool = True
    """Whether the application takes a new id at login, and deletes the cookie at logout."""
    reads_only: bool = False
    """Whether the page reads its session and lets go of it at once, as applications do for speed."""

    keeps_alive: bool = False
    """Whether a logout leaves the session where it is."""

    cookie = "PHPSESSID"
    page = "/page.php"

    def prepare(self, home: Path) -> tuple[list[str], dict[str, str]]:
        debian_packages(self.factory, ["php"], "php-cli")
        pages, sessions = home / "pages", home / "sessions"
        for place in (pages, sessions):
            place.mkdir()
        for name, text in {"session": SESSION, "login": LOGIN, "page": PAGE, "logout": LOGOUT}.items():
            (pages / f"{name}.php").write_text(text)
        settings = {
            "session.save_path": sessions,
            "session.gc_maxlifetime": self.timeout,
            "session.gc_probability": 1,
            "session.gc_divisor": self.lottery,
            "session.use_strict_mode": int(self.is_strict),
        }
        said = [part for name, value in settings.items() for part in ("-d", f"{name}={value}")]
        flags = {"IS_CAREFUL": self.is_careful, "READS_ONLY": self.reads_only, "KEEPS_ALIVE": self.keeps_alive}
        env = environment(PASSWORD=PASSWORD, **{name: "1" for name, holds in flags.items() if holds})
        return ["php", *said, "-S", f"127.0.0.1:{self.port}", "-t", str(pages)], env
