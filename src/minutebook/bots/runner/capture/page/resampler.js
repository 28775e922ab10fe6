// From any sample rate to `config.rate`: a windowed sinc (Kaiser, about 80 dB) in polyphase form. From 48 to 24 kHz that
// is a half-band filter: every other tap is zero, and left out.

const ZERO_CROSSINGS = 12;
const KAISER_BETA = 7.8;

/** @param {number} x */
function bessel0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** @type {(a: number, b: number) => number} */
const gcd = (a, b) => (b ? gcd(b, a % b) : a);

class Resampler {
  /** @param {number} rate */
  constructor(rate) {
    const common = gcd(rate, config.rate);
    this.up = config.rate / common;
    this.down = rate / common;
    const cutoff = Math.min(1, this.up / this.down);
    this.reach = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.phases = Array.from({ length: this.up }, (_, phase) => this.#taps(phase / this.up, cutoff));
    // Input that is still needed; `next` is where the next output lies in it, in input samples and up-ths of one.
    this.input = new Float32Array(8192);
    this.length = this.reach;
    this.next = this.reach;
    this.phase = 0;
  }

  /** @type {(fraction: number, cutoff: number) => { offsets: Int32Array, weights: Float64Array }} */
  #taps(fraction, cutoff) {
    const offsets = [];
    const weights = [];
    for (let k = -this.reach + 1; k <= this.reach; k++) {
      const x = k - fraction;
      const place = x / this.reach;
      if (Math.abs(place) >= 1) continue;
      const angle = Math.PI * cutoff * x;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      const weight = cutoff * sinc * (bessel0(KAISER_BETA * Math.sqrt(1 - place * place)) / bessel0(KAISER_BETA));
      if (Math.abs(weight) < 1e-9) continue;
      offsets.push(k);
      weights.push(weight);
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { offsets: Int32Array.from(offsets), weights: Float64Array.from(weights, (weight) => weight / sum) };
  }

  // Takes samples in [-1, 1] and hands each output sample to `put`.
  /** @type {(samples: Float32Array, put: (value: number) => void) => void} */
  push(samples, put) {
    this.#append(samples);
    while (this.next + this.reach < this.length) {
      const { offsets, weights } = this.phases[this.phase];
      let sum = 0;
      for (let k = 0; k < offsets.length; k++) sum += weights[k] * this.input[this.next + offsets[k]];
      put(sum);
      this.phase += this.down;
      this.next += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    const done = this.next - this.reach;
    this.input.copyWithin(0, done, this.length);
    this.length -= done;
    this.next -= done;
  }

  /** @param {Float32Array} samples */
  #append(samples) {
    if (this.length + samples.length > this.input.length) {
      const larger = new Float32Array(2 * (this.length + samples.length));
      larger.set(this.input.subarray(0, this.length));
      this.input = larger;
    }
    this.input.set(samples, this.length);
    this.length += samples.length;
  }
}
