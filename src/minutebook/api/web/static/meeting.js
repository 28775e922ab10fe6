// A meeting's page: the player, the transcript that follows the sound, evidence that plays its words, editing in place.

import { localTimes, problem, say } from "./app.js";
import { follow } from "./following.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";

const params = new URLSearchParams(window.location.search);
const record = () => document.getElementById("record");
const player = document.getElementById("player") ? new Player(document.getElementById("player")) : null;
let transcript = null;

function attach() {
  const lines = document.getElementById("lines");
  if (lines && player) {
    transcript = new Transcript(lines, document.getElementById("pane"), player);
    player.draw(transcript.turns());
  }
  const waiting = document.querySelector("#record[data-follow]");
  if (waiting && !("followed" in waiting.dataset)) {
    waiting.dataset.followed = "";
    follow([waiting.dataset.follow], (standing) => {
      if (standing.status !== "processing") return player ? renew() : window.location.reload();
      document.getElementById("progress").value = standing.fraction;
      document.getElementById("doing").textContent = standing.words;
    });
  }
}

function renew() {
  return window.htmx.ajax("GET", `/meetings/${record().dataset.meeting}/record`, { target: "#record", swap: "outerHTML" });
}

// --- what is clicked

const address = (part) => `/meetings/${record().dataset.meeting}/${part}`;

function into(target, url, swap = "outerHTML") {
  return window.htmx.ajax("GET", url, { target, swap });
}

async function sheet(url) {
  const dialog = document.getElementById("sheet");
  await into("#sheet-body", url, "innerHTML");
  if (!dialog.open) dialog.showModal();
}

function post(part, values, target) {
  return window.htmx.ajax("POST", address(part), {
    target,
    swap: "outerHTML",
    values: { form_token: record().dataset.token, ...values },
  });
}

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  const evidence = hit(".quote");
  const time = hit(".time, .timeline [data-at]");
  if (evidence && player) {
    const at = Number(evidence.dataset.at);
    player.play(at);
    transcript?.mark(at, Number(evidence.dataset.until));
    for (const other of document.querySelectorAll(".quote.playing")) other.classList.remove("playing");
    evidence.classList.add("playing");
  } else if (time && player) {
    player.play(Number(time.dataset.at));
    transcript?.follow(true);
  } else if (hit(".line .name")) {
    event.preventDefault();
    sheet(address(`speaker?speaker=${encodeURIComponent(hit(".name").value)}`));
  } else if (hit(".line .edit")) {
    event.preventDefault();
    const line = hit(".line");
    into(line, address(`segment?place=${line.id.slice(1)}`));
  } else if (hit("[data-cancel]")) {
    const line = hit(".line");
    into(line, address(`segment?edit=false&place=${line.id.slice(1)}`));
  } else if (hit("[data-undo]")) {
    undo(hit("[data-undo]"));
  } else if (hit("[data-item]")) {
    into(hit(".item"), address(`item?item=${hit("[data-item]").dataset.item}`));
  } else if (hit("[data-renew]")) {
    renew();
  } else if (hit("[data-sheet]")) {
    event.preventDefault();
    sheet(hit("[data-sheet]").dataset.sheet);
  } else if (hit("[data-dialog]")) {
    event.preventDefault();
    hit("[popover]")?.hidePopover();
    sheet(hit("[data-dialog]").getAttribute("href"));
  } else if (hit("#doubt")) {
    const pressed = hit("#doubt").getAttribute("aria-pressed") !== "true";
    hit("#doubt").setAttribute("aria-pressed", String(pressed));
    document.getElementById("lines").classList.toggle("doubting", pressed);
    transcript?.markDoubtful();
  }
});

function undo(button) {
  const line = button.closest(".line");
  const text = line?.querySelector("textarea");
  if (!button.dataset.undo) {
    // Nothing was saved yet: what is taken back is the typing.
    into(line, address(`segment?edit=false&place=${line.id.slice(1)}`));
  } else if (text && text.value !== text.defaultValue) {
    text.value = text.defaultValue;
  } else {
    post("undo", { edit: button.dataset.undo.split(" "), place: button.dataset.place ?? "" }, line ?? "#record");
  }
}

document.addEventListener("keydown", (event) => {
  const open = event.target.closest?.(".line.open");
  if (open && event.key === "Escape") into(open, address(`segment?edit=false&place=${open.id.slice(1)}`));
  if (open && event.key === "Enter" && (event.ctrlKey || event.metaKey)) open.querySelector("form").requestSubmit();
});

// --- after a part of the page was renewed

let scrolled = 0;
let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  scrolled = document.getElementById("pane")?.scrollTop ?? 0;
  focused = event.detail.target?.id ?? null;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr.status >= 400) return;
  const form = event.detail.requestConfig?.elt;
  if (form?.matches?.("[data-then-close]")) document.getElementById("sheet").close();
});
document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt;
  if (part.id === "record") {
    attach();
    const pane = document.getElementById("pane");
    if (pane) pane.scrollTop = scrolled;
  } else if (part.matches?.(".line")) {
    transcript?.renew();
    if (part.matches(".open")) part.querySelector("textarea").focus();
    else if (focused === part.id) part.querySelector(".edit").focus({ preventScroll: true });
  } else if (part.matches?.(".item.open")) {
    part.querySelector("textarea").focus();
  }
});

attach();
if (player && params.has("t")) {
  const at = Number.parseFloat(params.get("t"));
  if (Number.isFinite(at)) {
    player.seek(at);
    transcript?.show(at);
  }
}
export { localTimes, problem, say };
