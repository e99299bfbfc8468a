"""Traffic over HTTP/2 at full speed, by h2load: knows its command line and the file it writes a line an exchange into."""

from pathlib import Path
from urllib.parse import urljoin, urlsplit

from . import inputs
from .load import Load, check, output_of
from .programs import LOOPBACK, find
from .traffic import Traffic

SUCCESS = "200"


def run_h2load(home: Path, core: int | None, proxy_port: int, url: str, seconds: int, traffic: Traffic) -> Load:
    """Load of one client on a reverse proxy for so long. Raises CannotMeasure if it fails."""
    log = home / "exchanges.log"
    log.unlink(missing_ok=True)
    streams = max(1, traffic.connections // inputs.TLS_CONNECTIONS)
    options = ("-t1", f"-c{inputs.TLS_CONNECTIONS}", f"-m{streams}", f"-D{seconds}", f"--log-file={log}")
    fields = [part for name, value in traffic.headers().items() for part in ("-H", f"{name.lower()}: {value}")]
    page = urlsplit(urljoin(url, traffic.page)).path
    said, errors = output_of(
        core, [find("h2load"), *options, *fields, f"https://{LOOPBACK}:{proxy_port}{page}"], seconds
    )
    return read_log(log.read_text() if log.exists() else "", seconds, errors or said)


def read_log(log: str, seconds: float, errors: str) -> Load:
    """What the lines of its log come to: the start in microseconds, the status, and the microseconds it took."""
    lines = [line.split("\t") for line in log.splitlines()]
    took = sorted(int(line[2]) for line in lines if line[1] == SUCCESS)
    check(len(took), len(lines) - len(took), errors)
    p50, p99 = (took[min(len(took) - 1, int(len(took) * share))] / 1000 for share in (0.5, 0.99))
    return Load(len(took), seconds, p50, p99)
