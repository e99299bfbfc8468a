/* Cookies to take along: asks for the format, gives the file, says what the format cannot say. */
import { h } from "./dom.js";
import { get, post } from "./api.js";
import { dialog } from "./dialog.js";
import { attempt } from "./notice.js";
import { client as short, wire } from "./text.js";

/** Asks for the format; a site of null means all of the client's. */
export async function exportDialog(client, site) {
  const formats = await attempt(() => get("formats"));
  if (!formats) return;
  const chosen = { format: formats[0]?.name || "", lost: null, error: null };
  const draw = dialog("Export cookies", (close) => [
    h(
      "p",
      null,
      site === null ? "All sites" : wire(site, 120),
      ` of ${short(client)}. The file holds the values: it is as good as the logins.`,
    ),
    h(
      "label",
      null,
      "Format",
      h(
        "select",
        {
          "data-focus": true,
          value: chosen.format,
          onchange: (event) => {
            Object.assign(chosen, { format: event.target.value, lost: null, error: null });
            draw();
          },
        },
        formats.map(({ name }) => h("option", { key: name, value: name }, name)),
      ),
    ),
    h("p.muted", null, formats.find(({ name }) => name === chosen.format)?.help || ""),
    chosen.lost &&
      h(
        "p",
        { role: "status" },
        chosen.lost.length ? `Saved. This format cannot say: ${chosen.lost.join(", ")}.` : "Saved, with nothing lost.",
      ),
    chosen.error && h("p.problem", { role: "alert" }, chosen.error),
    h(
      "footer",
      null,
      h("button.quiet", { type: "button", onclick: close }, chosen.lost ? "Close" : "Cancel"),
      h("button", { type: "button", onclick: () => take(client, site, chosen, draw) }, "Save the file"),
    ),
  ]);
}

async function take(client, site, chosen, draw) {
  try {
    const told = await post("export", { format: chosen.format, client, site });
    save(told.name, told.text);
    Object.assign(chosen, { lost: told.lost, error: null });
  } catch (refused) {
    Object.assign(chosen, { lost: null, error: refused.message });
  }
  draw();
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
