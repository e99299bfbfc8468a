/* A box to try a Set-Cookie out: what the rules make of it, and every browser's verdict. Nothing of it is recorded. */
import { h } from "./dom.js";
import { post } from "./api.js";
import { attempt } from "./notice.js";
import { verdicts } from "./verdicts.js";
import { change } from "./row.js";
import { said } from "./text.js";

const EXAMPLE = [
  "https://www.shop.example/login",
  "sid=31d4d96e407aad42; Path=/; SameSite=None\n__Host-csrf=8f2c; Path=/; Secure; HttpOnly",
];

export class TryIt {
  constructor(draw) {
    Object.assign(this, { draw, url: "", lines: "", told: null, busy: false });
  }

  view() {
    const submit = (event) => {
      event.preventDefault();
      this.run();
    };
    return h(
      "section.card",
      null,
      h("h2", null, "Try it"),
      h("p.muted", null, "Nothing is sent and nothing is recorded."),
      h(
        "form.try",
        { onsubmit: submit },
        h(
          "label",
          null,
          "URL that answers",
          h("input", {
            type: "text",
            inputmode: "url",
            required: true,
            value: this.url,
            placeholder: EXAMPLE[0],
            spellcheck: "false",
            autocomplete: "off",
            oninput: (event) => {
              this.url = event.target.value;
            },
          }),
        ),
        h(
          "label",
          null,
          "Set-Cookie, one a line",
          h("textarea", {
            rows: "3",
            required: true,
            value: this.lines,
            placeholder: EXAMPLE[1],
            spellcheck: "false",
            oninput: (event) => {
              this.lines = event.target.value;
            },
          }),
        ),
        h(
          "div.actions",
          null,
          h("button", { type: "submit" }, "Try it"),
          h("button.quiet", { type: "button", onclick: () => this.example() }, "Example"),
        ),
      ),
      h(
        "div",
        { "aria-live": "polite" },
        this.told?.map((field, nth) => this.field(field, nth)),
      ),
    );
  }

  example() {
    [this.url, this.lines] = EXAMPLE;
    this.draw();
  }

  async run() {
    const told = await attempt(() =>
      post("explain", {
        url: this.url.trim(),
        set_cookie: this.lines
          .split("\n")
          .map((line) => line.replace(/^set-cookie:\s*/i, "").trim())
          .filter(Boolean),
      }),
    );
    if (told) this.told = told.fields;
    this.draw();
  }

  field(field, nth) {
    const same = field.before === field.after;
    return h(
      "div.tried",
      { key: nth },
      h("h3", null, said(field.before ?? "", 300)),
      h(
        "ol.steps",
        null,
        h("li", null, field.rules.length ? ["Changed by ", names(field.rules), "."] : "No rule changes it."),
        field.observing.length > 0 && h("li", null, "It would be changed by ", names(field.observing), ", which only observe."),
        h(
          "li",
          null,
          field.after === null
            ? "It does not reach the browser."
            : same
              ? "It reaches the browser as it came."
              : "It reaches the browser like this:",
        ),
      ),
      !same && change(field),
      verdicts(field.browsers, `Browsers’ verdicts on cookie ${nth + 1}`),
    );
  }
}

const names = (list) => list.map((name, nth) => [nth ? ", " : "", h("b", null, said(name))]);
