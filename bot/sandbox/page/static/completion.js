// Typing `/` offers the app's commands: arrows choose, Enter or Tab completes, Escape closes.

import { h } from "./dom.js";
import { page } from "./state.js";

const ADVICE = "Shift+Enter for a new line";

export class Suggestions {
  node = h("ul", { class: "popup", id: "completions", role: "listbox", "aria-label": "Commands", hidden: true });
  usage = h("span", {}, ADVICE);
  #text;
  #pick;
  #offered = [];
  #active = 0;
  #isDismissed = false;

  /** For the textarea `text`; `pick(value)` is called with the text that completes it. */
  constructor(text, pick) {
    this.#text = text;
    this.#pick = pick;
  }

  /** Looks at what is typed now. */
  draw() {
    this.#offered = commandsMatching(this.#text.value);
    this.#active = Math.min(this.#active, Math.max(this.#offered.length - 1, 0));
    this.#isDismissed = false;
    const usage = usageOf(this.#text.value);
    if (this.usage.textContent !== usage) this.usage.textContent = usage;
    this.#show();
  }

  close() {
    this.#isDismissed = true;
    this.#show();
  }

  /** Whether the list used up a key. */
  takesKey(event) {
    if (this.node.hidden || event.shiftKey) return false;
    const command = this.#offered[this.#active];
    const isWhole = this.#text.value === command.command; // nothing left to complete: Enter sends
    const acts = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Escape: () => this.close(),
      Tab: () => this.#choose(command),
      Enter: isWhole ? null : () => this.#choose(command),
    };
    if (!acts[event.key]) return false;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
    return true;
  }

  #choose(command) {
    this.#pick(`${command.command} `);
  }

  #move(step) {
    this.#active = (this.#active + step + this.#offered.length) % this.#offered.length;
    this.#show();
  }

  #show() {
    const isOpen = this.#offered.length > 0 && !this.#isDismissed;
    this.node.hidden = !isOpen;
    this.node.replaceChildren(...(isOpen ? this.#offered.map((command, index) => this.#row(command, index)) : []));
    if (isOpen) this.#text.setAttribute("aria-activedescendant", `completion-${this.#active}`);
    else this.#text.removeAttribute("aria-activedescendant");
  }

  #row(command, index) {
    const choose = (event) => {
      event.preventDefault(); // the text field keeps the focus
      this.#choose(command);
    };
    return h(
      "li",
      {
        class: "popup-row",
        role: "option",
        id: `completion-${index}`,
        "aria-selected": String(index === this.#active),
        "data-testid": "completion",
        onmousedown: choose,
      },
      h(
        "span",
        { class: "popup-name" },
        h("strong", {}, command.command),
        h("span", { class: "popup-usage" }, command.usage_hint ?? ""),
      ),
      h("span", { class: "popup-about" }, command.description ?? ""),
    );
  }
}

function commandsMatching(typed) {
  if (!/^\/\S*$/.test(typed)) return [];
  return (page.slack?.app.commands ?? []).filter((command) => command.command.startsWith(typed));
}

function usageOf(typed) {
  const isTyped = ({ command }) => typed === command || typed.startsWith(`${command} `);
  const command = (page.slack?.app.commands ?? []).find(isTyped);
  if (command) return `${command.command} ${command.usage_hint ?? ""}`.trim();
  return page.slack?.app.commands.length ? `/ for commands · ${ADVICE}` : ADVICE;
}
