// Channels, direct messages with the app, and its Home where the manifest has one.

import { avatar } from "./avatar.js";
import { drawKeyed, h, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { HOME, page } from "./state.js";

const root = document.getElementById("sidebar");
const title = h("p", { class: "workspace" });
const lists = h("div", { class: "sidebar-lists" });
root.append(title, lists);

/** `go(place)` opens a conversation or the Home. */
export function drawSidebar(go) {
  title.textContent = page.slack.workspace.name;
  const ofKind = (kind) => page.slack.conversations.filter((conversation) => conversation.kind === kind);
  const home = { id: HOME, name: `${page.slack.app.name} Home`, kind: HOME, unread: 0 };
  const groups = [
    { name: "Channels", items: ofKind("channel") },
    { name: "Direct messages", items: ofKind("dm") },
    { name: "Apps", items: page.slack.app_home.has_home ? [home] : [] },
  ].filter((group) => group.items.length > 0);
  drawKeyed(lists, groups, {
    key: (group) => group.name,
    signature: (group) => JSON.stringify([group, page.place]),
    build: (group) => section(group, go),
  });
}

function section(group, go) {
  return h(
    "section",
    { class: "sidebar-group" },
    h("h2", {}, group.name),
    h(
      "ul",
      {},
      group.items.map((item) => h("li", {}, entry(item, go))),
    ),
  );
}

function entry(item, go) {
  const isHere = item.id === page.place;
  const mark = {
    channel: () => icon(item.is_private ? "lock" : "hash"),
    dm: () => avatar(item.name, { isApp: true, small: true }),
    home: () => icon("home"),
  }[item.kind]();
  const isUnread = item.unread > 0 && !isHere;
  return h(
    "button",
    {
      type: "button",
      class: isUnread ? "place is-unread" : "place",
      "aria-current": isHere ? "page" : null,
      "data-testid": "conversation",
      "data-conversation-id": item.id,
      "data-focus": item.id,
      onclick: () => go(item.id),
    },
    mark,
    h("span", { class: "place-name" }, item.name, item.is_private ? unseen(" (private channel)") : null),
    isUnread
      ? [h("span", { class: "unread", "aria-hidden": "true" }, String(item.unread)), unseen(`, ${item.unread} unread`)]
      : null,
  );
}
