// JSON for reading: indented, keys and values told apart, with a copy button.

import { codeBlock } from "./code.js";
import { h } from "./dom.js";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function prettyJson(value) {
  if (value === null || value === undefined) return h("p", { class: "nothing" }, "nothing");
  const text = JSON.stringify(value, null, 2);
  const node = codeBlock(text);
  node.classList.add("json");
  node.querySelector("pre").tabIndex = 0; // long lines scroll, also without a mouse
  node.querySelector("code").replaceChildren(...coloured(text));
  return node;
}

function coloured(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    nodes.push(text.slice(end, match.index));
    const [whole, string, colon] = match;
    if (string && colon) nodes.push(h("span", { class: "json-key" }, string), colon);
    else nodes.push(h("span", { class: string ? "json-string" : "json-other" }, whole));
    end = match.index + whole.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}
