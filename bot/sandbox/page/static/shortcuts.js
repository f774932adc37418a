// The lightning button: the app's global shortcuts, as a menu.

import { doAs } from "./acts.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { page } from "./state.js";

export function createShortcutMenu() {
  const menu = h("div", { class: "popup", role: "menu", id: "shortcut-menu", "aria-label": "Shortcuts", hidden: true });
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Shortcuts",
      title: "Shortcuts",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-controls": "shortcut-menu",
      "data-testid": "shortcuts",
    },
    icon("bolt"),
  );

  const setOpen = (isOpen) => {
    menu.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) menu.querySelector("[role=menuitem]")?.focus();
  };
  const run = (shortcut) => {
    button.focus();
    setOpen(false);
    doAs({ do: "shortcut", callback_id: shortcut.callback_id });
  };
  const row = (shortcut) =>
    h(
      "button",
      {
        type: "button",
        class: "popup-row",
        role: "menuitem",
        tabindex: "-1",
        "data-testid": "shortcut",
        onclick: () => run(shortcut),
      },
      h("span", { class: "popup-name" }, h("strong", {}, shortcut.name)),
      h("span", { class: "popup-about" }, shortcut.description ?? ""),
    );
  let shown = null;
  const draw = () => {
    const shortcuts = page.slack.app.shortcuts;
    const signature = JSON.stringify(shortcuts);
    if (signature === shown) return;
    shown = signature;
    button.hidden = shortcuts.length === 0;
    menu.replaceChildren(...shortcuts.map(row));
  };

  button.addEventListener("click", () => setOpen(menu.hidden));
  menu.addEventListener("keydown", (event) =>
    onKey(event, menu, () => {
      setOpen(false);
      button.focus();
    }),
  );
  document.addEventListener("pointerdown", (event) => {
    if (!menu.hidden && !menu.contains(event.target) && !button.contains(event.target)) setOpen(false);
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget) && event.relatedTarget !== button) setOpen(false);
  });
  return { button, menu, draw };
}

function onKey(event, menu, leave) {
  const rows = [...menu.querySelectorAll("[role=menuitem]")];
  const here = rows.indexOf(document.activeElement);
  const go = { ArrowDown: here + 1, ArrowUp: here - 1 + rows.length, Home: 0, End: rows.length - 1 }[event.key];
  if (go !== undefined) {
    event.preventDefault();
    rows[go % rows.length].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    leave();
  }
}
