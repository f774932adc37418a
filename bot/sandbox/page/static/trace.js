// The trace: what went over each wire, in order, newest last.

import { timeWithMillis } from "./dates.js";
import { drawKeyed, h, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { prettyJson } from "./json.js";
import { change, page } from "./state.js";

const NEAR_BOTTOM_PX = 40;
const WIRES = { "Slack → bot": "in", "bot → Slack": "out", "bot → API": "api" };
const hiddenWires = new Set();
const openRows = new Set();
let clearedUpTo = 0;
let isAtBottom = true;

const list = h("ol", { class: "trace-list", "aria-label": "Requests, newest last" });
const scroller = h("div", { class: "trace-scroller", onscroll: noteScroll }, list);
const empty = h("p", { class: "empty" }, "No requests yet.");
export const tracePanel = h(
  "section",
  { class: "panel" },
  h("div", { class: "trace-tools" }, filters(), clearButton()),
  empty,
  scroller,
);

export function drawTrace() {
  // Numbered as they ended; a reader wants them as they began.
  const entries = page.trace
    .filter((entry) => entry.number > clearedUpTo && !hiddenWires.has(entry.wire))
    .sort((one, other) => one.at - other.at || one.number - other.number);
  empty.hidden = entries.length > 0;
  empty.textContent = page.trace.length ? "All requests are cleared or filtered out." : "No requests yet.";
  drawKeyed(list, entries, {
    key: (entry) => entry.number,
    signature: (entry) => `${entry.at} ${entry.status} ${entry.milliseconds}`,
    build: row,
  });
  if (isAtBottom) scroller.scrollTop = scroller.scrollHeight;
}

/** What was cleared and opened, by entry numbers that no longer hold. */
export function forgetTraceView() {
  clearedUpTo = 0;
  openRows.clear();
}

function noteScroll() {
  isAtBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PX;
}

function filters() {
  const button = (wire) => {
    const node = h(
      "button",
      {
        type: "button",
        class: `chip wire-${WIRES[wire]}`,
        "aria-pressed": "true",
        "data-testid": "wire-filter",
        "data-wire": wire,
      },
      wire,
    );
    node.addEventListener("click", () => {
      if (!hiddenWires.delete(wire)) hiddenWires.add(wire);
      node.setAttribute("aria-pressed", String(!hiddenWires.has(wire)));
      drawTrace();
    });
    return node;
  };
  return h("div", { class: "chips", role: "group", "aria-label": "Show requests" }, Object.keys(WIRES).map(button));
}

function clearButton() {
  const clear = () => {
    clearedUpTo = page.trace.at(-1)?.number ?? 0;
    change({});
  };
  return h(
    "button",
    { type: "button", class: "quiet-button", "data-testid": "inspector-clear", onclick: clear },
    "Clear",
  );
}

function row(entry) {
  const isOpen = openRows.has(entry.number);
  const details = h("div", { class: "trace-details", id: `trace-${entry.number}`, hidden: !isOpen });
  if (isOpen) fill(details, entry);
  const head = h(
    "button",
    {
      type: "button",
      class: "trace-head",
      "aria-expanded": String(isOpen),
      "aria-controls": details.id,
      "data-focus": "head",
      "data-testid": "inspector-row-head",
      onclick: () => {
        const opens = details.hidden;
        if (opens) openRows.add(entry.number);
        else openRows.delete(entry.number);
        if (opens) fill(details, entry);
        details.hidden = !opens;
        head.setAttribute("aria-expanded", String(opens));
      },
    },
    h(
      "span",
      { class: "trace-line" },
      h("span", { class: "trace-time" }, timeWithMillis(new Date(entry.at * 1000))),
      h("span", { class: `wire wire-${WIRES[entry.wire] ?? "out"}` }, entry.wire),
      statusNode(entry),
      h("span", { class: "trace-took" }, duration(entry.milliseconds)),
    ),
    h("span", { class: "trace-title" }, icon("chevron"), h("span", {}, entry.title)),
  );
  return h(
    "li",
    { class: "trace-row", "data-testid": "inspector-row", "data-wire": entry.wire, "data-number": entry.number },
    head,
    details,
  );
}

function statusNode({ status, response }) {
  if (status === null) return noStatus(response !== null);
  const kind = status >= 400 ? "trace-status is-bad" : "trace-status";
  return h("span", { class: kind }, unseen("status "), String(status));
}

/** An acknowledgement over a socket has no status; whatever else has none was not answered. */
function noStatus(isAnswered) {
  return isAnswered
    ? h("span", { class: "trace-status" }, "acknowledged")
    : h("span", { class: "trace-status is-bad" }, "no answer");
}

function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds).toLocaleString()} ms`;
}

function fill(details, entry) {
  details.replaceChildren(
    h("h3", {}, "Request"),
    prettyJson(entry.request),
    h("h3", {}, "Response"),
    prettyJson(entry.response),
  );
}
