/* A tree of what is to be seen, and how to bring the document to it in place. Knows no page and no data; all text is text nodes. */
const SVG = "http://www.w3.org/2000/svg";
const OWN = new Set(["key", "same", "made"]);

/**
 * An element to be: `h("td.number", {title: "…"}, "text", child, [more])`. Props are attributes, `onclick` and its kin are handlers,
 * `key` finds it again among its neighbours, `same` spares it if equal to the last, `made` gets the element once it exists.
 */
export function h(name, props, ...kids) {
  const [tag, ...classes] = name.split(".");
  return { tag, props: classes.length ? { class: classes.join(" "), ...props } : props || {}, kids: unlike(flat(kids, "")) };
}

/** Brings the children of an element to these. */
export function render(root, ...kids) {
  const next = unlike(flat(kids, ""));
  patchKids(root, root.kidsNow || [], next, null);
  root.kidsNow = next;
}

/** An element made once, for who moves it on by hand. */
export const element = (vnode) => create(vnode, null);

function flat(kids, path) {
  const out = [];
  kids.forEach((kid, place) => {
    if (kid === null || kid === undefined || kid === false) return;
    if (Array.isArray(kid)) {
      out.push(...flat(kid, `${path}${place}.`));
      return;
    }
    const node = typeof kid === "object" ? kid : { text: String(kid) };
    node.at = `${path}${node.props?.key ?? place}:${node.tag || ""}`;
    out.push(node);
  });
  return out;
}

/** Neighbours of one key are told apart by their number. */
function unlike(nodes) {
  const times = new Map();
  for (const node of nodes) {
    const before = times.get(node.at) || 0;
    times.set(node.at, before + 1);
    if (before) node.at += `~${before}`;
  }
  return nodes;
}

function create(node, space) {
  if (node.text !== undefined) return (node.dom = document.createTextNode(node.text));
  space = node.tag === "svg" ? SVG : space;
  const made = (node.dom = space ? document.createElementNS(space, node.tag) : document.createElement(node.tag));
  for (const kid of node.kids) made.append(create(kid, space));
  for (const [name, value] of Object.entries(node.props)) set(made, name, value);
  node.props.made?.(made);
  return made;
}

function set(dom, name, value) {
  if (OWN.has(name)) return;
  if (name.startsWith("on")) dom[name] = value || null;
  else if (name === "value") {
    if (dom.value !== value) dom.value = value;
  } else if (value === null || value === undefined || value === false) dom.removeAttribute(name);
  else dom.setAttribute(name, value === true ? "" : value);
}

function patch(was, next, space) {
  next.dom = was.dom;
  if (next.text !== undefined) {
    if (next.dom.data !== next.text) next.dom.data = next.text;
    return;
  }
  if (next.props.same !== undefined && next.props.same === was.props.same) {
    next.kids = was.kids;
    next.props = was.props;
    return;
  }
  for (const name in was.props) if (!(name in next.props)) set(next.dom, name, null);
  for (const name in next.props) if (next.props[name] !== was.props[name]) set(next.dom, name, next.props[name]);
  patchKids(next.dom, was.kids, next.kids, next.tag === "svg" ? SVG : space);
}

function patchKids(dom, was, next, space) {
  const old = new Map(was.map((kid) => [kid.at, kid]));
  for (const kid of next) {
    const before = old.get(kid.at);
    if (!before) {
      create(kid, space);
      continue;
    }
    patch(before, kid, space);
    old.delete(kid.at);
  }
  for (const kid of old.values()) kid.dom.remove();
  let spot = dom.firstChild;
  for (const kid of next) {
    if (kid.dom === spot) spot = spot.nextSibling;
    else dom.insertBefore(kid.dom, spot);
  }
}
