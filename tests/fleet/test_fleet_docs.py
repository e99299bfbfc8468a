"""What docs/ says of fleets is what is there: the compose file's HAProxy is ours, and its proxies trust nobody but it."""

import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import yaml

from cookieproxy.fleet.haproxy import Place, Settings, configuration
from cookieproxy.fleet.orders import BALANCERS, HEALTH_PATH
from rig.process import ROOT

COMPOSE = yaml.safe_load((ROOT / "docs" / "compose.yaml").read_text())
DIFFERENT = (
    "#",
    "server ",
    "bind ",
    "hard-stop-after",
    "option clitcpka",
    "option srvtcpka",
    "stats socket",
    "frontend",
    "backend",
)


def test_the_compose_file_s_haproxy_is_told_what_ours_is() -> None:
    content = COMPOSE["configs"]["haproxy"]["content"]
    settings = Settings(Place("", 8080), [Place("127.0.0.1", 1), Place("127.0.0.1", 2)], "/run/x", None, 30)
    said = {line.strip() for line in configuration(settings).splitlines() if line.strip()}
    assert {line for line in said if not line.startswith(DIFFERENT)} - {
        line.strip() for line in content.splitlines()
    } == set()


def test_the_compose_file_s_haproxy_takes_it(haproxy: str, tmp_path: Path) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(COMPOSE["configs"]["haproxy"]["content"])
    done = subprocess.run([haproxy, "-c", "-f", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_compose_file_s_proxies_trust_haproxy_alone() -> None:
    services = COMPOSE["services"]
    address = services["haproxy"]["networks"]["inside"]["ipv4_address"]
    proxies = [services["proxy-one"], services["proxy-two"]]
    assert {each["environment"][BALANCERS] for each in proxies} == {address}
    assert ip_address(address) in ip_network(COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    assert all(port.startswith("127.0.0.1:") for port in services["haproxy"]["ports"])
    assert "ports" not in proxies[0] | proxies[1] | services["database"]


def test_the_page_names_what_there_is() -> None:
    page = (ROOT / "docs" / "fleet.md").read_text()
    assert all(word in page for word in (BALANCERS, HEALTH_PATH, "--print-haproxy", "compose.yaml"))
