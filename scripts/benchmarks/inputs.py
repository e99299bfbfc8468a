"""The traffic and the rules of the measurements, as text: what the origin says, what the client sends, what the rules ask for.

One page of 1 KB that sets two cookies each time, one client that sends both back, and a rules file of any length in which two
rules are about these cookies, two look at every host, and all others are about other hosts. mitmproxy's own options for the
same job stand beside it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence

from .programs import LOOPBACK

USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 benchmark"
)
SESSION = "sid=5f2d3c9a81b7460e9d1c2b3a4f5e6d7c"
PREFERENCE = "theme=dark"
SET_COOKIES = (f"{SESSION}; Path=/; HttpOnly", f"{PREFERENCE}; Path=/; Max-Age=31536000; SameSite=Lax")
COOKIE = f"{SESSION}; {PREFERENCE}"
OWN_SET_COOKIES = ("sid=$cookie_sid; Path=/; HttpOnly", SET_COOKIES[1])
"""Each client's session is its own: nginx says the one that came."""
BODY_BYTES = 1024
CONNECTIONS = 16
PAGE_CONNECTIONS = 4
"""Where pages are large: with more of them none would end within a short round."""
TLS_CONNECTIONS = 4
"""Over TLS: each begins with two handshakes, which are not what is measured. Over HTTP/2 they share the streams."""
FEW_RULES = 20
MANY_RULES = 1_000
OTHER_HOST = "shop{number}.example"
PAGE, OWN_PAGE, PLAIN_PAGE = "/page", "/own", "/plain"
"""The page of 1 KB: with SET_COOKIES, with OWN_SET_COOKIES, and with none."""
PAGES = "/pages"
"""Where the origin has pages in files."""
CERTIFICATE = "origin.pem"
"""The origin's, with its key, in its directory."""

EMPTY = "version: 1\n"
LOAD_SCRIPT = """-- The requests of a file, one after the other and from the start again, and the numbers at the end as JSON.
local requests, turn = {}, 0

function init(arguments)
  for each in assert(io.open(arguments[1], "rb")):read("*a"):gmatch("%Z+") do
    requests[#requests + 1] = each
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "failed": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def nginx_configuration(port: int, encrypted: bool = False) -> str:
    """An origin in one process that writes no file but its log; `encrypted`: with the certificate of `certificates`."""
    fields, own_fields = map(_add_headers, (SET_COOKIES, OWN_SET_COOKIES))
    secrets = f"\n    ssl_certificate {CERTIFICATE};\n    ssl_certificate_key {CERTIFICATE};" if encrypted else ""
    page = f'return 200 "{"x" * BODY_BYTES}";'
    return f"""daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  default_type text/html;
  server {{
    listen {LOOPBACK}:{port}{" ssl http2" if encrypted else ""};{secrets}
    location / {{
{fields}
      {page}
    }}
    location = {OWN_PAGE} {{
{own_fields}
      {page}
    }}
    location = {PLAIN_PAGE} {{
      {page}
    }}
    location {PAGES}/ {{
      root .;
      charset utf-8;
{fields}
    }}
  }}
}}
"""


def _add_headers(fields: Iterable[str]) -> str:
    return "\n".join(f"      add_header Set-Cookie {json.dumps(field)};" for field in fields)


def rules_yaml(count: int, record: str = "") -> str:
    """So many rules; `record` is what stands behind `record:`."""
    head = f"{EMPTY}record: {record}\n" if record else EMPTY
    rules = [*_rules_on_our_cookies(), *_rules_on_every_host()]
    rules += (_rule_on_another_host(number) for number in range(count - len(rules)))
    return head + "rules:\n" + "".join(f"  - {json.dumps(rule)}\n" for rule in rules)


def cookieless_yaml(host: str) -> str:
    """A section that puts sessions into the URLs of that host."""
    return "cookieless:\n  - " + json.dumps({"match": {"host": host}, "mode": "uri", "carrier": "path"}) + "\n"


def _rules_on_our_cookies() -> Iterator[dict[str, object]]:
    here = {"host": LOOPBACK}
    yield {"name": "harden the session", "match": {**here, "cookie": "sid"}, "set": {"samesite": "lax"}}
    yield {"name": "a week at most", "match": {**here, "cookie": "theme"}, "cap": "7d"}


def _rules_on_every_host() -> Iterator[dict[str, object]]:
    yield {"name": "trackers", "match": {"cookie": ["_ga*", "_fbp", "~^__utm"]}, "cap": "7d"}
    yield {"name": "no third parties", "match": {"party": "third", "cookie": "uid"}, "drop": True}


def _rule_on_another_host(number: int) -> dict[str, object]:
    host = OTHER_HOST.format(number=number)
    match number % 3:
        case 0:
            return {"name": f"rule {number}", "match": {"site": host}, "set": {"secure": True, "httponly": True}}
        case 1:
            return {"name": f"rule {number}", "match": {"host": f"*.{host}", "cookie": "sid"}, "cap": "1d"}
        case _:
            return {"name": f"rule {number}", "match": {"host": host, "cookie": ["a*", "b"]}, "drop": True}


def mitmproxy_arguments() -> Sequence[str]:
    """What mitmproxy itself offers for the same job: a jar, and header rules of which two are about our cookies."""
    ours = (
        f"{SESSION}; Path=/; HttpOnly; SameSite=Lax",
        f"{PREFERENCE}; Path=/; Max-Age=604800; SameSite=Lax",
    )
    specs = [f"|~s ~d {LOOPBACK}|Set-Cookie|{field}" for field in ours]
    others = (OTHER_HOST.format(number=number).replace(".", r"\.") for number in range(FEW_RULES - len(specs)))
    specs += (f"|~s ~d {host}|Set-Cookie|a=b; Secure; HttpOnly" for host in others)
    options = ["stickycookie=.", *(f"modify_headers={spec}" for spec in specs)]
    return [part for option in options for part in ("--set", option)]
