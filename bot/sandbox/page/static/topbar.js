// The bar at the top: who you are, how the bot is, and the page's own switches.

import { avatar } from "./avatar.js";
import { drawKeyed, h } from "./dom.js";
import { setHintHidden } from "./hint.js";
import { icon } from "./icons.js";
import { change, page } from "./state.js";
import { isDark, onSystemTheme, toggleTheme } from "./theme.js";

const people = h("ul", { class: "people" });
const picker = h("nav", { class: "picker", "aria-label": "Choose a person", "data-testid": "person-picker" }, people);
const botState = h("p", { class: "bot-state", "data-testid": "bot-state", role: "status" });
const menuButton = toggle("menu", "Conversations", "sidebar", openSidebar, "sidebar-toggle");
const inspectorButton = toggle(
  "panel",
  "Inspector",
  "inspector",
  () => change({ inspectorOpen: !page.inspectorOpen }),
  "inspector-toggle",
);
const helpButton = h(
  "button",
  {
    type: "button",
    class: "icon-button",
    "aria-label": "What is this?",
    title: "What is this?",
    "data-testid": "help",
  },
  icon("help"),
);
const themeButton = h("button", { type: "button", class: "icon-button", "data-testid": "theme-toggle" });

document
  .getElementById("topbar")
  .append(
    menuButton,
    h("p", { class: "brand" }, "Phone ID ", h("span", {}, "sandbox")),
    picker,
    h("div", { class: "topbar-end" }, botState, helpButton, themeButton, inspectorButton),
  );
themeButton.addEventListener("click", () => {
  toggleTheme();
  drawTheme();
});
helpButton.addEventListener("click", () => setHintHidden(!page.hintHidden));
onSystemTheme(drawTheme);
drawTheme();

export function drawTopbar() {
  if (page.slack) drawPeople(page.slack.people.filter((person) => person.kind !== "bot" && !person.is_deactivated));
  menuButton.setAttribute("aria-expanded", String(page.sidebarOpen));
  inspectorButton.setAttribute("aria-expanded", String(page.inspectorOpen));
  drawBotState();
}

function openSidebar() {
  change({ sidebarOpen: !page.sidebarOpen });
  setTimeout(() => {
    if (page.sidebarOpen) document.getElementById("sidebar").focus();
  });
}

function drawPeople(pickable) {
  drawKeyed(people, pickable, {
    key: (person) => person.id,
    signature: (person) => JSON.stringify([person, person.id === page.user]),
    build: personLink,
  });
}

const KINDS = { guest: "guest", outsider: "other workspace" };

/** What somebody reads their Slack in, by its own name; nothing where it is English, as most do here. */
function languageOf(person) {
  const [language] = person.locale.split("-");
  const names = new Intl.DisplayNames([language], { type: "language" });
  return language === "en" ? null : h("span", { lang: person.locale }, names.of(language));
}

/** A link and not a button: opened in a new tab, that tab is the other person. */
function personLink(person) {
  const isYou = person.id === page.user;
  const kind = KINDS[person.kind];
  const isTold = !kind || (person.title ?? "").toLowerCase().includes(kind);
  const job = [person.title, isTold ? null : kind].filter(Boolean).join(" · ");
  const language = languageOf(person);
  const link = h(
    "a",
    {
      class: "person",
      href: `#${person.id}`,
      "aria-current": isYou ? "true" : null,
      "data-testid": "person",
      "data-user-id": person.id,
      "data-focus": person.id,
      title: isYou ? `You are ${person.name}` : `Be ${person.name}. In a new tab you can be both.`,
    },
    avatar(person.name, { small: true }),
    h(
      "span",
      { class: "person-words" },
      h("span", { class: "person-name" }, person.name),
      " ",
      h("span", { class: "person-title" }, h("span", { class: "person-job" }, language ? `${job} · ` : job), language),
    ),
  );
  return h("li", {}, link);
}

function toggle(name, label, controls, onclick, testid) {
  return h(
    "button",
    {
      type: "button",
      class: `icon-button toggle-${name}`,
      "aria-label": label,
      title: label,
      "aria-controls": controls,
      "data-testid": testid,
      onclick,
    },
    icon(name),
  );
}

function drawTheme() {
  const label = isDark() ? "Use the light theme" : "Use the dark theme";
  themeButton.setAttribute("aria-label", label);
  themeButton.title = label;
  themeButton.replaceChildren(icon(isDark() ? "sun" : "moon"));
}

function drawBotState() {
  const isRunning = page.world?.bot.running;
  const isConnected = page.slack?.app.connected;
  const [state, words] = isConnected
    ? ["on", "Bot connected"]
    : isRunning
      ? ["waiting", "Bot starting"]
      : ["off", "Bot stopped"];
  if (!page.world || !page.slack || botState.dataset.state === state) return;
  botState.dataset.state = state;
  botState.replaceChildren(
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("span", { class: "bot-words" }, words),
  );
}
