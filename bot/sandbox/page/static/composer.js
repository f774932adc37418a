// Where messages and commands are typed. Drafts belong to a person and a conversation; a text that could not be sent comes back.

import { doAs } from "./acts.js";
import { createSuggestions } from "./completion.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { createShortcutMenu } from "./shortcuts.js";
import { page } from "./state.js";

const MOST_HEIGHT_PX = 180;

export function createComposer() {
  const drafts = new Map(); // "user conversation" → text
  let conversation = null;
  let shown = null;

  const text = h("textarea", {
    id: "composer-text", class: "composer-text", rows: "1", "data-testid": "composer", autocomplete: "off", autocapitalize: "off",
    "aria-autocomplete": "list", "aria-controls": "completions", "aria-describedby": "composer-usage",
  });
  const sendButton = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send", "data-testid": "send" }, icon("send"));
  const suggestions = createSuggestions(text);
  const shortcuts = createShortcutMenu();
  const node = h(
    "form",
    { class: "composer", onsubmit: (event) => { event.preventDefault(); send(); } },
    suggestions.node,
    shortcuts.menu,
    h("div", { class: "composer-box" }, shortcuts.button, text, sendButton),
    h("p", { class: "composer-usage", id: "composer-usage" }, suggestions.usage),
  );

  const place = () => `${page.user} ${conversation.id}`;
  const fit = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, MOST_HEIGHT_PX)}px`;
    sendButton.classList.toggle("is-ready", text.value.trim() !== "");
  };
  const set = (value) => {
    text.value = value;
    drafts.set(place(), value);
    fit();
    suggestions.draw();
  };

  const send = async () => {
    const typed = text.value.trim();
    if (!typed) return text.focus();
    const [from, target] = [place(), conversation.id];
    set("");
    suggestions.close();
    text.focus();
    const what = typed.startsWith("/") ? "command" : "message";
    const isSent = await doAs({ do: what, channel: target, text: typed });
    if (!isSent) putBack(from, typed);
  };
  const putBack = (from, typed) => {
    const since = drafts.get(from) ?? "";
    drafts.set(from, since ? `${typed}\n${since}` : typed);
    if (from === place()) set(drafts.get(from));
  };

  text.addEventListener("input", () => {
    drafts.set(place(), text.value);
    fit();
    suggestions.draw();
  });
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || suggestions.takesKey(event, set)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  });
  text.addEventListener("blur", () => suggestions.close());
  suggestions.onPick(set);

  return {
    node,
    focus: () => text.focus(),
    /** Puts a text where the person can look at it and send it. */
    put: (value) => {
      set(value);
      suggestions.close();
      text.focus();
    },
    draw: (next) => {
      conversation = next;
      shortcuts.draw();
      if (shown === place()) return;
      shown = place();
      const label = next.kind === "channel" ? `Message #${next.name}` : `Message ${next.name}`;
      text.setAttribute("aria-label", label);
      text.placeholder = label;
      set(drafts.get(shown) ?? "");
      suggestions.close();
    },
  };
}
