// A shared meeting: a quote or a time plays from its second, and a link may begin at one.

import { around, every, maybe } from "./elements.js";

const sound = maybe("#sound", HTMLAudioElement);

document.addEventListener("click", (event) => {
  const place = around(event, "[data-at]");
  if (!place || !sound) return;
  sound.currentTime = Number(place.dataset.at);
  sound.play();
});

const wished = Number.parseFloat(new URLSearchParams(window.location.search).get("t") ?? "");
if (Number.isFinite(wished)) {
  if (sound) sound.currentTime = wished;
  const line = every("[data-line]", HTMLElement).findLast((each) => Number(each.dataset.line) <= wished + 0.1);
  line?.classList.add("marked");
  line?.scrollIntoView({ block: "center" });
}
