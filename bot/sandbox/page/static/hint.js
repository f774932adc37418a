// What a first visitor reads at the top of a channel: what this is, and what to try.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { change, page } from "./state.js";

const KEY = "sandbox.hint";

export function isHintRemembered() {
  return localStorage.getItem(KEY) === "hidden";
}

export function setHintHidden(isHidden) {
  if (isHidden) localStorage.setItem(KEY, "hidden");
  else localStorage.removeItem(KEY);
  change({ hintHidden: isHidden });
}

/** The card; `example` is a test number of the book, if there is one yet. */
export function hint(example, composer) {
  const command = page.slack.app.commands[0]?.command;
  const put = (text) =>
    h(
      "button",
      { type: "button", class: "example", "data-testid": "example", onclick: () => composer.put(text) },
      text,
    );
  const inspect = h(
    "button",
    { type: "button", class: "example", "data-testid": "example", onclick: () => showInspector() },
    "Inspector",
  );
  return h(
    "section",
    { class: "hint", "aria-labelledby": "hint-title", "data-testid": "hint" },
    h(
      "div",
      { class: "hint-head" },
      h("h2", { id: "hint-title" }, "Try the real bot in a simulated Slack"),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Hide this hint",
          onclick: () => {
            setHintHidden(true);
            composer.focus();
          },
        },
        icon("close"),
      ),
    ),
    h("p", {}, "Slack and the API run on this computer; nothing leaves it. Choose a person at the top. Open a second tab to be two people at once."),
    h(
      "ul",
      { class: "hint-list" },
      ...(command ? waysToAsk(command, example, put) : [noWayToAsk()]),
      h("li", {}, "See every request, simulate errors or stop the bot: ", inspect),
    ),
  );
}

function waysToAsk(command, example, put) {
  const line = example ? `${command} ${example.phone} ${example.code}` : `${command} help`;
  return [h("li", {}, "Get an ID: ", put(line)), h("li", {}, "Or use the form: ", put(command))];
}

/** For people of other workspaces. */
function noWayToAsk() {
  const you = page.slack.people.find((person) => person.id === page.user);
  return h("li", {}, `${you?.name ?? "This person"}’s workspace has not installed the app. Choose another person.`);
}

function showInspector() {
  change({ inspectorOpen: true });
  setTimeout(() => document.getElementById("inspector").focus());
}
