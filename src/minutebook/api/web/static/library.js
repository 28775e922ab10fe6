// The list of meetings: files that are dropped or chosen go up one by one, work is followed, several are chosen at once.

import { localTimes, problem, say } from "./app.js";
import { every, find, maybe } from "./elements.js";
import { follow } from "./following.js";

/** @typedef {ReturnType<typeof lineFor>} Line */

const form = maybe("form[data-upload]", HTMLFormElement);
const dialog = maybe("#new-meeting", HTMLDialogElement);

// --- uploading: each file is a request of its own, so that one that fails takes none of the others with it

/**
 * @param {FormData} body the form with one file; the token and the fields come before it: the server reads as it comes
 * @param {Line} line
 * @returns {Promise<string[]>} the addresses of the meetings that were made
 */
function sendOne(body, line) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) line.bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      const answer = JSON.parse(request.responseText || "{}");
      if (request.status === 201) resolve(answer.meetings);
      else reject(new Error(answer.message || request.statusText));
    });
    request.addEventListener("error", () => reject(new Error(line.list.dataset.lost)));
    request.open("POST", "/meetings/new");
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

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
  const made = [];
  for (const [i, file] of files.entries()) {
    lines[i].state.textContent = "";
    const body = new FormData(form);
    if (files.length > 1) body.set("title", "");
    body.set("recording", file, file.name);
    try {
      made.push(...(await sendOne(body, lines[i])));
      lines[i].bar.value = 1;
      lines[i].state.textContent = list.dataset.done ?? "";
    } catch (error) {
      lines[i].item.classList.add("wrong");
      lines[i].state.textContent = error instanceof Error ? error.message : String(error);
    }
  }
  button.disabled = false;
  const wrong = lines.find((line) => line.item.classList.contains("wrong"));
  if (wrong) problem(form, wrong.state.textContent);
  else window.location.assign(made.length === 1 ? made[0] : "/");
}

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
