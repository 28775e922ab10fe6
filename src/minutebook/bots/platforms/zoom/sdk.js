// Zoom's Meeting SDK on a page of the bot's own, in the view whose page is that of Zoom's web client: the facts and the page
// script of that client hold here too. Calls are those of the published types of npm `@zoom/meetingsdk` 6.2.0; what went wrong
// stands in the page as `data-zoom-error`, with Zoom's number for it or with what could not be loaded.
(/** @type {{ url: string, join: string }} */ given) => {
  const base = given.url.replace(/\/+$/, "");
  const version = base.slice(base.lastIndexOf("/") + 1);
  const joining = JSON.parse(given.join);
  const scripts = [
    ...["react", "react-dom", "react-redux", "redux", "redux-thunk"].map((name) => `lib/vendor/${name}.min.js`),
    `zoom-meeting-${version}.min.js`,
  ];

  /** @type {(error: string, text: string) => void} */
  function fail(error, text) {
    const line = document.createElement("p");
    line.dataset.zoomError = error;
    line.textContent = text;
    document.body.append(line);
  }

  /** @type {(answer: { errorCode: number, errorMessage: string }) => void} */
  const refused = ({ errorCode, errorMessage }) => fail(String(errorCode), `Zoom's Meeting SDK answers ${errorCode}: ${errorMessage}`);

  /** @type {(path: string) => Promise<unknown>} */
  function loaded(path) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${base}/${path}`;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`Zoom's Meeting SDK is not to be had: ${script.src}`));
      document.head.append(script);
    });
  }

  function join() {
    const sdk = window.ZoomMtg;
    if (!sdk) throw new Error(`Zoom's Meeting SDK is not to be had: there is none in ${base}`);
    // The page script leaves its own bearer out of the list by this name, which nobody types here.
    sessionStorage.setItem("minutebook.own-name", joining.userName);
    sdk.setZoomJSLib(`${base}/lib`, "/av");
    sdk.preLoadWasm();
    sdk.prepareWebSDK();
    sdk.i18n.load("en-US");
    sdk.i18n.onLoad(() => {
      sdk.init({
        leaveUrl: `${location.origin}${location.pathname}/left`,
        disableCORP: !crossOriginIsolated,
        patchJsMedia: true,
        leaveOnPageUnload: true,
        success: () => sdk.join({ ...joining, success: () => {}, error: refused }),
        error: refused,
      });
    });
  }

  const load = async () => {
    for (const path of scripts) await loaded(path);
    join();
  };
  load().catch((error) => fail("missing", error.message));
};
