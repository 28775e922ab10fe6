// What every page has: times in the reader's zone, dialogs, menus, and errors where they arose.

import { around, every, find, maybe } from "./elements.js";

// The page's language as it is written where the reader lives: an English page is not an American one everywhere.
const language = document.documentElement.lang;
const written = navigator.languages.find((each) => each.split("-")[0] === language) ?? language;
const formats = {
  moment: new Intl.DateTimeFormat(written, { dateStyle: "medium", timeStyle: "short" }),
  coming: new Intl.DateTimeFormat(written, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  day: new Intl.DateTimeFormat(written, { dateStyle: "medium" }),
};

/** @param {ParentNode} root */
export function localTimes(root) {
  for (const time of every("time[data-as]", HTMLTimeElement, root)) {
    const at = new Date(time.dateTime);
    const format = formats[/** @type {keyof typeof formats} */ (time.dataset.as)];
    if (format && !Number.isNaN(at.getTime())) time.textContent = format.format(at);
  }
}

/**
 * Says something to who listens to the page, and on a button to who looks at it.
 * @param {string | null} text
 * @param {HTMLElement} [button]
 */
export function say(text, button) {
  find("#said", HTMLElement).textContent = text;
  if (button) button.textContent = text;
}

/**
 * @param {Element | undefined} near
 * @param {string | null} text
 */
export function problem(near, text) {
  const place = near?.closest("form, dialog, article, section")?.querySelector(".problem") ?? find("#problem", HTMLElement);
  const line = document.createElement("p");
  line.className = "alert";
  line.setAttribute("role", "alert");
  line.textContent = text;
  place.replaceChildren(line);
}

/**
 * Puts a text of the page into the clipboard. Where the browser does not let a page do that, the text is selected, so that
 * one key copies it.
 * @param {HTMLElement} button
 */
async function copy(button) {
  const source = find(String(button.dataset.copy), HTMLElement);
  const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "").trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (source instanceof HTMLInputElement) source.select();
    else window.getSelection()?.selectAllChildren(source);
    // Old, but what there is at addresses without https.
    if (!document.execCommand("copy")) return say(button.dataset.selected ?? "", button);
  }
  say(button.dataset.done ?? "", button);
}

document.addEventListener("click", (event) => {
  const copying = around(event, "[data-copy]");
  if (copying instanceof HTMLElement) copy(copying);
  const opener = around(event, "[commandfor]");
  // Browsers of today open dialogs by themselves, before any script has come.
  if (opener && !("commandForElement" in HTMLButtonElement.prototype)) {
    find(`#${opener.getAttribute("commandfor")}`, HTMLDialogElement).showModal();
  }
  const dialog = around(event, "dialog");
  if (dialog instanceof HTMLDialogElement && around(event, "[data-closes]")) dialog.close();
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.clientX + event.clientY > 0) event.target.close();
  }
  const asking = around(event, "[data-confirm]");
  if (asking && !window.confirm(asking.dataset.confirm)) event.preventDefault();
});

// A menu is a popover; the arrow keys walk through it.
document.addEventListener("toggle", (event) => {
  if (!(event.target instanceof HTMLElement) || !event.target.matches("[popover][role=menu]")) return;
  const opener = document.querySelector(`[popovertarget="${event.target.id}"]`);
  opener?.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState === "open") maybe("[role=menuitem]", HTMLElement, event.target)?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const menu = around(event, "[popover][role=menu]");
  if (!(menu instanceof HTMLElement)) return;
  const items = every("[role=menuitem]", HTMLElement, menu);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    items[next % items.length].focus();
  }
  if (event.key === "Tab") menu.hidePopover();
});

// An error that a part of a page is answered with is shown next to what was asked.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status < 400) return;
  const found = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
  event.detail.shouldSwap = false;
  problem(elt, found?.textContent?.trim() || xhr.statusText);
});
document.addEventListener("htmx:sendError", (event) => problem(event.detail.elt, document.body.dataset.lost ?? "Connection lost."));
document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt));

localTimes(document);
