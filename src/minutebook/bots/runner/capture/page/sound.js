// The sound of one remote track, as it comes: mono, `config.rate`, with the time at which it was heard.

// Chromium drops what is not read in time; 5 s of 10 ms pieces outlast a page that is busy with itself.
const QUEUE_PIECES = 500;
const FLUSH_MS = 100;
const GAP_MS = 50;
const SILENCE_PEAK = 4;
const CLOCK_WINDOW_MS = 5000;

/** @type {Map<string, Sound>} */
const sounds = new Map();
let flushedAt = performance.now();

// Timestamps of sound count from some moment of the browser's own. A piece cannot be delivered before it was heard: the
// shortest way it ever took, of late, relates the two clocks, however busy the page is at the moment.
class HeardClock {
  constructor() {
    this.before = Infinity;
    this.shortest = Infinity;
    this.since = performance.now();
  }

  /** @type {(timestampMs: number, lengthMs: number) => number} */
  epochMs(timestampMs, lengthMs) {
    const now = performance.now();
    if (now - this.since > CLOCK_WINDOW_MS) {
      this.before = this.shortest;
      this.shortest = Infinity;
      this.since = now;
    }
    this.shortest = Math.min(this.shortest, now - timestampMs - lengthMs);
    return Date.now() - now + timestampMs + Math.min(this.before, this.shortest);
  }
}

class Sound {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.clock = new HeardClock();
    this.rate = 0;
    /** @type {Run[]} */
    this.runs = [];
    this.samples = new Int16Array(config.rate);
    this.count = 0;
    this.startMs = 0;
    this.expectedMs = 0;
    this.plane = new Float32Array(0);
    this.other = new Float32Array(0);
    this.put = (/** @type {number} */ value) => this.#put(value);
  }

  /** @param {AudioData} data */
  add(data) {
    if (data.sampleRate !== this.rate) {
      this.rate = data.sampleRate;
      this.resampler = new Resampler(this.rate);
    }
    const lengthMs = (1000 * data.numberOfFrames) / data.sampleRate;
    const heardMs = this.clock.epochMs(data.timestamp / 1000, lengthMs);
    if (this.count && Math.abs(heardMs - this.expectedMs) > GAP_MS) this.#cut();
    if (!this.count) this.startMs = heardMs;
    this.expectedMs = heardMs + lengthMs;
    this.resampler?.push(this.#mono(data), this.put);
  }

  /** @param {number} value */
  #put(value) {
    if (this.count === this.samples.length) this.#cut();
    this.samples[this.count++] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
  }

  /** @param {AudioData} data */
  #mono(data) {
    const frames = data.numberOfFrames;
    if (this.plane.length !== frames) {
      this.plane = new Float32Array(frames);
      this.other = new Float32Array(frames);
    }
    data.copyTo(this.plane, { planeIndex: 0, format: "f32-planar" });
    for (let channel = 1; channel < data.numberOfChannels; channel++) {
      data.copyTo(this.other, { planeIndex: channel, format: "f32-planar" });
      for (let k = 0; k < frames; k++) this.plane[k] += this.other[k];
    }
    if (data.numberOfChannels > 1) for (let k = 0; k < frames; k++) this.plane[k] /= data.numberOfChannels;
    return this.plane;
  }

  // Silence is announced by its length alone.
  #cut() {
    if (!this.count) return;
    const samples = this.samples.subarray(0, this.count);
    const silent = samples.every((sample) => sample >= -SILENCE_PEAK && sample <= SILENCE_PEAK);
    const pcm = silent ? "" : toBase64(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.runs.push({ track: this.id, at: this.startMs, count: this.count, pcm });
    this.startMs += (1000 * this.count) / config.rate;
    this.count = 0;
  }

  take() {
    this.#cut();
    return this.runs.splice(0);
  }
}

function flush() {
  flushedAt = performance.now();
  const runs = [];
  for (const sound of sounds.values()) runs.push(...sound.take());
  if (runs.length) tell("sound", runs);
}

/** @type {(id: string, track: MediaStreamTrack) => Promise<void>} */
async function listen(id, track) {
  const sound = new Sound(id);
  sounds.set(id, sound);
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: QUEUE_PIECES }).readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    sound.add(value);
    value.close();
    if (performance.now() - flushedAt >= FLUSH_MS) flush();
  }
  flush();
  sounds.delete(id);
}
