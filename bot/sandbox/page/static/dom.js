// Builds DOM nodes. Text only ever becomes a text node: nothing that came from a message is parsed as HTML.

/** An element. `on…` functions become listeners, `true` an empty attribute; `null` and `false` are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Text for screen readers only. */
export function unseen(text) {
  return h("span", { class: "sr-only" }, text);
}

const drawn = new WeakMap(); // node → {key, signature}

/**
 * Makes `parent`'s children show `items`, in order. A child is kept as it is while its key and signature stay the same, so
 * that focus, selection, scroll positions and open details survive a refresh.
 */
export function drawKeyed(parent, items, { key, signature = JSON.stringify, build }) {
  const before = new Map();
  for (const child of [...parent.children]) {
    if (drawn.has(child)) before.set(drawn.get(child).key, child);
  }
  const after = items.map((item, index) => {
    const itemKey = key(item, index);
    const itemSignature = signature(item, index);
    const old = before.get(itemKey);
    before.delete(itemKey);
    if (old && drawn.get(old).signature === itemSignature) return old;
    const node = build(item, index);
    drawn.set(node, { key: itemKey, signature: itemSignature });
    if (old) replaceKeepingFocus(old, node);
    return node;
  });
  for (const gone of before.values()) gone.remove();
  after.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

function replaceKeepingFocus(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const focusKey = focused?.dataset.focus;
  old.replaceWith(node);
  if (!focused) return;
  const twin = focusKey ? node.querySelector(`[data-focus="${CSS.escape(focusKey)}"]`) : null;
  (twin ?? node).focus({ preventScroll: true });
}
