// Typing `/` offers the app's commands: arrows choose, Enter or Tab completes, Escape closes.

import { h } from "./dom.js";
import { page } from "./state.js";

export function createSuggestions(text) {
  const node = h("ul", { class: "popup", id: "completions", role: "listbox", "aria-label": "Commands", hidden: true });
  const usage = h("span", {}, "");
  let offered = [];
  let active = 0;
  let isDismissed = false;
  let pick = () => {};

  const choose = (command) => pick(`${command.command} `);
  const row = (command, index) =>
    h(
      "li",
      {
        class: "popup-row", role: "option", id: `completion-${index}`, "aria-selected": String(index === active), "data-testid": "completion",
        onmousedown: (event) => { event.preventDefault(); choose(command); }, // before the text field loses the focus
      },
      h("span", { class: "popup-name" }, h("strong", {}, command.command), h("span", { class: "popup-usage" }, command.usage_hint ?? "")),
      h("span", { class: "popup-about" }, command.description ?? ""),
    );
  const show = () => {
    const isOpen = offered.length > 0 && !isDismissed;
    node.hidden = !isOpen;
    node.replaceChildren(...(isOpen ? offered.map(row) : []));
    if (isOpen) text.setAttribute("aria-activedescendant", `completion-${active}`);
    else text.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    isDismissed = true;
    show();
  };
  const move = (step) => {
    active = (active + step + offered.length) % offered.length;
    show();
  };

  const draw = () => {
    offered = matching(text.value);
    active = Math.min(active, Math.max(offered.length - 1, 0));
    isDismissed = false;
    if (usage.textContent !== usageOf(text.value)) usage.textContent = usageOf(text.value);
    show();
  };
  /** Whether the list used up a key; `set` replaces the text. */
  const takesKey = (event, set) => {
    if (node.hidden || event.shiftKey) return false;
    const command = offered[active];
    const isWhole = text.value === command.command; // nothing left to complete: Enter sends
    const acts = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Escape: close,
      Tab: () => set(`${command.command} `),
      Enter: isWhole ? null : () => set(`${command.command} `),
    };
    if (!acts[event.key]) return false;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
    return true;
  };
  return { node, usage, draw, close, takesKey, onPick: (listener) => { pick = listener; } };
}

function matching(typed) {
  if (!/^\/\S*$/.test(typed)) return [];
  return (page.slack?.app.commands ?? []).filter((command) => command.command.startsWith(typed));
}

function usageOf(typed) {
  const command = (page.slack?.app.commands ?? []).find(({ command: name }) => typed === name || typed.startsWith(`${name} `));
  return command ? `${command.command} ${command.usage_hint ?? ""}`.trim() : "Type / for commands. Enter sends, Shift+Enter starts a new line.";
}
