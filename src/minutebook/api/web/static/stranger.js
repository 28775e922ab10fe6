// A shared meeting: a quote or a time plays from its second.

const sound = document.getElementById("sound");

document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-at]");
  if (!place || !sound) return;
  sound.currentTime = Number(place.dataset.at);
  sound.play();
});
