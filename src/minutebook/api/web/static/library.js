// The list of meetings: files that are dropped or chosen go up one by one, work is followed, several are chosen at once.

import { localTimes, problem, say } from "./app.js";
import { around, every, find, maybe } from "./elements.js";
import { follow } from "./following.js";
import { discard, Upload } from "./uploads.js";

/** @typedef {ReturnType<typeof lineFor>} Line */

const form = maybe("form[data-upload]", HTMLFormElement);
const dialog = maybe("#new-meeting", HTMLDialogElement);

// --- uploading: each file is an upload of its own, so that one that fails takes none of the others with it

let active = 0;
window.addEventListener("beforeunload", (event) => {
  if (active) event.preventDefault();
});

/**
 * @param {File} file
 * @param {HTMLElement} list
 */
function lineFor(file, list) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = file.name;
  name.dir = "auto";
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  const state = document.createElement("span");
  state.className = "state";
  state.textContent = list.dataset.waiting ?? "";
  item.append(name, bar, state);
  list.append(item);
  return { item, bar, state, list };
}

/**
 * @param {File} file
 * @param {Record<string, string>} fields
 * @param {string} token
 * @param {Line} line
 */
async function sendOne(file, fields, token, line) {
  const words = { sending: "", waiting: line.list.dataset.lost, finishing: line.list.dataset.finishing };
  const upload = new Upload(file, fields, token, (fraction, state, told) => {
    line.bar.value = fraction;
    line.state.textContent = told ?? words[state] ?? "";
  });
  active += 1;
  try {
    const meeting = await upload.send();
    line.bar.value = 1;
    line.state.textContent = line.list.dataset.done ?? "";
    return meeting;
  } catch (error) {
    line.item.classList.add("wrong");
    line.state.textContent = error instanceof Error ? error.message : String(error);
    return null;
  } finally {
    active -= 1;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {File[]} files
 */
async function sendAll(form, files) {
  const list = find(".sending", HTMLElement, form);
  list.replaceChildren();
  find(".problem", HTMLElement, form).replaceChildren();
  const lines = files.map((file) => lineFor(file, list));
  const button = find("button[type=submit]", HTMLButtonElement, form);
  button.disabled = true;
  const text = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "");
  const fields = { title: files.length > 1 ? "" : text("title"), attendees: text("attendees"), language: text("language"), num_speakers: text("num_speakers"), meeting: text("meeting") };
  const made = [];
  for (const [i, file] of files.entries()) made.push(await sendOne(file, fields, text("form_token"), lines[i]));
  button.disabled = false;
  const wrong = lines.find((line) => line.item.classList.contains("wrong"));
  if (wrong) problem(form, wrong.state.textContent);
  else window.location.assign(made.length === 1 ? String(made[0]) : "/");
}

document.addEventListener("click", async (event) => {
  const button = around(event, "[data-discard]");
  if (!(button instanceof HTMLButtonElement) || !form) return;
  button.disabled = true;
  const token = String(new FormData(form).get("form_token"));
  const answer = await discard(String(button.dataset.discard), token).catch(() => null);
  if (!answer || answer.status >= 400) return problem(button, find(".sending", HTMLElement, form).dataset.lost ?? "");
  const place = button.closest("section");
  button.closest("li")?.remove();
  if (!place?.querySelector("li")) place?.remove();
});

/** @param {HTMLFormElement} form */
const chosenIn = (form) => find("[name=recording]", HTMLInputElement, form);
form?.addEventListener("submit", (event) => {
  const files = [...(chosenIn(form).files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  sendAll(form, files);
});

// --- dropping

const drop = maybe("#drop", HTMLElement);
/** @param {DragEvent} event */
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
if (drop && dialog && form) {
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.hidden = dialog.open;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.hidden = true;
    chosenIn(form).files = event.dataTransfer?.files ?? null;
    if (!dialog.open) dialog.showModal();
  });
}

// --- following the work

const entries = document.getElementById("entries");
function followShown() {
  const fresh = every("[data-follow]:not([data-followed])", HTMLElement);
  for (const entry of fresh) entry.dataset.followed = "";
  follow(fresh.map((entry) => entry.dataset.follow), (standing) => {
    const entry = document.getElementById(`meeting-${standing.id}`);
    if (!entry) return;
    if (standing.status === "processing") {
      find("progress", HTMLProgressElement, entry).value = standing.fraction;
      find("[data-words]", HTMLElement, entry).textContent = standing.words;
    } else {
      window.htmx.ajax("GET", `/meetings/${standing.id}/entry`, { target: entry, swap: "outerHTML" });
    }
  });
}
followShown();

// --- choosing several

const bulk = maybe("#bulk", HTMLElement);
const all = maybe("#choose-all", HTMLInputElement);
const boxes = () => (entries ? every("input[name=chosen]", HTMLInputElement, entries) : []);
function count() {
  if (!bulk || !all) return;
  const chosen = boxes().filter((box) => box.checked).length;
  bulk.classList.toggle("some", chosen > 0);
  const words = find("#chosen-count", HTMLElement);
  const { one = "", many = "" } = words.dataset;
  words.textContent = chosen === 0 ? "" : chosen === 1 ? one : many.replace("#", String(chosen));
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && chosen < boxes().length;
}
all?.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
  count();
});
entries?.addEventListener("change", count);
document.addEventListener("htmx:load", (event) => {
  localTimes(event.detail.elt);
  followShown();
  count();
});
count();
if (document.querySelector(".undo")) say(find(".undo p", HTMLElement).textContent);
