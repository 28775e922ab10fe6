// The list of meetings: files that are dropped or chosen go up one by one, work is followed, several are chosen at once.

import { localTimes, problem, say } from "./app.js";
import { follow } from "./following.js";

const form = document.querySelector("form[data-upload]");
const dialog = document.getElementById("new-meeting");

// --- uploading: each file is a request of its own, so that one that fails takes none of the others with it

function sendOne(file, alone, line) {
  const body = new FormData();
  // The token and the fields come before the file: the server reads the form as it comes.
  body.append("form_token", form.elements.form_token.value);
  body.append("title", alone ? form.elements.title.value : "");
  body.append("attendees", form.elements.attendees.value);
  body.append("language", form.elements.language.value);
  body.append("recording", file, file.name);
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
  state.textContent = list.dataset.waiting;
  item.append(name, bar, state);
  list.append(item);
  return { item, bar, state, list };
}

async function sendAll(files) {
  const list = form.querySelector(".sending");
  list.replaceChildren();
  form.querySelector(".problem").replaceChildren();
  const lines = files.map((file) => lineFor(file, list));
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  const made = [];
  let failed = 0;
  for (const [i, file] of files.entries()) {
    lines[i].state.textContent = "";
    try {
      made.push(...(await sendOne(file, files.length === 1, lines[i])));
      lines[i].bar.value = 1;
      lines[i].state.textContent = list.dataset.done;
    } catch (error) {
      failed += 1;
      lines[i].item.classList.add("wrong");
      lines[i].state.textContent = error.message;
    }
  }
  button.disabled = false;
  if (failed) problem(form, lines.find((line) => line.item.classList.contains("wrong")).state.textContent);
  else window.location.assign(made.length === 1 ? made[0] : "/");
}

form?.addEventListener("submit", (event) => {
  const files = [...form.elements.recording.files];
  if (!files.length) return;
  event.preventDefault();
  sendAll(files);
});

// --- dropping

const drop = document.getElementById("drop");
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
if (drop && dialog) {
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
    form.elements.recording.files = event.dataTransfer.files;
    if (!dialog.open) dialog.showModal();
  });
}

// --- following the work

const entries = document.getElementById("entries");
function followShown() {
  const ids = [...document.querySelectorAll("[data-follow]:not([data-followed])")];
  for (const entry of ids) entry.dataset.followed = "";
  follow(ids.map((entry) => entry.dataset.follow), (standing) => {
    const entry = document.getElementById(`meeting-${standing.id}`);
    if (!entry) return;
    if (standing.status === "processing") {
      entry.querySelector("progress").value = standing.fraction;
      entry.querySelector("[data-words]").textContent = standing.words;
    } else {
      window.htmx.ajax("GET", `/meetings/${standing.id}/entry`, { target: entry, swap: "outerHTML" });
    }
  });
}
followShown();

// --- choosing several

const bulk = document.getElementById("bulk");
const all = document.getElementById("choose-all");
const boxes = () => [...(entries?.querySelectorAll("input[name=chosen]") ?? [])];
function count() {
  if (!bulk) return;
  const chosen = boxes().filter((box) => box.checked).length;
  bulk.classList.toggle("some", chosen > 0);
  const words = document.getElementById("chosen-count");
  words.textContent = chosen === 0 ? "" : chosen === 1 ? words.dataset.one : words.dataset.many.replace("#", String(chosen));
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
if (document.querySelector(".undo")) say(document.querySelector(".undo p").textContent);
