// Elements of a page by selector, as what they are.

/**
 * The first element that fits. None is a fault of the page.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 */
export function find(selector, type, root = document) {
  const found = maybe(selector, type, root);
  if (!found) throw new TypeError(`The page has no ${type.name} at ${selector}`);
  return found;
}

/**
 * The first element that fits; null where a page has none.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 */
export function maybe(selector, type, root = document) {
  const found = root.querySelector(selector);
  return found instanceof type ? found : null;
}

/**
 * All elements that fit, in the order of the page.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 */
export function every(selector, type, root = document) {
  /** @returns {element is T} */
  const fits = (/** @type {Element} */ element) => element instanceof type;
  return [...root.querySelectorAll(selector)].filter(fits);
}

/**
 * The closest element around an event that fits, of HTML or of a drawing.
 * @param {Event} event
 * @param {string} selector
 */
export function around(event, selector) {
  if (!(event.target instanceof Element)) return null;
  return /** @type {(Element & HTMLOrSVGElement) | null} */ (event.target.closest(selector));
}
