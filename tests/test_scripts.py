"""The scripts as a user runs them: in a copy of the project without packages, from another directory, in an empty environment.

The set-up here installs an empty requirements.lock, so it needs no network and no half minute.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ("proxy", "test", "check", "cookies")
# What stands for mitmdump, Python and so on: says in which directory it was started, and with what.
ECHO = '#!/bin/sh\necho "${0##*/}" "in $PWD"\nfor a in "$@"; do echo "<$a>"; done\n'

type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the scripts in a project without packages."""
    made = tmp_path / "a project"
    shutil.copytree(ROOT / "scripts", made / "scripts")
    (made / "tests").mkdir()
    (made / "requirements.lock").touch()
    return made


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Runs `run("proxy", "-q", UI="mitmweb")` with just this environment."""
    place = tmp_path / "elsewhere"
    place.mkdir()

    def start(script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [project / "scripts" / script, *arguments],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return start


@pytest.fixture
def ready(project: Path) -> Path:
    """The project, set up with programs that only say how they were started."""
    programs = project / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "mitmdump", "mitmweb", "mitmproxy", "ruff", "mypy"):
        (programs / name).write_text(ECHO)
        (programs / name).chmod(0o755)
    (project / ".venv" / ".set-up").write_text(f"{project}\n{sys.executable}\n")
    (project / ".venv" / ".set-up.lock").touch()
    return project


def started(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [line.strip("<>") for line in done.stdout.splitlines()[1:]]


LOCAL = ["--listen-host", "127.0.0.1"]


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        pytest.param([], LOCAL, id="nothing said"),
        pytest.param(["-q", "--listen-port", "9000"], LOCAL, id="a port is not a host"),
        pytest.param(["--listen-host", "::1"], [], id="said"),
        pytest.param(["--listen-host=::1"], [], id="said in one word"),
        pytest.param(["--set", "listen_host=::1"], [], id="said as an option"),
        pytest.param(["--set=listen_host=::1"], [], id="said as an option in one word"),
        pytest.param(["listen_host=::1"], LOCAL, id="a filter that looks like it"),
        pytest.param(["--set", "cookies_rules=my rules.yaml"], LOCAL, id="a value with a space"),
    ],
)
def test_the_proxy_listens_on_loopback_unless_told_where(
    ready: Path, run: Run, arguments: list[str], host: list[str]
) -> None:
    assert started(run("proxy", *arguments)) == [*host, "-s", f"{ready}/addons/cookies.py", *arguments]


@pytest.mark.parametrize("ui", ["mitmdump", "mitmweb", "mitmproxy"])
def test_the_interface_is_chosen_by_name_and_runs_where_the_caller_is(
    ready: Path, run: Run, tmp_path: Path, ui: str
) -> None:
    assert run("proxy", UI=ui).stdout.splitlines()[0] == f"{ui} in {tmp_path}/elsewhere"


@pytest.mark.parametrize("arguments", [["--workers", "2", "-q"], ["-q", "--workers=2"], ["--print-haproxy"]])
def test_workers_are_the_supervisor_s(ready: Path, run: Run, arguments: list[str]) -> None:
    done = run("proxy", *arguments)
    assert started(done) == ["-P", "-m", "cookieproxy.fleet", *arguments]
    assert done.stdout.startswith("python in ")
    refused = run("proxy", *arguments, UI="mitmweb")
    assert (refused.returncode, refused.stderr) == (2, "UI=mitmweb shows one process: leave out UI or --workers.\n")


def test_an_unknown_interface_is_a_mistake(ready: Path, run: Run) -> None:
    done = run("proxy", UI="netscape")
    assert (done.returncode, done.stdout) == (2, "")
    assert "UI=netscape is none of mitmdump, mitmweb and mitmproxy" in done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_shows_examples(ready: Path, run: Run, script: str) -> None:
    said = run(script, "--help").stdout
    assert f"scripts/{script}" in said or "<--help>" in said  # the command line has its own


def test_the_help_of_the_proxy_ends_with_mitmproxys(ready: Path, run: Run) -> None:
    said = run("proxy", "--help").stdout
    assert said.index("scripts/proxy --listen-port 9000") < said.index("<--help>")


def test_the_exit_code_arrives(ready: Path, run: Run) -> None:
    (ready / ".venv/bin/mitmdump").write_text("#!/bin/sh\nexit 7\n")
    assert run("proxy").returncode == 7


def test_a_signal_arrives(ready: Path, tmp_path: Path) -> None:
    (ready / ".venv/bin/mitmdump").write_text("#!/bin/sh\ntrap 'echo ended; exit 3' TERM\necho up\nread line\n")
    with subprocess.Popen(
        [ready / "scripts" / "proxy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[0] == "ended\n"
        assert process.returncode == 3


MARKED = ["-m", "not real"]
WORKERS = ["-n", "4", "--dist", "worksteal"]
BOTH = ["--cookies-fast", "both"]


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        pytest.param([], [*MARKED, *WORKERS, *BOTH, "TESTS"], id="all"),
        pytest.param(["--real"], [*WORKERS, *BOTH, "TESTS"], id="the real servers too"),
        pytest.param(["-k", "scripts", "-x"], [*MARKED, *WORKERS, "-k", "scripts", "-x", "TESTS"], id="by name"),
        pytest.param(["-m", "browser"], [*MARKED, *WORKERS, "-m", "browser", "TESTS"], id="by mark"),
        pytest.param(["-n", "0"], [*MARKED, *BOTH, "-n", "0", "TESTS"], id="workers of one's own"),
        pytest.param(["--pdb"], [*MARKED, *BOTH, "--pdb", "TESTS"], id="a debugger"),
        pytest.param(["--last-failed"], [*MARKED, *WORKERS, *BOTH, "--last-failed", "TESTS"], id="what failed"),
        pytest.param(
            ["--cookies-fast", "off"],
            [*MARKED, *WORKERS, "--cookies-fast", "off", "TESTS"],
            id="a setting of one's own",
        ),
        pytest.param(["a_test.py::test_b"], [*MARKED, "a_test.py::test_b"], id="a test of the caller's directory"),
        pytest.param(["-k", "a_test.py"], [*MARKED, *WORKERS, "-k", "a_test.py", "TESTS"], id="a name like a file's"),
    ],
)
def test_pytest_gets_what_the_caller_said(
    ready: Path, run: Run, tmp_path: Path, arguments: list[str], passed: list[str]
) -> None:
    (tmp_path / "elsewhere" / "a_test.py").touch()
    own = ["-P", "-m", "pytest", "-c", f"{ready}/pyproject.toml", "--no-fold-skipped"]
    expected = [str(ready / "tests") if one == "TESTS" else one for one in passed]
    assert started(run("test", *arguments, CHROMIUM="/bin/true")) == [*own, *expected]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory with the few programs that the scripts need, and neither curl nor Chromium, nor a way to install them."""
    place = tmp_path / "tools"
    place.mkdir()
    for name in ("bash", "cmp", "env", "readlink", "sh"):
        (place / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or "/missing")
    return place


