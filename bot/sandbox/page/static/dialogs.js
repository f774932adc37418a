// Dialogs over the small Slack, one above the other. They are modal for Slack and leave the inspector usable: watching the wire or
// stopping the bot while a form is open is what the sandbox is for. Hence `inert` on Slack's own part, not <dialog>.showModal().

import { h } from "./dom.js";

const opened = []; // bottom → top: {node, returnTo, onEscape}

/** Opens a dialog labelled by the element with the id `labelledBy`. */
export function openDialog(node, { labelledBy, onEscape, isAlert = false }) {
  const frame = h(
    "div",
    {
      class: "dialog",
      role: isAlert ? "alertdialog" : "dialog",
      "aria-labelledby": labelledBy,
      tabindex: "-1",
      onkeydown: onKey,
    },
    node,
  );
  opened.push({ node: frame, returnTo: document.activeElement, onEscape });
  document.getElementById("dialogs").append(frame);
  settle();
  return frame;
}

/** Closes a dialog and gives the focus back to where it was. */
export function closeDialog(frame) {
  const index = opened.findIndex((dialog) => dialog.node === frame);
  if (index < 0) return;
  const [{ returnTo }] = opened.splice(index, 1);
  const hadFocus = frame.contains(document.activeElement) || document.activeElement === document.body;
  frame.remove();
  settle();
  if (hadFocus) giveFocusBack(returnTo);
}

export function topDialog() {
  return opened.at(-1)?.node ?? null;
}

function giveFocusBack(element) {
  const isThere = element?.isConnected && element !== document.body && !element.closest("[inert]");
  const target = isThere
    ? element
    : (topDialog() ?? visibleComposer() ?? document.getElementById("conversation"));
  target.focus();
}

function visibleComposer() {
  const text = document.getElementById("composer-text");
  return text?.checkVisibility() ? text : null;
}

function settle() {
  const isOpen = opened.length > 0;
  document.getElementById("ground").inert = isOpen;
  document.getElementById("dialogs").hidden = !isOpen;
  opened.forEach((dialog, index) => {
    dialog.node.inert = index < opened.length - 1;
  });
}

function onKey(event) {
  const dialog = opened.at(-1);
  if (!dialog || dialog.node !== event.currentTarget) return;
  if (event.key === "Escape" && !event.defaultPrevented) {
    event.preventDefault();
    dialog.onEscape();
  } else if (event.key === "Tab") {
    keepInside(dialog.node, event);
  }
}

// What had the focus may be gone, and the key then arrives at nothing in particular.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === document.body) opened.at(-1)?.onEscape();
});

function keepInside(node, event) {
  const stops = tabStops(node);
  if (!stops.length) return event.preventDefault();
  const [first, last] = [stops[0], stops.at(-1)];
  const leaves = event.shiftKey ? [first, node].includes(document.activeElement) : document.activeElement === last;
  if (!leaves) return undefined;
  event.preventDefault();
  return (event.shiftKey ? last : first).focus();
}

/** What the Tab key stops at, in order. Of a group of radio buttons, only the one that would be reached. */
export function tabStops(node) {
  const all = node.querySelectorAll("button, input, select, textarea, a[href], [tabindex='0']");
  return [...all].filter((item) => {
    if (item.disabled || !item.checkVisibility()) return false;
    if (item.type !== "radio" || item.checked) return true;
    const group = [...all].filter((other) => other.type === "radio" && other.name === item.name);
    return !group.some((other) => other.checked) && group[0] === item;
  });
}
