// What is told home: one binding, called with JSON text. The page itself never sees the binding.

/** @type {((text: string) => Promise<unknown>) | undefined} */
const binding = /** @type {any} */ (window)[config.binding];
delete /** @type {any} */ (window)[config.binding];

// Tells this document's tracks from those of the document before it.
const documentId = Math.random().toString(36).slice(2, 10);

/** @type {(kind: string, content: unknown) => void} */
function tell(kind, content) {
  // The promise is rejected when the page closes meanwhile: nobody is left to care.
  if (binding) binding(JSON.stringify({ document: documentId, kind, content })).catch(() => {});
}

const faults = new Set();

// A function of the platform's page script that throws must not stop the others; each fault is told once.
/**
 * @template {"participantOf" | "roster" | "speaking" | "chat"} Name
 * @param {Name} name
 * @param {Parameters<NonNullable<MinutebookPage[Name]>>} args
 * @returns {ReturnType<NonNullable<MinutebookPage[Name]>> | null}
 */
function ask(name, ...args) {
  /** @type {any} */
  const page = window.minutebookPage;
  if (!page || typeof page[name] !== "function") return null;
  try {
    return page[name](...args) ?? null;
  } catch (error) {
    const fault = `${name}: ${error}`;
    if (!faults.has(fault)) tell("fault", fault);
    faults.add(fault);
    return null;
  }
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Puts a stand-in before a function or class of the browser: prototypes, names and `toString` stay the browser's own.
/** @type {(owner: object, name: string, handler: ProxyHandler<any>) => any} */
function standIn(owner, name, handler) {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  if (!property || typeof property.value !== "function") return null;
  const replacement = new Proxy(property.value, handler);
  Object.defineProperty(owner, name, { ...property, value: replacement });
  return replacement;
}
