// As much of a document as the played pages and the page scripts need: HTML in, selectors, data, classes. No layout.
const VOID = new Set(["img", "input", "br"]);
const TAG = /<(\/?)([a-z][\w-]*)((?:\s+[\w-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*>/gi;
const ATTRIBUTE = /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g;
const PART = /^(?:([\w-]+)|#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:([*^]?=)"?([^"\]]*?)"?(\s+i)?)?\]|:not\(([^()]*)\))/;
const unescaped = (text) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function proxyOf(get, set) {
  return new Proxy({}, { get: (_, name) => get(String(name)), set: (_, name, value) => (set(String(name), value), true) });
}

export class Node extends EventTarget {
  constructor(tag = "#text", text = "") {
    super();
    Object.assign(this, { tag, text, attributes: new Map(), children: [], parentElement: null, hidden: false });
    this.dataset = proxyOf((name) => this.attributes.get(`data-${dashed(name)}`), (name, value) => this.attributes.set(`data-${dashed(name)}`, String(value)));
    this.style = proxyOf((name) => this.attributes.get("style")?.split(": ")[1], (name, value) => this.attributes.set("style", `${name}: ${value}`));
    this.classList = { toggle: (name, on) => { const left = this.classes.filter((each) => each !== name); this.className = [...left, ...(on ? [name] : [])].join(" "); } };
  }
  get className() { return this.attributes.get("class") ?? ""; }
  set className(value) { this.attributes.set("class", value); }
  get classes() { return this.className.split(/\s+/).filter(Boolean); }
  get textContent() { return this.text + this.children.map((each) => each.textContent).join(""); }
  set textContent(value) { this.text = ""; this.children = [new Node("#text", value)]; }
  get lastElementChild() { return this.children.findLast(({ tag }) => tag !== "#text") ?? null; }
  set innerHTML(html) { this.children = []; this.insertAdjacentHTML("beforeend", html); }
  getAttribute(name) { return this.attributes.get(name) ?? null; }
  setAttribute(name, value) { this.attributes.set(name, value); }
  insertAdjacentHTML(_, html) { parse(html, this); }
  append(node) { node.parentElement = this; this.children.push(node); }
  *all() { for (const child of this.children) if (child.tag !== "#text") { yield child; yield* child.all(); } }
  matches(selector) { return compiled(selector).some((steps) => fits(this, steps, steps.length - 1)); }
  closest(selector) { return this.matches(selector) ? this : (this.parentElement?.closest(selector) ?? null); }
  querySelectorAll(selector) { return [...this.all()].filter((node) => node.matches(selector)); }
  querySelector(selector) { return this.querySelectorAll(selector)[0] ?? null; }
  getElementById(id) { return [...this.all()].find((node) => node.attributes.get("id") === id) ?? null; }
}

function parse(html, root) {
  let [at, open] = [0, root];
  for (const found of html.matchAll(TAG)) {
    if (found.index > at) open.append(new Node("#text", unescaped(html.slice(at, found.index))));
    at = found.index + found[0].length;
    const [, closing, tag, attributes] = found;
    if (closing) open = open === root ? root : open.parentElement;
    else {
      const node = new Node(tag.toLowerCase());
      for (const [, name, ...values] of attributes.matchAll(ATTRIBUTE)) node.attributes.set(name, unescaped(values.find((value) => value !== undefined) ?? ""));
      open.append(node);
      if (!VOID.has(node.tag)) open = node;
    }
  }
  if (at < html.length) open.append(new Node("#text", unescaped(html.slice(at))));
}

const known = new Map();
function compiled(selector) {
  if (!known.has(selector)) known.set(selector, split(selector, /,/).map((one) => split(one.trim(), /\s/).map(parts)));
  return known.get(selector);
}

// Divided where no bracket or quote is open.
function split(text, at) {
  const found = [""];
  let [depth, quote] = [0, ""];
  for (const letter of text) {
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else depth += "[(".includes(letter) ? 1 : "])".includes(letter) ? -1 : 0;
    if (!depth && !quote && at.test(letter)) found.push("");
    else found[found.length - 1] += letter;
  }
  return found.filter(Boolean);
}

function parts(text) {
  const found = [];
  for (let rest = text; rest; ) {
    const part = PART.exec(rest.replaceAll("'", '"'));
    if (!part) throw new Error(`A selector that the document does not know: ${text}`);
    found.push(part);
    rest = rest.slice(part[0].length);
  }
  return found;
}

function fits(node, steps, last) {
  if (!steps[last].every((part) => has(node, part))) return false;
  if (last === 0) return true;
  for (let above = node.parentElement; above; above = above.parentElement) if (fits(above, steps, last - 1)) return true;
  return false;
}

function has(node, [, tag, id, name, attribute, sign, wanted, folded, not]) {
  if (tag) return node.tag === tag;
  if (id) return node.attributes.get("id") === id;
  if (name) return node.classes.includes(name);
  if (not) return !node.matches(not);
  const fold = (text) => (folded ? text.toLowerCase() : text);
  const value = node.attributes.get(attribute);
  if (value === undefined || !sign) return value !== undefined;
  const [have, want] = [fold(value), fold(wanted)];
  return sign === "=" ? have === want : sign === "^=" ? have.startsWith(want) : have.includes(want);
}
