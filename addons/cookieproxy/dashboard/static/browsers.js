/* What to click in which program to use the proxy. Knows programs, and the proxy's address as it is told. */
import { h } from "./dom.js";
import { copyable } from "./copy.js";

/** Each program: its name, how to tell that the reader uses it, and its steps; `$` lines are to be copied. */
const PROGRAMS = (host, port, pac) => [
  [
    "Firefox",
    /Firefox/,
    [
      "Settings, General, Network Settings: Manual proxy configuration.",
      `HTTP Proxy ${host}, Port ${port}; tick “Also use this proxy for HTTPS”.`,
      "Settings, Privacy & Security, View Certificates, Authorities, Import: certificate.pem, trusted for websites.",
      "For localhost: set network.proxy.allow_hijacking_localhost to true in about:config.",
    ],
  ],
  [
    "Chrome, Chromium, Edge",
    /Chrome|Edg/,
    [
      "A browser of its own for the test, which leaves yours alone:",
      `$chromium --proxy-server=http://${host}:${port} --proxy-bypass-list='<-loopback>' --user-data-dir=/tmp/cookie-proxy`,
      "Settings, Privacy and security, Security, Manage certificates, Custom: import certificate.pem as trusted.",
    ],
  ],
  [
    "Safari, macOS",
    /Macintosh.*Safari/,
    [
      "System Settings, Network, your connection, Details, Proxies.",
      `Web proxy and Secure web proxy: server ${host}, port ${port}. Or automatic configuration with the PAC file:`,
      `$${pac}`,
      "Open certificate.pem in Keychain Access and set it to Always Trust.",
    ],
  ],
  [
    "Android",
    /Android/,
    [
      "Settings, Network, Wi-Fi, your network, edit, Advanced: Proxy Manual.",
      `Host name: the address of the proxy’s machine in this network. Port ${port}.`,
      "Settings, Security, Encryption & credentials, Install a certificate, CA certificate: certificate.pem.",
      "Browsers trust it; other apps do so only if they were built to.",
    ],
  ],
  [
    "iPhone, iPad",
    /iPhone|iPad/,
    [
      "Settings, Wi-Fi, the ⓘ of your network, Configure Proxy: Manual.",
      `Server: the address of the proxy’s machine in this network. Port ${port}.`,
      "Open certificate.pem in Safari, install the profile under Settings, General, VPN & Device Management.",
      "Settings, General, About, Certificate Trust Settings: turn it on.",
    ],
  ],
  ["curl", /curl/, [`$curl -x http://${host}:${port} --cacert certificate.pem -c jar.txt -b jar.txt https://example.com/`]],
  [
    "Python, requests",
    /python/,
    [
      "The same session keeps the cookies:",
      `$session = requests.Session()\nsession.proxies = {"http": "http://${host}:${port}", "https": "http://${host}:${port}"}\nsession.verify = "certificate.pem"`,
    ],
  ],
];

/** All programs, that of the reader open. */
export function browsers(host, port, pac) {
  const all = PROGRAMS(host, port, pac),
    mine = all.findLast(([, pattern]) => pattern.test(navigator.userAgent));
  return all.map(([name, pattern, steps]) =>
    h(
      "details.program",
      { key: name, open: pattern === mine?.[1] },
      h("summary", null, name),
      h(
        "ol",
        null,
        steps.map((step) => h("li", null, step.startsWith("$") ? copyable(step.slice(1)) : step)),
      ),
    ),
  );
}
