// What page scripts share with each other, with the runner and with the pages, beyond the browser's own types.

interface Person {
  id: string;
  name: string;
}

/** What a platform's page script tells about the call (bots/platforms/<name>/page.js). */
interface MinutebookPage {
  mixesSound?: boolean;
  participantOf(track: MediaStreamTrack): Person | null;
  roster(): Person[] | null;
  speaking?(): string[] | null;
}

interface Window {
  minutebookPage?: MinutebookPage;
  /** The seats of Janus' own page. */
  feeds?: Record<number, { rfid: number | string } | null>;
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
