// A square with initials, in a colour that follows from the name.

import { h } from "./dom.js";

const HUES = 8;

export function avatar(name, { isApp = false, small = false } = {}) {
  const classes = ["avatar", isApp ? "avatar-app" : `hue-${hueOf(name)}`, small ? "avatar-small" : ""];
  return h("span", { class: classes.join(" ").trim(), "aria-hidden": "true" }, initials(name));
}

function initials(name) {
  const words = name.split(/[\s-]+/u).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
}

function hueOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % HUES;
}
