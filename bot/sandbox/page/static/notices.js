// Small dismissible notices for acts that did not work.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 3;

/** Shows `text` above everything else of the small Slack. */
export function showNotice(text) {
  const region = document.getElementById("notices");
  const notice = h(
    "div",
    { class: "notice", "data-testid": "notice" },
    h("p", {}, text),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => notice.remove() },
      icon("close"),
    ),
  );
  while (region.children.length >= MOST) region.firstElementChild.remove();
  region.append(notice);
}

export function clearNotices() {
  document.getElementById("notices").replaceChildren();
}

/** Forgets what was said to somebody else. */
export function clearAnnouncements() {
  document.getElementById("announcer").replaceChildren();
}

/** Has a screen reader say `text` when it is done with what it says. */
export function announce(text) {
  const region = document.getElementById("announcer");
  const line = h("p", {}, text);
  region.append(line);
  while (region.children.length > 5) region.firstElementChild.remove();
}
