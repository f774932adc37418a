// The middle of the page: the open conversation's header, its messages and its composer, or the app's Home.

import { doAs } from "./acts.js";
import { Composer } from "./composer.js";
import { h, unseen } from "./dom.js";
import { hint } from "./hint.js";
import { drawHome } from "./home.js";
import { icon } from "./icons.js";
import { drawMessages } from "./messages.js";
import { HOME, openConversation, page } from "./state.js";

const NEAR_BOTTOM_PX = 60;
const root = document.getElementById("conversation");
const parts = build();
let shownPlace = null;
let shownHint = null;
let lastCount = 0;
let isAtBottom = true;

export const composer = parts.composer;

export function drawConversation() {
  const conversation = openConversation();
  parts.room.hidden = !conversation;
  parts.home.hidden = page.place !== HOME;
  if (page.place === HOME) drawHome(parts.home);
  if (conversation) drawRoom(conversation);
  shownPlace = `${page.user} ${page.place}`;
}

/** Until it is known what you see, nothing is shown that could be another person's, and nothing takes what you type. */
export function hideConversation() {
  parts.room.hidden = true;
  parts.home.hidden = true;
  if (root.contains(document.activeElement)) document.activeElement.blur(); // what is hidden keeps the keys for a moment
}

function build() {
  const head = h("header", { class: "room-head" });
  const intro = h("div", { class: "room-intro" });
  const list = h("ol", { class: "messages", "data-testid": "messages" });
  const scroller = h(
    "div",
    { class: "scroller", tabindex: "0", role: "region", "aria-label": "Messages" },
    h("div", { class: "scroller-inner" }, intro, list),
  );
  const jump = h(
    "button",
    { type: "button", class: "jump", hidden: true, onclick: () => toBottom(scroller, jump) },
    icon("down"),
    "New messages",
  );
  const newComposer = new Composer();
  const room = h(
    "section",
    { class: "room", hidden: true }, // until somebody is known to type as
    head,
    h("div", { class: "room-middle" }, scroller, jump),
    newComposer.node,
  );
  const home = h("section", { class: "home", "data-testid": "home", hidden: true });
  root.append(room, home);
  scroller.addEventListener("scroll", () => {
    isAtBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PX;
    if (isAtBottom) jump.hidden = true;
  });
  // The composer grows, a window shrinks: whoever was at the bottom stays there.
  new ResizeObserver(() => {
    if (isAtBottom) toBottom(scroller, jump);
  }).observe(scroller);
  return { head, intro, list, scroller, jump, composer: newComposer, room, home };
}

function drawRoom(conversation) {
  const isNew = shownPlace !== `${page.user} ${page.place}`;
  const count = (page.slack.messages[conversation.id] ?? []).length;
  drawHead(conversation);
  drawIntro(conversation);
  parts.list.setAttribute("aria-label", `Messages in ${conversation.name}`);
  drawMessages(parts.list, conversation);
  parts.composer.draw(conversation);
  if (isNew || isAtBottom) toBottom(parts.scroller, parts.jump);
  else if (count > lastCount) parts.jump.hidden = false;
  lastCount = count;
  if (conversation.unread > 0 && document.visibilityState === "visible") markRead(conversation);
}

function toBottom(scroller, jump) {
  scroller.scrollTop = scroller.scrollHeight;
  jump.hidden = true;
  isAtBottom = true;
}

let reading = null;

async function markRead(conversation) {
  const what = `${page.user} ${conversation.id} ${page.slack.version}`;
  if (reading === what) return;
  reading = what;
  await doAs({ do: "read", channel: conversation.id });
}

function drawHead(conversation) {
  const mark = conversation.kind === "channel" ? icon(conversation.is_private ? "lock" : "hash") : null;
  const kind = conversation.is_private ? "Private channel " : "Channel ";
  const shared = conversation.is_ext_shared ? h("span", { class: "badge" }, "External") : null;
  const title = h("h1", {}, mark, mark ? unseen(kind) : null, conversation.name);
  const topic = h(
    "p",
    { class: "room-topic" },
    conversation.topic ?? (conversation.kind === "dm" ? "Direct message with the app" : ""),
  );
  parts.head.replaceChildren(title, ...(shared ? [shared] : []), topic);
}

function drawIntro(conversation) {
  const example = page.world?.book[0];
  const isShown = conversation.kind === "channel" && !page.hintHidden;
  const what = JSON.stringify([isShown, example, page.slack.app.commands[0]?.command]);
  if (what === shownHint) return;
  shownHint = what;
  parts.intro.replaceChildren(...(isShown ? [hint(example, parts.composer)] : []));
}