def test_missing_programs_are_installed_where_that_can_be_done(
    ready: Path, run: Run, tools: Path, tmp_path: Path
) -> None:
    """Debian's list of packages may be out of date, so a failure is tried again with a new one."""
    log = tmp_path / "log"
    (tools / "apt-get").write_text(
        f'#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *update*) : > {log}.new ;; *) [ -e {log}.new ] ;; esac\n'
    )
    (tools / "sudo").write_text('#!/bin/sh\nshift\nexec "$@"\n')
    (tools / "true").symlink_to("/bin/true")
    for name in ("apt-get", "sudo"):
        (tools / name).chmod(0o755)
    started(run("test", PATH=str(tools)))
    install = "-qq -y --no-install-recommends install"
    assert log.read_text().splitlines() == [f"{install} curl", "-qq update", f"{install} curl", f"{install} chromium"]


def test_missing_programs_that_cannot_be_installed_are_named(ready: Path, run: Run, tools: Path) -> None:
    done = run("test", PATH=str(tools))
    assert started(done)
    assert (
        "There is no chromium here, so the tests with it are skipped (on Debian: apt-get install chromium)."
        in done.stderr
    )
    assert "There is no curl here" in done.stderr


def test_the_command_line_finds_the_package_from_anywhere(ready: Path, run: Run) -> None:
    (ready / ".venv/bin/python").write_text('#!/bin/sh\necho "$PYTHONPATH"\n' + ECHO.partition("\n")[2])
    said = run("cookies", "jar", "--json", PYTHONPATH="/more").stdout.splitlines()
    assert said[0] == f"{ready}/addons:/more"
    assert said[2:] == ["<-P>", "<-m>", "<cookieproxy.cli>", "<jar>", "<--json>"]


