// What page scripts share with each other, with the runner and with the pages, beyond the browser's own types.

interface Person {
  id: string;
  name: string;
}

interface ChatLine {
  id: string;
  author: string;
  text: string;
}

/** A platform's facts (bots/platforms/<name>/facts.toml) that its page script is called with: selectors by name. */
type Facts = Record<string, string[] | undefined>;

/** bots/platforms/naming.js */
type Naming = (names: string[], everybody: boolean) => Person[];

/** What a platform's page script tells about the call (bots/platforms/<name>/page.js). */
interface MinutebookPage {
  mixesSound?: boolean;
  participantOf(track: MediaStreamTrack): Person | null;
  roster(): Person[] | null;
  speaking?(): string[] | null;
  /** What the page shows of its chat (bots/platforms/chat.js). */
  chat?(): ChatLine[] | null;
  /** How late `speaking` is at the moment; null: as late as the platform's usually is. */
  speakingLagMs?: number | null;
  speakingByNetwork?: boolean;
}

interface Window {
  minutebookPage?: MinutebookPage;
  /** The seats of Janus' own page. */
  feeds?: Record<number, { rfid: number | string } | null>;
  htmx: Htmx;
  ZoomMtg?: ZoomMtg;
}

/** As much of Zoom's Meeting SDK as bots/platforms/zoom/sdk.js calls, by its published types. */
interface ZoomMtg {
  setZoomJSLib(path?: string, dir?: string): void;
  preLoadWasm(): void;
  prepareWebSDK(): void;
  i18n: { load(lang: string): Promise<unknown>; onLoad(callback: (result: "success" | "timeout") => void): void };
  init(args: Record<string, unknown> & { leaveUrl: string }): void;
  join(args: Record<string, unknown>): void;
}

/** Put before the capture script by bots/runner/capture/page_script.py. */
declare const config: { binding: string; handle: string; name: string; rate: number };

interface AudioContextOptions {
  sinkId?: string | { type: "none" };
}

/** https://www.w3.org/TR/mediacapture-transform/, in Chromium for sound since version 94. */
declare class MediaStreamTrackProcessor {
  constructor(options: { track: MediaStreamTrack; maxBufferSize?: number });
  readonly readable: ReadableStream<AudioData>;
}

/** bots/platforms/looking.py: `Probe`. */
interface Probe {
  selectors: string[];
  texts: string[];
  labels: string[];
  patterns: string[];
  inside: string[];
  outside: string[];
  hidden: boolean;
}

/** A remote sound track of the page (capture/page/tracks.js). */
interface Track {
  id: string;
  track: MediaStreamTrack;
  connection: { connectionState: string };
  who: Person | null;
  askedAt: number;
  element: HTMLAudioElement;
}

/** A stretch of sound that is told home; no `pcm` is silence. */
interface Run {
  track: string;
  at: number;
  count: number;
  pcm: string;
}

/** What the web pages use of htmx (api/web/static/vendor): https://htmx.org/api/#ajax, https://htmx.org/events/. */
interface Htmx {
  ajax(
    method: "GET" | "POST",
    url: string,
    context: { target: Element | string; swap: string; values?: Record<string, string | string[]> },
  ): Promise<void>;
}

interface HtmxDetail {
  elt: Element;
  target?: Element;
  requestConfig?: { elt: Element };
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
}

interface DocumentEventMap {
  "htmx:afterSwap": CustomEvent<HtmxDetail>;
  "htmx:beforeSwap": CustomEvent<HtmxDetail>;
  "htmx:load": CustomEvent<Pick<HtmxDetail, "elt">>;
  "htmx:sendError": CustomEvent<Pick<HtmxDetail, "elt">>;
}

/** How far the work on a meeting is, as /events tells it (api/web/progress.py). */
interface Standing {
  id: string;
  status: string;
  fraction: number;
  words: string;
}

/** A stretch of a meeting in which one voice speaks, in seconds; voices are numbered from 1 as their colours are. */
interface Turn {
  start: number;
  end: number;
  voice: number;
}
