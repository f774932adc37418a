// Where messages and commands are typed. Drafts belong to a person and a conversation; a text that could not be sent comes back.

import { doAs } from "./acts.js";
import { Suggestions } from "./completion.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { createShortcutMenu } from "./shortcuts.js";
import { isReadOnly, page } from "./state.js";

const MOST_HEIGHT_PX = 180;

export class Composer {
  #drafts = new Map(); // "user conversation" → text
  #conversation = null;
  #place = null; // whose draft is shown: stays theirs also while the person changes
  #shortcuts = createShortcutMenu();
  #text = h("textarea", {
    id: "composer-text",
    class: "composer-text",
    rows: "1",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-autocomplete": "list",
    "aria-controls": "completions",
    "aria-describedby": "composer-usage",
    "data-testid": "composer",
  });
  #send = h(
    "button",
    { type: "submit", class: "send", "aria-label": "Send", title: "Send", "data-testid": "send" },
    icon("send"),
  );
  #off = h("p", { class: "composer-off", hidden: true }, "Sending messages to this app has been turned off.");
  #suggestions = new Suggestions(this.#text, (value) => this.#set(value));
  node = h(
    "form",
    { class: "composer" },
    this.#suggestions.node,
    this.#shortcuts.menu,
    h("div", { class: "composer-box" }, this.#shortcuts.button, this.#text, this.#off, this.#send),
    h("p", { class: "composer-usage", id: "composer-usage" }, this.#suggestions.usage),
  );

  constructor() {
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sendTyped();
    });
    this.#text.addEventListener("input", () => this.#takeIn());
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#text.addEventListener("blur", () => this.#suggestions.close());
  }

  focus() {
    (this.#text.hidden ? this.#shortcuts.button : this.#text).focus();
  }

  /** Puts a text where the person can look at it and send it. */
  put(value) {
    this.#set(value);
    this.#suggestions.close();
    this.focus();
  }

  draw(conversation) {
    this.#conversation = conversation;
    this.#shortcuts.draw();
    this.#drawWhetherOff(isReadOnly(conversation));
    const place = `${page.user} ${conversation.id}`;
    if (this.#place === place) return;
    this.#place = place;
    const label = conversation.kind === "channel" ? `Message #${conversation.name}` : `Message ${conversation.name}`;
    this.#text.setAttribute("aria-label", label);
    this.#text.placeholder = label;
    this.#set(this.#drafts.get(place) ?? "");
    this.#suggestions.close();
  }

  #drawWhetherOff(isOff) {
    this.#off.hidden = !isOff;
    for (const part of [this.#text, this.#send, this.#suggestions.usage]) part.hidden = isOff;
  }

  #set(value) {
    this.#text.value = value;
    this.#takeIn();
  }

  #takeIn() {
    this.#drafts.set(this.#place, this.#text.value);
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight, MOST_HEIGHT_PX)}px`;
    this.#send.classList.toggle("is-ready", this.#text.value.trim() !== "");
    this.#suggestions.draw();
  }

  #onKey(event) {
    if (event.isComposing || this.#suggestions.takesKey(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#sendTyped();
  }

  async #sendTyped() {
    const typed = this.#text.value.trim();
    this.focus();
    if (!typed) return;
    const place = this.#place;
    const what = typed.startsWith("/") ? "command" : "message";
    this.#set("");
    const isSent = await doAs({ do: what, channel: this.#conversation.id, text: typed });
    if (!isSent) this.#putBack(place, typed);
  }

  #putBack(place, typed) {
    const since = this.#drafts.get(place) ?? "";
    this.#drafts.set(place, since ? `${typed}\n${since}` : typed);
    if (place === this.#place) this.#set(this.#drafts.get(place));
  }
}
