// The book of test numbers: what the local API knows, and what each number leads to.

import { drawKeyed, h } from "./dom.js";
import { change, isReadOnly, openConversation, page } from "./state.js";

const list = h("ul", { class: "book", "aria-label": "Test numbers" });
export const numbersPanel = h(
  "section",
  { class: "panel is-scrolling", tabindex: "-1" },
  h("p", { class: "panel-intro" }, "The simulated API knows these numbers. “Use” writes the command into the message field."),
  list,
);

let use = () => {};

/** `listener(phone, code)` is called when a number is to be used. */
export function onUse(listener) {
  use = listener;
}

export function drawNumbers() {
  drawKeyed(list, page.world?.book ?? [], { key: (entry) => `${entry.phone} ${entry.code}`, build: row });
}

function row(entry) {
  return h(
    "li",
    { class: "book-row", "data-testid": "book-row", "data-phone": entry.phone },
    h(
      "div",
      { class: "book-main" },
      h(
        "p",
        { class: "book-number" },
        h("strong", {}, entry.phone),
        h("span", { class: "book-code" }, "code ", h("code", {}, entry.code)),
      ),
      h(
        "p",
        { class: "book-outcome" },
        h("strong", {}, entry.outcome),
        entry.explanation ? ` · ${entry.explanation}` : "",
      ),
    ),
    h(
      "button",
      {
        type: "button",
        class: "button is-small",
        "data-testid": "book-use",
        "data-focus": "use",
        "aria-label": `Use ${entry.phone}, ${entry.outcome}`,
        onclick: () => use(entry.phone, entry.code),
      },
      "Use",
    ),
  );
}

/** Commands need a conversation that takes them: from elsewhere, the first one is opened. */
export function openWhereOneCanType() {
  const conversation = openConversation();
  if (conversation && !isReadOnly(conversation)) return;
  change({ place: page.slack.conversations.find((other) => !isReadOnly(other))?.id ?? page.place });
}
