// Plays a meeting page for tests: each `template` is a scene, and `show` puts one in place of the one before. A control
// with `data-next` leads to that scene; a form of scenes without one waits for the test to call `show`. `window.log` keeps
// what was clicked and sent.
window.log = [];
window.scene = null;

window.show = (name) => {
  const template = document.querySelector(`template[data-scene="${name}"]`);
  if (!template) throw new Error(`no scene ${name}`);
  window.scene = name;
  document.getElementById("stage").replaceChildren(template.content.cloneNode(true));
};

addEventListener("click", ({ target }) => {
  const control = target.closest("[data-click], [data-next], [data-removes]");
  if (!control || control.disabled) return;
  if (control.dataset.click) window.log.push(control.dataset.click);
  if (control.dataset.becomes) control.setAttribute("aria-label", control.dataset.becomes);
  if (control.dataset.removes) control.closest(control.dataset.removes).remove();
  if (control.dataset.shows) document.querySelector(control.dataset.shows).hidden = false;
  if (control.dataset.next) window.show(control.dataset.next);
});

// Names count only when they were typed with keys, and a button waits for one.
addEventListener("keydown", ({ target }) => { if (target.matches("[data-name]")) target.dataset.typed = "yes"; });
addEventListener("input", ({ target }) => {
  if (!target.matches("[data-name]")) return;
  const button = document.querySelector(target.dataset.name);
  const named = target.value !== "" && target.dataset.typed === "yes";
  if (button.classList.contains("preview-join-button")) button.classList.toggle("disabled", !named);
  else button.disabled = !named;
  window.guestName = target.value;
});

addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-chat]")) return;
  event.preventDefault();
  window.log.push(`chat: ${event.target.value ?? event.target.textContent}`);
});

const wanted = new URLSearchParams(location.search).get("scene");
window.show(wanted ?? document.querySelector("template").dataset.scene);
