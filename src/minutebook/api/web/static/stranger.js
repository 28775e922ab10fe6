// A shared meeting: a quote or a time plays from its second.

import { around, maybe } from "./elements.js";

const sound = maybe("#sound", HTMLAudioElement);

document.addEventListener("click", (event) => {
  const place = around(event, "[data-at]");
  if (!place || !sound) return;
  sound.currentTime = Number(place.dataset.at);
  sound.play();
});
