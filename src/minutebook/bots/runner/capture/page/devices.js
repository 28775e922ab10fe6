// The bot's microphone and camera: what `say` and `show` are given, whatever devices the machine has.

const CAMERA = { width: 640, height: 360, redrawMs: 1000, background: "#1f2a37", ink: "#f9fafb" };
const LEAD_S = 0.15;

/** @type {{ context: AudioContext | null, destination: MediaStreamAudioDestinationNode | null, until: number }} */
const microphone = { context: null, destination: null, until: 0 };
/** @type {{ canvas: HTMLCanvasElement | null, image: ImageBitmap | null }} */
const camera = { canvas: null, image: null };

function openMicrophone() {
  if (!microphone.destination) {
    microphone.context = new AudioContext({ sampleRate: 48000, latencyHint: "playback", sinkId: { type: "none" } });
    microphone.destination = microphone.context.createMediaStreamDestination();
    microphone.destination.channelCount = 1;
    microphone.context.resume().catch(() => {});
    tell("microphone", null);
  }
  return microphone.destination.stream.getAudioTracks()[0].clone();
}

// Plays s16le samples behind what is still being said; returns how many seconds are left to say then.
/** @type {(pcm: string, rate: number) => number} */
function say(pcm, rate) {
  const { context, destination } = microphone;
  if (!context || !destination) return 0;
  const bytes = fromBase64(pcm);
  const samples = new Int16Array(bytes.buffer, 0, bytes.length >> 1);
  const buffer = context.createBuffer(1, samples.length, rate);
  const plane = buffer.getChannelData(0);
  for (let k = 0; k < samples.length; k++) plane[k] = samples[k] / 32768;
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(destination);
  if (microphone.until < context.currentTime) microphone.until = context.currentTime + LEAD_S;
  source.start(microphone.until);
  microphone.until += buffer.duration;
  return microphone.until - context.currentTime;
}

function openCamera() {
  if (!camera.canvas) {
    camera.canvas = Object.assign(document.createElement("canvas"), { width: CAMERA.width, height: CAMERA.height });
    draw();
    tell("camera", null);
    // A picture that stands still sends nothing; those who come later need one too.
    setInterval(draw, CAMERA.redrawMs);
  }
  return camera.canvas.captureStream(1000 / CAMERA.redrawMs).getVideoTracks()[0];
}

function draw() {
  const pen = camera.canvas?.getContext("2d");
  if (!pen) return;
  const { width, height } = pen.canvas;
  pen.fillStyle = CAMERA.background;
  pen.fillRect(0, 0, width, height);
  if (camera.image) {
    const scale = Math.min(width / camera.image.width, height / camera.image.height);
    const [w, h] = [camera.image.width * scale, camera.image.height * scale];
    pen.drawImage(camera.image, (width - w) / 2, (height - h) / 2, w, h);
  } else {
    pen.fillStyle = CAMERA.ink;
    pen.font = "36px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(config.name, width / 2, height / 2, width - 40);
  }
}

/** @type {(data: string, type: string) => Promise<void>} */
async function show(data, type) {
  camera.image = await createImageBitmap(new Blob([fromBase64(data)], { type }));
  draw();
}

/** @type {(kind: MediaDeviceKind, label: string) => MediaDeviceInfo} */
function device(kind, label) {
  const made = Object.create(kind === "audiooutput" ? MediaDeviceInfo.prototype : InputDeviceInfo.prototype);
  const facts = { deviceId: `${kind}-bot`, kind, label, groupId: "bot" };
  for (const [name, value] of Object.entries(facts)) Object.defineProperty(made, name, { value, enumerable: true });
  Object.defineProperty(made, "toJSON", { value: () => facts });
  if (kind !== "audiooutput") Object.defineProperty(made, "getCapabilities", { value: () => ({ deviceId: facts.deviceId }) });
  return made;
}

/** @param {MediaStreamConstraints} constraints */
function media(constraints) {
  const stream = new MediaStream();
  if (constraints.audio) stream.addTrack(openMicrophone());
  if (constraints.video) stream.addTrack(openCamera());
  return stream;
}

if (window.MediaDevices) {
  standIn(MediaDevices.prototype, "getUserMedia", {
    async apply(target, self, args) {
      const constraints = args[0] || {};
      return constraints.audio || constraints.video ? media(constraints) : Reflect.apply(target, self, args);
    },
  });
  standIn(MediaDevices.prototype, "enumerateDevices", {
    async apply() {
      return [device("audioinput", "Microphone"), device("videoinput", "Camera"), device("audiooutput", "Speaker")];
    },
  });
}
for (const name of ["getUserMedia", "webkitGetUserMedia"]) {
  standIn(Navigator.prototype, name, {
    apply(target, self, args) {
      const [constraints, done] = args;
      if (!constraints || !(constraints.audio || constraints.video)) return Reflect.apply(target, self, args);
      Promise.resolve(media(constraints)).then(done);
    },
  });
}

Object.defineProperty(window, config.handle, { value: { say, show, flush } });
