// Sound that a page mixes itself, with Web Audio, instead of playing it from connections: where the platform's page script
// says so (`mixesSound`), what goes to the loudspeaker is one track of everybody.

const MIX = { connectionState: "connected" };

/** @type {WeakMap<AudioNode, MediaStreamAudioDestinationNode>} */
const taps = new WeakMap();

/** @param {unknown} node */
function isLoudspeaker(node) {
  return node instanceof AudioDestinationNode && node.context instanceof AudioContext && window.minutebookPage?.mixesSound;
}

/** @type {(loudspeaker: any) => MediaStreamAudioDestinationNode} */
function tapOf(loudspeaker) {
  const known = taps.get(loudspeaker);
  if (known) return known;
  /** @type {MediaStreamAudioDestinationNode} */
  const tap = loudspeaker.context.createMediaStreamDestination();
  taps.set(loudspeaker, tap);
  found(tap.stream.getAudioTracks()[0], MIX);
  return tap;
}

standIn(AudioNode.prototype, "connect", {
  apply(target, self, args) {
    const [node, ...ports] = args;
    const result = Reflect.apply(target, self, args);
    if (isLoudspeaker(node)) Reflect.apply(target, self, [tapOf(node), ...ports]);
    return result;
  },
});
standIn(AudioNode.prototype, "disconnect", {
  apply(target, self, args) {
    const [node, ...ports] = args;
    const result = Reflect.apply(target, self, args);
    const tap = node instanceof AudioDestinationNode && taps.get(node);
    if (tap) Reflect.apply(target, self, [tap, ...ports]);
    return result;
  },
});
