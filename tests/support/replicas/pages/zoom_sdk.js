// The client view of Zoom's Meeting SDK, played: behind the stand-in that reads its calls (tests/data/platforms/zoom_sdk) and the
// played web client (base.js, zoom.js), whose page it shows on the caller's. Whether somebody may join, the server says.
const home = new URL(document.currentScript.src);
replica.line = home.origin.replace("http", "ws");

// The name is known; devices are looked at before one goes in.
platform.entry = () => `<div class="preview"><button class="preview-join-button" data-do="ask">Join</button></div>`;
platform.left = () => {
  location.assign(window.sdk.leaveUrl);
  return "";
};

window.sdk.play = async ({ success, error, ...told }) => {
  const body = JSON.stringify({ ...told, called: window.sdk.called, wrong: window.sdk.wrong });
  const answer = await (await fetch(new URL("join", home), { method: "POST", body })).json();
  if (answer.errorCode) return error({ method: "join", status: false, result: null, ...answer });
  replica.room = String(told.meetingNumber);
  open();
  // Who comes now has not asked yet; a line that breaks later is that of somebody who has.
  replica.name = told.userName;
  success({ method: "join", status: true, ...answer });
};
