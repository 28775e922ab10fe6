"""Capture in a real browser: a page that calls itself over WebRTC, under a strict content security policy."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from minutebook.bots.protocol import Orders
from minutebook.bots.runner.browser import FLAGS
from minutebook.bots.runner.capture.capture import Capture
from minutebook.bots.runner.capture.spool import Spool, finished
from minutebook.speech.assembly import Assembled, Piece, assemble
from support.calls.chromium import CHROMIUM

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: run `make stage`"),
]

ADDRESS = "https://call.test/"
POLICY = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'"
RATE = 24_000

PAGE = '<!doctype html><meta charset=utf-8><body style="margin:0;background:#000"><script src="page.js"></script>'

SCRIPT = """
window.people = new Map();
const context = new AudioContext({ sampleRate: 48000 });

// A voice that no other moment and no other person resembles.
function voice(base, seconds) {
  const buffer = context.createBuffer(1, 48000 * seconds, 48000);
  const plane = buffer.getChannelData(0);
  for (let k = 0; k < plane.length; k++) {
    const t = k / 48000;
    const phase = 2 * Math.PI * base * t + 400 * Math.sin(Math.PI * t) + 150 * Math.sin(2.6 * Math.PI * t + 1);
    plane[k] = 0.25 * Math.sin(phase);
  }
  return buffer;
}

async function negotiate(near, far) {
  await near.setLocalDescription(await near.createOffer());
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription);
}

