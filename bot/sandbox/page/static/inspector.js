// The inspector: three tabs beside the small Slack.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { drawNumbers, numbersPanel } from "./numbers.js";
import { change, page } from "./state.js";
import { drawTrace, tracePanel } from "./trace.js";
import { drawTrouble, troublePanel } from "./trouble.js";

const TABS = [
  { id: "trace", name: "Trace", panel: tracePanel, draw: drawTrace },
  { id: "numbers", name: "Numbers", panel: numbersPanel, draw: drawNumbers },
  { id: "trouble", name: "Trouble", panel: troublePanel, draw: drawTrouble },
];
const root = document.getElementById("inspector");
const buttons = TABS.map(tabButton);
let shown = "trace";

const close = h(
  "button",
  { type: "button", class: "icon-button", "aria-label": "Close the inspector", onclick: hide },
  icon("close"),
);
root.append(
  h(
    "div",
    { class: "inspector-head" },
    h("div", { class: "tabs", role: "tablist", "aria-label": "Inspector", onkeydown: onKey }, buttons),
    close,
  ),
  ...TABS.map(({ id, panel }) => {
    const attributes = {
      role: "tabpanel",
      id: `panel-${id}`,
      "aria-labelledby": `tab-${id}`,
      "data-testid": `panel-${id}`,
    };
    for (const [name, value] of Object.entries(attributes)) panel.setAttribute(name, value);
    return panel;
  }),
);

export function drawInspector() {
  root.hidden = !page.inspectorOpen;
  document.body.classList.toggle("has-inspector", page.inspectorOpen);
  TABS.forEach(({ id, panel, draw }, index) => {
    const isShown = id === shown;
    panel.hidden = !isShown;
    buttons[index].setAttribute("aria-selected", String(isShown));
    buttons[index].tabIndex = isShown ? 0 : -1;
    if (isShown && page.inspectorOpen) draw();
  });
  const isTroubled = page.world && (page.world.trouble.api !== "none" || page.world.trouble.slack !== "none");
  buttons[2].classList.toggle("is-on", Boolean(isTroubled));
}

function tabButton({ id, name }) {
  return h(
    "button",
    {
      type: "button",
      class: "tab",
      role: "tab",
      id: `tab-${id}`,
      "aria-controls": `panel-${id}`,
      "data-testid": `tab-${id}`,
      onclick: () => show(id),
    },
    name,
  );
}

function show(id) {
  shown = id;
  change({});
}

function hide() {
  change({ inspectorOpen: false });
  document.querySelector("[data-testid=inspector-toggle]").focus();
}

function onKey(event) {
  const here = TABS.findIndex(({ id }) => id === shown);
  const next = { ArrowRight: here + 1, ArrowLeft: here - 1 + TABS.length, Home: 0, End: TABS.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const index = next % TABS.length;
  show(TABS[index].id);
  buttons[index].focus();
}
