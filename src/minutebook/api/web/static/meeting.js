// A meeting's page: the player, the transcript that follows the sound, evidence that plays its words, editing in place.

import { around, find, maybe } from "./elements.js";
import { follow } from "./following.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";

const params = new URLSearchParams(window.location.search);
const record = () => find("#record", HTMLElement);
const controls = maybe("#player", HTMLElement);
const player = controls && new Player(controls);
let transcript = /** @type {Transcript | null} */ (null);

function attach() {
  const lines = document.getElementById("lines");
  if (lines && player) {
    transcript = new Transcript(lines, find("#pane", HTMLElement), player);
    player.draw(transcript.turns());
  }
  if (lines) doubting(new URL(window.location.href).searchParams.has("doubtful"));
  const waiting = maybe("#record[data-follow]", HTMLElement);
  if (waiting && !("followed" in waiting.dataset)) {
    waiting.dataset.followed = "";
    follow([waiting.dataset.follow], (standing) => {
      if (standing.status !== "processing") return player ? renew() : window.location.reload();
      find("#progress", HTMLProgressElement).value = standing.fraction;
      find("#doing", HTMLElement).textContent = standing.words;
    });
  }
}

/**
 * Shows the words that the recogniser was not sure of, and says so in the address.
 * @param {boolean} wanted
 */
function doubting(wanted) {
  find("#doubt", HTMLElement).setAttribute("aria-pressed", String(wanted));
  find("#lines", HTMLElement).classList.toggle("doubting", wanted);
  transcript?.markDoubtful();
  const here = new URL(window.location.href);
  if (here.searchParams.has("doubtful") === wanted) return;
  if (wanted) here.searchParams.set("doubtful", "1");
  else here.searchParams.delete("doubtful");
  window.history.replaceState(window.history.state, "", here);
}

function renew() {
  return window.htmx.ajax("GET", `/meetings/${record().dataset.meeting}/record`, { target: "#record", swap: "outerHTML" });
}

// --- what is clicked

/** @param {string} part */
const address = (part) => `/meetings/${record().dataset.meeting}/${part}`;

/**
 * @param {Element | string} target
 * @param {string} url
 */
function into(target, url, swap = "outerHTML") {
  return window.htmx.ajax("GET", url, { target, swap });
}

/** @param {string} url */
async function sheet(url) {
  const dialog = find("#sheet", HTMLDialogElement);
  await into("#sheet-body", url, "innerHTML");
  if (!dialog.open) dialog.showModal();
}

/**
 * @param {string} part
 * @param {Record<string, string | string[]>} values
 * @param {Element | string} target
 */
function post(part, values, target) {
  return window.htmx.ajax("POST", address(part), {
    target,
    swap: "outerHTML",
    values: { form_token: record().dataset.token ?? "", ...values },
  });
}

document.addEventListener("click", (event) => {
  const hit = (/** @type {string} */ selector) => around(event, selector);
  const evidence = hit(".quote");
  const time = hit(".time, .timeline [data-at]");
  const line = hit(".line");
  const item = hit(".item");
  const name = hit(".line .name");
  const undoing = hit("[data-undo]");
  const opening = hit("[data-item]");
  const linked = hit("[data-sheet]");
  const asked = hit("[data-dialog]");
  const doubt = hit("#doubt");
  if (evidence && player) {
    const at = Number(evidence.dataset.at);
    player.play(at);
    transcript?.mark(at, Number(evidence.dataset.until));
    for (const other of document.querySelectorAll(".quote.playing")) other.classList.remove("playing");
    evidence.classList.add("playing");
  } else if (time && player) {
    player.play(Number(time.dataset.at));
    transcript?.follow(true);
  } else if (name instanceof HTMLButtonElement) {
    event.preventDefault();
    sheet(address(`speaker?speaker=${encodeURIComponent(name.value)}`));
  } else if (line && hit(".line .edit")) {
    event.preventDefault();
    into(line, address(`segment?place=${line.id.slice(1)}`));
  } else if (line && hit("[data-cancel]")) {
    read(line);
  } else if (undoing) {
    undo(undoing.dataset, line);
  } else if (item && opening) {
    into(item, address(`item?item=${opening.dataset.item}`));
  } else if (hit("[data-renew]")) {
    renew();
  } else if (linked?.dataset.sheet) {
    event.preventDefault();
    const at = player?.at ?? 0;
    sheet(linked.dataset.sheet + (at >= 1 ? `?t=${at.toFixed(1)}` : ""));
  } else if (asked) {
    event.preventDefault();
    const menu = hit("[popover]");
    if (menu instanceof HTMLElement) menu.hidePopover();
    sheet(asked.getAttribute("href") ?? "");
  } else if (doubt) {
    doubting(doubt.getAttribute("aria-pressed") !== "true");
  }
});

/**
 * Puts a line back as it is read.
 * @param {Element} line
 */
function read(line) {
  into(line, address(`segment?edit=false&place=${line.id.slice(1)}`));
}

/**
 * @param {DOMStringMap} data of the button
 * @param {Element | null} line that the button stands in
 */
function undo(data, line) {
  const text = line?.querySelector("textarea");
  if (line && !data.undo) {
    // Nothing was saved yet: what is taken back is the typing.
    read(line);
  } else if (text && text.value !== text.defaultValue) {
    text.value = text.defaultValue;
  } else if (data.undo) {
    post("undo", { edit: data.undo.split(" "), place: data.place ?? "" }, line ?? "#record");
  }
}

document.addEventListener("keydown", (event) => {
  const open = around(event, ".line.open");
  if (open && event.key === "Escape") read(open);
  if (open && event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("form", HTMLFormElement, open).requestSubmit();
});

// --- after a part of the page was renewed

let scrolled = 0;
let focused = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  scrolled = document.getElementById("pane")?.scrollTop ?? 0;
  focused = event.detail.target?.id ?? "";
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr.status >= 400) return;
  if (event.detail.requestConfig?.elt.matches("[data-then-close]")) find("#sheet", HTMLDialogElement).close();
});
document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt;
  if (part.id === "record") {
    attach();
    const pane = document.getElementById("pane");
    if (pane) pane.scrollTop = scrolled;
  } else if (part.matches(".line")) {
    transcript?.renew();
    if (part.matches(".open")) {
      find("textarea", HTMLTextAreaElement, part).focus();
      part.scrollIntoView({ block: "nearest" }); // its button is below the text
    }
    else if (focused === part.id) find(".edit", HTMLElement, part).focus({ preventScroll: true });
  } else if (part.matches(".item.open")) {
    find("textarea", HTMLTextAreaElement, part).focus();
  }
});

attach();
if (player && params.has("t")) {
  const at = Number.parseFloat(params.get("t") ?? "");
  if (Number.isFinite(at)) {
    player.seek(at);
    transcript?.show(at);
    transcript?.markFound(at, params.get("found") ?? "");
  }
}