// Sends a track to this very page; the far end is what the bot hears.
window.call = async (name, track) => {
  const [near, far] = [new RTCPeerConnection(), new webkitRTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  window.people.set(far, name);
  near.addTrack(track);
  await negotiate(near, far);
  return { near, far };
};

window.talk = async (name, base, seconds) => {
  const destination = context.createMediaStreamDestination();
  const ends = await window.call(name, destination.stream.getAudioTracks()[0]);
  const source = new AudioBufferSourceNode(context, { buffer: voice(base, seconds) });
  source.connect(destination);
  while (ends.far.connectionState !== "connected") await new Promise((done) => setTimeout(done, 50));
  source.start(context.currentTime + 0.5);
};

// Plays a voice through the loudspeaker, as a page does that decodes sound itself; says when it is over.
window.play = (base, seconds) => {
  const source = new AudioBufferSourceNode(context, { buffer: voice(base, seconds) });
  source.connect(context.destination);
  source.start();
  return new Promise((done) => (source.onended = done)).then(() => source.disconnect(context.destination));
};

window.flash = async () => {
  const destination = context.createMediaStreamDestination();
  await window.call("Clicker", destination.stream.getAudioTracks()[0]);
  const volume = new GainNode(context, { gain: 0 });
  new ConstantSourceNode(context).connect(new GainNode(context, { gain: 0.0005 })).connect(destination);
  const tone = new OscillatorNode(context, { frequency: 1000 });
  tone.connect(volume).connect(destination);
  tone.start();
  setInterval(() => {
    volume.gain.setValueAtTime(0.5, context.currentTime);
    volume.gain.setValueAtTime(0, context.currentTime + 0.3);
    document.body.style.background = "#fff";
    setTimeout(() => (document.body.style.background = "#000"), 300);
  }, 1500);
};
context.resume().then(() => (window.ready = true));
"""

PLATFORM = """
window.minutebookPage = {
  participantOf(track) {
    for (const [connection, name] of window.people || [])
      if (connection.getReceivers().some((receiver) => receiver.track === track)) return { id: "id " + name, name };
    return null;
  },
  roster() {
    return window.people ? [...window.people.values()].map((name) => ({ id: "id " + name, name })) : null;
  },
};
"""


async def serve(route: Route) -> None:
    is_script = route.request.url.endswith("page.js")
    await route.fulfill(
        body=SCRIPT if is_script else PAGE,
        headers={"content-type": f"text/{'javascript' if is_script else 'html'}", "content-security-policy": POLICY},
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Bot:
    """A capture in a browser, and what it recorded."""

    def __init__(self, context: BrowserContext, folder: Path) -> None:
        self.context = context
        self.folder = folder
        self.heard = 0
        self.capture: Capture
        self.page: Page

    async def open(self, *, video: bool = False) -> None:
        orders = Orders("bot", 1, "Note Taker", ADDRESS, "webrtc", video, {}, chunk_s=2.0)
        self.capture = Capture(orders, Spool(self.folder, 1, 2.0), now_ms=now_ms)
        self.capture.on_sound(self._hear)
        await self.capture.install(self.context)
        await self.context.add_init_script(PLATFORM)
        await self.context.route(f"{ADDRESS}**", serve)
        self.page = await self.context.new_page()
        await self.page.goto(ADDRESS)
        await self.page.wait_for_function("window.ready")

    def _hear(self, pcm: bytes) -> None:
        self.heard += len(pcm)

    async def stop(self) -> Assembled:
        await self.capture.stop()
        out = self.folder / "out"
        out.mkdir()
        pieces = [
            Piece(each.stream, each.attempt, each.index, each.start_ms, each.length_ms, each.path)
            for each in finished(self.folder)
        ]
        return assemble(pieces, out)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            context = await browser.new_context(
                viewport={"width": 1280, "height": 720}, permissions=["microphone", "camera"]
            )
            yield Bot(context, tmp_path)
        finally:
            await browser.close()


def voice(base: float, seconds: float) -> np.ndarray:
    t = np.arange(round(RATE * seconds)) / RATE
    found: np.ndarray = np.sin(2 * np.pi * base * t + 400 * np.sin(np.pi * t) + 150 * np.sin(2.6 * np.pi * t + 1))
    return found


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as source:
        resampler = av.AudioResampler("s16", "mono", RATE)
        parts = [
            even.to_ndarray().reshape(-1) for frame in source.decode(audio=0) for even in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(float)


def pitches(samples: np.ndarray) -> np.ndarray:
    """The strongest frequency every 20 ms, in Hz; 0 where it is silent."""
    starts = range(0, len(samples) - 960, 480)
    spectra = [np.abs(np.fft.rfft(samples[at : at + 960] * np.hanning(960), 4096)) for at in starts]
    return np.array([float(np.argmax(each)) * RATE / 4096 if each.max() > LOUD else 0.0 for each in spectra])


LOUD = 50_000.0


def likeness(recorded: np.ndarray, said: np.ndarray) -> float:
    """How much of the melody of `said` is in `recorded`, in its order and place, 0 to 1. A busy machine bends sound in
    time by some milliseconds, so the waves themselves are not compared."""
    wanted, found = pitches(10_000 * said), pitches(recorded)
    pad = np.concatenate([found, np.zeros(len(wanted))])
    return max(float(np.mean(np.abs(pad[at : at + len(wanted)] - wanted) < 50)) for at in range(len(pad) - len(wanted)))


async def until(true: Callable[[], Awaitable[bool] | bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.1)


def by_name(names: Mapping[str, str], tracks: Mapping[str, Path]) -> dict[str, np.ndarray]:
    return {names[key]: decoded(path) for key, path in tracks.items()}


async def test_each_participant_is_recorded_alone_and_the_mix_is_their_sum(bot: Bot) -> None:
    await bot.open()
    await bot.capture.start(bot.page)
    await bot.page.evaluate("talk('Ana', 500, 6)")
    await bot.page.evaluate("talk('Ben', 1100, 5)")
    await until(lambda: len(bot.capture.participants) == 2)
    await asyncio.sleep(6)
    names = dict(bot.capture.participants)
    assert bot.capture.ever_present
    assert bot.capture.last_sound_ms is not None
    done = await bot.stop()
    tracks = by_name(names, done.tracks)
    assert set(tracks) == {"Ana", "Ben"}
    assert likeness(tracks["Ana"], voice(500, 6)) > 0.85
    assert likeness(tracks["Ben"], voice(1100, 5)) > 0.85
    assert likeness(tracks["Ana"], voice(1100, 5)) < 0.2
    mixed = decoded(done.wav)
    assert np.abs(mixed - tracks["Ana"] - tracks["Ben"]).max() <= 2
    assert bot.heard == pytest.approx(2 * len(mixed), abs=2 * RATE)


async def test_what_a_page_mixes_itself_is_recorded_where_its_platform_says_so(bot: Bot) -> None:
    await bot.context.add_init_script("addEventListener('load', () => (window.minutebookPage.mixesSound = true))")
    await bot.open()
    await bot.capture.start(bot.page)
    await asyncio.gather(bot.page.evaluate("play(500, 4)"), bot.page.evaluate("play(1700, 4)"))
    await bot.page.evaluate("play(1100, 4)")
    done = await bot.stop()
    sound = decoded(done.wav)
    assert not done.tracks
    assert likeness(sound, voice(1100, 4)) > 0.85
    together = likeness(sound, voice(500, 4)), likeness(sound, voice(1700, 4))
    assert sum(together) > 0.85, together


async def test_what_a_page_plays_beside_a_call_is_not_recorded(bot: Bot) -> None:
    await bot.open()
    await bot.capture.start(bot.page)
    await bot.page.evaluate("play(1100, 2)")
    done = await bot.stop()
    assert not decoded(done.wav).any()


async def test_what_the_bot_says_is_heard_by_others(bot: Bot) -> None:
    await bot.open()
    await bot.capture.start(bot.page)
    said = (8000 * voice(700, 4)).astype("<i2").tobytes()
    for at in range(0, len(said), 9600):
        await bot.capture.say(said[at : at + 9600], RATE)
    await bot.page.evaluate(
        "navigator.mediaDevices.getUserMedia({audio: true}).then((media) => call('Echo', media.getAudioTracks()[0]))"
    )
    await until(lambda: bot.capture.last_sound_ms is not None)
    await asyncio.sleep(5)
    names = dict(bot.capture.participants)
    tracks = by_name(names, (await bot.stop()).tracks)
    assert likeness(tracks["Echo"], voice(700, 4)) > 0.85


async def test_the_camera_shows_the_name_and_then_the_image(bot: Bot) -> None:
    await bot.open()
    await bot.page.evaluate(
        """navigator.mediaDevices.getUserMedia({video: true}).then((media) => {
             window.camera = Object.assign(document.createElement("video"), {srcObject: media, muted: true});
             return window.camera.play();
           })"""
    )
    pixel = """() => { const canvas = new OffscreenCanvas(640, 360); const pen = canvas.getContext("2d");
        pen.drawImage(window.camera, 0, 0); return [...pen.getImageData(320, 20, 1, 1).data].slice(0, 3) }"""

    async def shows(red: int, green: int, blue: int) -> bool:
        found: bool = (
            max(abs(a - b) for a, b in zip(await bot.page.evaluate(pixel), (red, green, blue), strict=True)) < 30
        )
        return found

    await until(lambda: shows(31, 41, 55))
    await bot.capture.show(png((20, 200, 60)), "image/png")
    await until(lambda: shows(20, 200, 60))
    await bot.capture.stop()


def png(color: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), color, np.uint8), format="rgb24")
    with av.open(out, "w", format="image2pipe") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb24"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


async def test_the_page_sees_an_unchanged_browser(bot: Bot) -> None:
    await bot.open()
    facts = await bot.page.evaluate(
        """async () => {
          class Own extends RTCPeerConnection {}
          const native = (value) => /\\[native code\\]/.test(Function.prototype.toString.call(value));
          const devices = await navigator.mediaDevices.enumerateDevices();
          return {
            instance: new RTCPeerConnection() instanceof RTCPeerConnection,
            extended: new Own() instanceof Own && new Own() instanceof RTCPeerConnection,
            same: webkitRTCPeerConnection === RTCPeerConnection,
            constructor: RTCPeerConnection.prototype.constructor === RTCPeerConnection,
            name: RTCPeerConnection.name,
            native: [RTCPeerConnection, navigator.mediaDevices.getUserMedia, AudioNode.prototype.connect].every(native),
            certificate: typeof (await RTCPeerConnection.generateCertificate({name: "ECDSA", namedCurve: "P-256"})),
            nothing: await navigator.mediaDevices.getUserMedia({}).catch((error) => error.name),
            kinds: devices.map((device) => device.kind),
            genuine: devices.every((device) => device instanceof MediaDeviceInfo && device.toJSON().deviceId),
            audio: (await navigator.mediaDevices.getUserMedia({audio: true})).getTracks().map((track) => track.kind),
            both: (await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 99}})).getTracks().length,
            extra: Object.keys(window).filter((name) => /^_[0-9a-f]+$|minutebookCapture/.test(name)),
          };
        }"""
    )
    assert facts == {
        "instance": True,
        "extended": True,
        "same": True,
        "constructor": True,
        "name": "RTCPeerConnection",
        "native": True,
        "certificate": "object",
        "nothing": "TypeError",
        "kinds": ["audioinput", "videoinput", "audiooutput"],
        "genuine": True,
        "audio": ["audio"],
        "both": 2,
        "extra": [],
    }
    await bot.capture.stop()


async def test_sound_and_picture_are_in_step(bot: Bot) -> None:
    await bot.open(video=True)
    await bot.page.evaluate("flash()")
    await bot.capture.start(bot.page)
    await until(lambda: bot.capture.last_sound_ms is not None)
    await asyncio.sleep(9)
    done = await bot.stop()
    assert done.mp4 is not None
    with av.open(str(done.mp4)) as source:
        lights = [(frame.time or 0.0, frame.to_ndarray(format="gray").mean()) for frame in source.decode(video=0)]
    with av.open(str(done.mp4)) as source:
        sound = [(frame.time or 0.0, frame.to_ndarray().reshape(-1)) for frame in source.decode(audio=0)]
    levels = [
        (at + offset / RATE, float(np.abs(part[offset : offset + 120]).max()))
        for at, part in sound
        for offset in range(0, len(part), 120)
    ]
    flashes, clicks = onsets(lights, 128), onsets(levels, 0.1)
    offsets = [min((click - flash for click in clicks), key=abs) for flash in flashes[1:-1]]
    assert len(offsets) >= 3
    assert abs(np.median(offsets)) < 0.1


def onsets(levels: list[tuple[float, float]], threshold: float) -> list[float]:
    """When it became bright, or loud, after at least half a second of dark or silence."""
    found: list[float] = []
    last = -1.0
    for at, level in levels:
        if level > threshold:
            if at - last > 0.5:
                found.append(at)
            last = at
    return found


RESAMPLED = """async ([source, rate, frequency]) => {
  const config = { rate: 24000 };
  const Resampler = new Function("config", source + "; return Resampler;")(config);
  const resampler = new Resampler(rate);
  const out = [];
  for (let at = 0; at < rate; at += rate / 100) {
    const step = (2 * Math.PI * frequency) / rate;
    const piece = Float32Array.from({ length: rate / 100 }, (_, k) => Math.sin(step * (at + k)));
    resampler.push(piece, (value) => out.push(value));
  }
  return out;
}"""


async def test_sound_is_resampled_from_any_rate(bot: Bot) -> None:
    page = await bot.context.new_page()
    source = (files("minutebook.bots.runner.capture") / "page" / "resampler.js").read_text("utf-8")
    for rate in (8_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000):
        out = np.array(await page.evaluate(RESAMPLED, [source, rate, 1000]))
        wanted = np.sin(2 * np.pi * 1000 * np.arange(len(out)) / RATE)
        assert len(out) == pytest.approx(RATE, abs=120)
        assert np.abs(out - wanted)[200:].max() < 0.002, rate
    # What 24 kHz cannot hold must not come back as another sound.
    above = np.array(await page.evaluate(RESAMPLED, [source, 48_000, 16_000]))
    assert np.abs(above[200:]).max() < 0.001
