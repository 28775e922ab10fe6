// Runs before the page's own scripts: a person whose mouth, face and ears belong to the test.
//   await participant.learn(base64 WAV), participant.say(at)   speak at a moment (milliseconds since the epoch)
//   participant.count(at, seconds)    tones that tell the time: second n of the epoch sounds at 400 + 20 · (n mod 50) Hz
//   participant.clap(at)              a beep of 200 ms and a white picture of 600 ms, which begin at once
//   participant.listen() / await participant.heard()   record everything that others say, as base64 of WebM
// Nothing is cleaned, cancelled or levelled on the way, so that what arrives can be compared with what was said.
(() => {
  const camera = Object.assign({ width: 320, height: 180, rate: 5, colour: "#26a" }, window.participantCamera);
  const context = new AudioContext({ sampleRate: 48000 });
  const mouth = context.createMediaStreamDestination();
  const ears = context.createMediaStreamDestination();
  // Some sound must always flow, or the track's clock stands still between two sentences.
  const breath = context.createConstantSource();
  breath.offset.value = 0;
  breath.connect(mouth);
  breath.start();
  const when = (at) => context.currentTime + Math.max(0, at - Date.now()) / 1000;

  const canvas = document.createElement("canvas");
  canvas.width = camera.width;
  canvas.height = camera.height;
  const brush = canvas.getContext("2d");
  // Each picture is sent when it was drawn: a stream with a rate of its own sends it up to a whole period later.
  const face = canvas.captureStream(0);
  let white = false;
  let drawn = 0;
  const draw = () => {
    brush.fillStyle = white ? "#fff" : camera.colour;
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.fillStyle = "#000";
    brush.fillRect((drawn++ * 8) % canvas.width, canvas.height / 2, 16, 16);
    face.getVideoTracks()[0].requestFrame();
  };
  draw();
  setInterval(draw, 1000 / camera.rate);

  const wanted = (kind, stream, constraints) => (constraints?.[kind] ? stream.getTracks().map((track) => track.clone()) : []);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    await context.resume();
    return new MediaStream([...wanted("audio", mouth.stream, constraints), ...wanted("video", face, constraints)]);
  };

  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("track", ({ track }) => {
        if (track.kind !== "audio") return;
        const stream = new MediaStream([track]);
        const pull = new Audio(); // A remote track sounds only while an element plays it.
        pull.muted = true;
        pull.srcObject = stream;
        pull.play().catch(console.error);
        participant.pulls.push(pull);
        context.createMediaStreamSource(stream).connect(ears);
      });
    }
  };

  const encoded = async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };

  const tone = (hertz, begin, seconds, loudness = 0.3) => {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.frequency.value = hertz;
    gain.gain.value = loudness;
    oscillator.connect(gain).connect(mouth);
    oscillator.start(begin);
    oscillator.stop(begin + seconds);
    return oscillator;
  };

  const hertzOf = (at) => 400 + 20 * (Math.floor(at / 1000) % 50);

  let learnt, recorder, pieces;
  window.participant = {
    pulls: [],
    async learn(wav) {
      learnt = await context.decodeAudioData(Uint8Array.from(atob(wav), (each) => each.charCodeAt(0)).buffer);
    },
    say(at) {
      const source = context.createBufferSource();
      source.buffer = learnt;
      source.connect(mouth);
      source.start(when(at));
    },
    count(at, seconds) {
      const oscillator = tone(hertzOf(at), when(at), seconds);
      let next = Math.floor(at / 1000) + 1;
      // Second by second: where sound does not keep up with the clock, the next second is right again.
      setInterval(() => {
        if (next * 1000 - Date.now() > 500) return;
        oscillator.frequency.setValueAtTime(hertzOf(next * 1000), when(next * 1000));
        next += 1;
      }, 100);
    },
    clap(at) {
      tone(1000, when(at), 0.2, 0.5);
      setTimeout(() => { white = true; draw(); }, at - Date.now());
      setTimeout(() => { white = false; draw(); }, at - Date.now() + 600);
    },
    listen() {
      pieces = [];
      recorder = new MediaRecorder(ears.stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 96000 });
      recorder.ondataavailable = ({ data }) => pieces.push(data);
      recorder.start();
    },
    async heard() {
      await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
      return encoded(new Blob(pieces));
    },
  };
})();
