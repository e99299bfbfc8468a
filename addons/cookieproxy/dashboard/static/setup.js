/* The page "Set-up": where the proxy listens, its certificate, and what to do in which browser. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { live } from "./live.js";
import { copyable } from "./copy.js";
import { browsers } from "./browsers.js";
import { said } from "./text.js";

const ANY = ["", "*", "::", "0.0.0.0"];

export function open(root) {
  const shown = live(root, { on: ["rules"], load: () => get("setup"), view });
  return { draw: shown.draw, leave: shown.leave };
}

function view(told) {
  const first = told.proxy[0],
    host = first && (ANY.includes(first.address) ? reached() : first.address),
    port = first?.port;
  return [
    told.recording && h("p.empty.problem", { role: "alert" }, told.recording),
    h("div.columns", null, address(told), certificate(told)),
    h(
      "section.card",
      null,
      h("h2", null, "On the command line"),
      told.curl.map((line) => copyable(line)),
    ),
    first &&
      h(
        "section.card",
        null,
        h("h2", null, "Programs"),
        browsers(host, port, new URL("proxy.pac", told.direct || location.href).href),
      ),
    about(told),
  ];
}

const reached = () => (/^[\d.]+$|^localhost$/.test(location.hostname) ? location.hostname : "127.0.0.1");

/** Where it listens; all addresses of the machine, of either family, are one. */
function listening(proxies) {
  const known = new Map(proxies.map((one) => [`${one.mode} ${ANY.includes(one.address) ? "" : one.address} ${one.port}`, one]));
  return [...known.values()];
}

function address(told) {
  return h(
    "section.card",
    null,
    h("h2", null, "The proxy"),
    listening(told.proxy).map(({ mode, address: where, port }) =>
      h(
        "div",
        { key: `${mode}${port}` },
        copyable(`${ANY.includes(where) ? reached() : where}:${port}`, "Copy"),
        h("p.muted", null, `mode ${mode}`, ANY.includes(where) ? ", at every address of this machine" : ""),
      ),
    ),
    h("p", null, "Or give the browser a PAC file: ", h("a", { href: told.pac.replace(/^\//, "") }, "proxy.pac"), "."),
  );
}

function certificate(told) {
  return h(
    "section.card",
    null,
    h("h2", null, "The certificate"),
    h(
      "p",
      null,
      "For https, a browser must trust the authority of this proxy: ",
      h("a", { href: told.certificate.replace(/^\//, ""), download: "cookie-proxy.pem" }, "certificate.pem"),
      ".",
    ),
    h("p.muted", null, "It was made on this machine, and its key never leaves it. Take it out of the browser when you are done."),
  );
}

function about(told) {
  const fact = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));
  const magic = told.magic.includes("://") ? told.magic : `http://${told.magic}/`;
  return h(
    "section.card",
    null,
    h("h2", null, "This proxy"),
    h(
      "dl.attributes.wide",
      null,
      fact("Through the proxy", h("a", { href: magic }, said(magic))),
      told.direct && fact("Directly", h("a", { href: told.direct }, said(told.direct))),
      fact("Record", told.store ? said(told.store, 300) : "nothing is kept"),
      fact("Rules", told.rules ? said(told.rules, 300) : "none"),
      fact("Fast hooks", told.fast ? "on" : "off"),
      fact("Version", `${told.version ? `${told.version}, with ` : ""}mitmproxy ${told.mitmproxy}`),
      told.suffixes_date && fact("Public suffixes", `of ${told.suffixes_date}`),
      fact("For Prometheus", h("a", { href: "metrics", target: "_blank" }, "metrics")),
    ),
  );
}
