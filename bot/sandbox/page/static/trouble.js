// Trouble on purpose: how the local API and the local Slack misbehave, and the bot's process.

import { h } from "./dom.js";
import { showNotice } from "./notices.js";
import { controlBot, setTrouble } from "./server.js";
import { change, page } from "./state.js";

const groups = h("div", { class: "trouble-groups" });
const facts = h("p", { class: "bot-facts", "data-testid": "bot-facts" });
const buttons = {
  kill: botButton("kill", "Kill", "is-danger"),
  start: botButton("start", "Start", "is-primary"),
  restart: botButton("restart", "Restart", ""),
};
const remark = h("p", { class: "field-hint" });
export const troublePanel = h(
  "section",
  { class: "panel is-scrolling", tabindex: "-1" },
  groups,
  h(
    "section",
    { class: "bot-control", "aria-labelledby": "bot-title" },
    h("h3", { id: "bot-title" }, "Bot process"),
    facts,
    h("div", { class: "actions" }, Object.values(buttons)),
    remark,
  ),
);
let shown = null;
let isBusy = false;

export function drawTrouble() {
  const world = page.world;
  if (!world) return;
  drawSwitches(world);
  drawBot(world.bot);
}

function drawSwitches(world) {
  const choices = JSON.stringify([world.api_troubles, world.slack_troubles]);
  if (choices !== shown) {
    shown = choices;
    groups.replaceChildren(group("api", "The API", world.api_troubles), group("slack", "Slack", world.slack_troubles));
  }
  for (const box of groups.querySelectorAll("input")) box.checked = world.trouble[box.name] === box.value;
}

function group(name, title, choices) {
  const row = ({ value, label }) =>
    h(
      "label",
      { class: "choice" },
      h("input", {
        type: "radio",
        name,
        value,
        "data-testid": "trouble-switch",
        "data-trouble": `${name}:${value}`,
        onchange: () => send(() => setTrouble({ [name]: value })),
      }),
      h("span", {}, label),
    );
  return h("fieldset", { class: "trouble-group" }, h("legend", {}, title), choices.map(row));
}

function drawBot(bot) {
  const restarts = bot.restarts === 1 ? "1 restart" : `${bot.restarts} restarts`;
  facts.textContent = bot.running ? `Running, process ${bot.pid}, ${restarts}` : `Not running, ${restarts}`;
  setOff(buttons.kill, isBusy || !bot.running || !bot.can_kill);
  setOff(buttons.start, isBusy || bot.running);
  setOff(buttons.restart, isBusy || !bot.running || !bot.can_kill);
  remark.textContent = bot.can_kill
    ? "Kill ends the process like a crash. Watch: nothing gets lost."
    : "The bot runs in the sandbox's own process here, so it cannot be stopped.";
}

function botButton(verb, label, style) {
  return h(
    "button",
    {
      type: "button",
      class: `button is-small ${style}`,
      "data-testid": `bot-${verb}`,
      onclick: (event) => press(event, verb),
    },
    label,
  );
}

async function press(event, verb) {
  if (event.currentTarget.getAttribute("aria-disabled")) return;
  isBusy = true;
  drawTrouble();
  await send(() => controlBot(verb));
  isBusy = false;
  drawTrouble();
}

async function send(request) {
  try {
    const world = await request();
    if (!world.book) showNotice(world.error ?? "The sandbox could not do that.");
    else change({ world });
  } catch (error) {
    showNotice(error.message);
  }
  drawTrouble(); // what is true, whatever was clicked
}

function setOff(button, isOff) {
  if (isOff) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}
