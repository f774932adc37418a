// Code: inline as it is, as a block with a button that copies it. The button shows on hover and on keyboard focus.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { announce } from "./notices.js";

const SHOWN_MS = 1600;

export function codeBlock(text) {
  return h("div", { class: "code-block" }, h("pre", {}, h("code", {}, text)), copyButton(text));
}

export function inlineCode(text) {
  return h("code", { class: "code-inline" }, text); // no button: every one is a stop on the way to the message field
}

function copyButton(text) {
  const button = h(
    "button",
    {
      type: "button",
      class: "copy",
      "aria-label": text.length > 40 || text.includes("\n") ? "Copy this" : `Copy ${text}`,
      title: "Copy",
      "data-testid": "copy",
      "data-focus": `copy ${text.slice(0, 40)}`,
      onclick: () => copy(text, button),
    },
    icon("copy"),
  );
  return button;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    selectBeside(button); // without the clipboard's permission, Ctrl+C is one key away
    announce("Selected. Press Ctrl+C to copy.");
    return;
  }
  button.replaceChildren(icon("check"));
  button.classList.add("is-done");
  announce("Copied");
  setTimeout(() => {
    button.replaceChildren(icon("copy"));
    button.classList.remove("is-done");
  }, SHOWN_MS);
}

function selectBeside(button) {
  getSelection().selectAllChildren(button.parentElement.querySelector("code"));
}
