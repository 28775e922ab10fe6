// Sends a file in pieces by tus 1.0 and goes on where it stopped: after a lost network by itself, after a reload or a
// closed tab when the same file is chosen again.

const PIECE_BYTES = 8 * 1024 * 1024;
const LONGEST_WAIT_MS = 30_000;
const TUS = { "Tus-Resumable": "1.0.0" };

/** What the server says against a file; sending it again would not help. */
export class Refused extends Error {}

/** What the server cannot take at the moment, in its own words: a full disk. It is tried again, as space may come. */
class Full extends Error {}

/** @param {string} text */
const packed = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** @param {number} ms */
const pause = (ms) =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve(undefined);
    }
    window.addEventListener("online", done);
  });

/** @param {XMLHttpRequest} answer */
function refusal(answer) {
  try {
    return new Refused(JSON.parse(answer.responseText).error.message);
  } catch {
    return new Refused(answer.statusText || String(answer.status));
  }
}

/**
 * One request; rejects when no answer came.
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {{ body?: Blob, onSent?: (bytes: number) => void, signal?: AbortSignal }} [more]
 * @returns {Promise<XMLHttpRequest>}
 */
function ask(method, url, headers, { body, onSent, signal } = {}) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open(method, url);
    for (const [name, value] of Object.entries({ ...TUS, ...headers })) request.setRequestHeader(name, value);
    if (onSent) request.upload.addEventListener("progress", (event) => onSent(event.loaded));
    request.addEventListener("load", () => resolve(request));
    for (const kind of ["error", "abort", "timeout"]) request.addEventListener(kind, () => reject(new Error(kind)));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body ?? null);
  });
}

/** @param {XMLHttpRequest} answer */
const passes = (answer) => answer.status >= 500 || [408, 409, 423, 429, 460].includes(answer.status);

/** @param {XMLHttpRequest} answer */
const isFull = (answer) => answer.responseText.includes("storage_full");

export class Upload {
  /** @type {string | undefined} */
  url;

  /**
   * @param {File} file
   * @param {Record<string, string>} fields of the meeting: title, attendees, language; or which meeting waits for the file
   * @param {string} token of the page's forms
   * @param {(fraction: number, state: "sending" | "waiting" | "finishing", told?: string) => void} onProgress
   *     what it waits for is `told` where it is something else than the network
   */
  constructor(file, fields, token, onProgress) {
    this.file = file;
    this.fields = fields;
    this.headers = { "Form-Token": token };
    this.onProgress = onProgress;
    this.modified = String(file.lastModified);
  }

  /**
   * Sends what is not stored yet, and tells the server that it knows of the meeting: from then on the same file is
   * another one. Waits out a lost network; rejects with `Refused` for what the server says no to.
   * @returns {Promise<string>} the address of the meeting
   */
  async send() {
    for (let failures = 0; ; failures += 1) {
      const before = this.stored;
      try {
        const meeting = await this.#go();
        await discard(String(this.url), this.headers["Form-Token"]).catch(() => {});
        return meeting;
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (this.stored > before) failures = 0;
        this.onProgress(this.stored / this.file.size, "waiting", error instanceof Full ? error.message : undefined);
        await pause(Math.min(LONGEST_WAIT_MS, 1000 * 2 ** failures));
      }
    }
  }

  stored = 0;

  async #go() {
    if (!this.url) this.url = (await this.#known()) ?? (await this.#create());
    let answer = await ask("HEAD", this.url, {});
    if (answer.status === 404) {
      this.url = undefined;
      throw new Error("gone");
    }
    while (answer.status < 300) {
      const meeting = answer.getResponseHeader("Minutebook-Meeting");
      if (meeting) return meeting;
      this.stored = Number(answer.getResponseHeader("Upload-Offset"));
      answer = await this.#piece(this.url);
    }
    if (isFull(answer)) throw new Full(refusal(answer).message);
    if (passes(answer)) throw new Error(String(answer.status));
    throw refusal(answer);
  }

  /** @param {string} url */
  async #piece(url) {
    const { file, stored } = this;
    const piece = file.slice(stored, stored + PIECE_BYTES);
    const last = stored + piece.size >= file.size;
    this.onProgress(stored / file.size, piece.size ? "sending" : "finishing");
    /** @type {Record<string, string>} */
    const headers = { ...this.headers, "Upload-Offset": String(stored), "Content-Type": "application/offset+octet-stream" };
    if (piece.size && window.crypto.subtle) {
      const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
      headers["Upload-Checksum"] = `sha256 ${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
    }
    const onSent = (/** @type {number} */ sent) =>
      this.onProgress((stored + sent) / file.size, last && sent === piece.size ? "finishing" : "sending");
    return ask("PATCH", url, headers, { body: piece, onSent });
  }

  /** The upload of this very file that was begun before: same name, length and time of change. */
  async #known() {
    const answer = await ask("GET", "/uploads", {});
    if (answer.status >= 400) return undefined;
    const { file, modified } = this;
    /** @type {{ url: string, filename: string, size: number, modified: string, meeting: string }[]} */
    const begun = JSON.parse(answer.responseText);
    const name = file.name.normalize("NFC");
    const same = begun.filter((each) => each.size === file.size && each.modified === modified && each.filename === name);
    return same.find((each) => each.meeting === (this.fields.meeting ?? ""))?.url;
  }

  async #create() {
    const { file, fields, headers, modified } = this;
    const told = { filename: file.name, filetype: file.type, modified, ...fields };
    const metadata = Object.entries(told).map(([name, value]) => `${name} ${packed(value)}`);
    const answer = await ask("POST", "/uploads", {
      ...headers,
      "Upload-Length": String(file.size),
      "Upload-Metadata": metadata.join(","),
    });
    const url = answer.getResponseHeader("Location");
    if (answer.status === 201 && url) return url;
    if (passes(answer) && answer.status !== 409 && !isFull(answer)) throw new Error(String(answer.status));
    throw refusal(answer);
  }
}

/**
 * Discards an upload with what is stored of it; a meeting that it has become stays.
 * @param {string} url
 * @param {string} token
 */
export const discard = (url, token) => ask("DELETE", url, { "Form-Token": token });