def test_a_check_names_all_that_failed(ready: Path, run: Run) -> None:
    assert run("check", "--quick").returncode == 0
    for name in ("ruff", "python"):
        (ready / ".venv/bin" / name).write_text("#!/bin/sh\nexit 4\n")
    done = run("check", "--quick")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "failed: format lint floors")
    assert run("check", "--quickly").returncode == 2


def test_without_a_python_the_set_up_says_what_to_do(run: Run, project: Path) -> None:
    done = run("proxy")
    if "Setting up" in done.stderr:
        pytest.skip("this machine has a new Python of its own")
    assert done.returncode == 1
    assert "needs Python 3.12 or newer" in done.stderr
    assert "PYTHON=/path/to/python3.13" in done.stderr
    assert not (project / ".venv").exists()


@pytest.fixture
def pythons(tmp_path: Path) -> str:
    """A PATH on which python3.13 is a shim that fails and python3.14 too old, before the Python of this test run."""
    place = tmp_path / "shims"
    place.mkdir()
    (place / "python3.13").write_text("#!/bin/sh\necho 'not selected' >&2\nexit 127\n")
    (place / "python3.14").symlink_to(shutil.which("python3", path="/usr/bin:/bin") or "/bin/false")
    (place / "python3").symlink_to(os.path.realpath(sys.executable))
    for shim in place.iterdir():
        if not shim.is_symlink():
            shim.chmod(0o755)
    return f"{place}:/usr/bin:/bin"


def test_the_set_up_runs_candidates_and_is_silent_the_second_time(run: Run, project: Path, pythons: str) -> None:
    """A shim that exists and fails, and a Python that is too old, are passed over; what was begun and left is begun again."""
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to("/gone")
    first = run("cookies", "--version", PATH=pythons)
    assert "Setting up" in first.stderr
    assert "not selected" not in first.stderr
    assert "No module named" in first.stderr  # Python runs; the copy of the project has no package
    second = run("cookies", "--version")
    assert "Setting up" not in second.stderr
    assert "No module named" in second.stderr


def test_two_set_ups_at_once_make_one(project: Path, pythons: str, tmp_path: Path) -> None:
    command = [
        "bash",
        "-c",
        'source "$1/scripts/_setup.sh"; set_up; "$venv/bin/python" -c "print(1)"',
        "bash",
        str(project),
    ]
    env = {"PATH": pythons, "HOME": str(tmp_path)}
    both = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in said] == ["1\n", "1\n"]
    assert sum("Setting up" in err for _, err in said) == 1


def test_a_moved_project_and_a_changed_lock_are_set_up_again(
    run: Run, project: Path, pythons: str, tmp_path: Path
) -> None:
    assert "Setting up" in run("cookies", PATH=pythons).stderr
    (project / "requirements.lock").write_text("# changed\n")
    assert "Setting up" in run("cookies", PATH=pythons).stderr
    assert "Setting up" not in run("cookies", PATH=pythons).stderr
    moved = project.rename(tmp_path / "moved")
    done = subprocess.run(
        [moved / "scripts" / "cookies"],
        env={"PATH": pythons, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Setting up" in done.stderr


def test_packages_that_cannot_be_installed_leave_no_stamp(run: Run, project: Path, pythons: str) -> None:
    (project / "requirements.lock").write_text("./no-such-package.whl --hash=sha256:" + "0" * 64 + "\n")
    done = run("proxy", PATH=pythons)
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert not (project / ".venv" / ".set-up").exists()
