// The messages of the open conversation, newest at the bottom.

import { doAs } from "./acts.js";
import { avatar } from "./avatar.js";
import { blockNode } from "./blocks.js";
import { dateOfTs, dayName, fullTime, timeOf } from "./dates.js";
import { drawKeyed, h, unseen } from "./dom.js";
import { createField } from "./fields.js";
import { icon } from "./icons.js";
import { mrkdwn, plainText } from "./mrkdwn.js";
import { announce } from "./notices.js";
import { page } from "./state.js";

const TOGETHER_SECONDS = 300;
const announced = new Map(); // conversation id → the ts of messages seen

export function drawMessages(list, conversation) {
  const messages = page.slack.messages[conversation.id] ?? [];
  drawKeyed(list, withDays(messages), {
    key: (row) => row.day ?? row.message.ts,
    build: (row) => (row.day ? dayLine(row.day) : messageNode(row, conversation)),
  });
  announceNew(messages, conversation);
}

/** Day lines between the messages, and which messages continue the one above them. */
function withDays(messages) {
  const rows = [];
  let day = null;
  let above = null;
  for (const message of messages) {
    const name = dayName(dateOfTs(message.ts));
    if (name !== day) rows.push({ day: name });
    // What a message is drawn with, besides itself: then it is drawn anew.
    const drawnWith = { people: page.slack.people.length, locale: page.slack.me.locale };
    rows.push({ message, continues: name === day && continues(above, message), ...drawnWith });
    [day, above] = [name, message];
  }
  return rows;
}

function continues(above, message) {
  return (
    above !== null &&
    above.user === message.user &&
    !above.ephemeral &&
    !message.ephemeral &&
    Number(message.ts) - Number(above.ts) < TOGETHER_SECONDS
  );
}

function dayLine(name) {
  return h("li", { class: "day" }, h("span", {}, name));
}

function messageNode({ message, continues: isContinued }, conversation) {
  const date = dateOfTs(message.ts);
  const time = h("time", { class: "message-time", datetime: date.toISOString(), title: fullTime(date) }, timeOf(date));
  return h(
    "li",
    {
      class: ["message", isContinued ? "is-continued" : "", message.ephemeral ? "is-ephemeral" : ""].join(" ").trim(),
      tabindex: "-1",
      "data-testid": "message",
      "data-ts": message.ts,
      "data-ephemeral": String(Boolean(message.ephemeral)),
    },
    message.ephemeral ? h("p", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
    h(
      "div",
      { class: "message-gutter" },
      isContinued ? time : avatar(message.name, { isApp: message.user === page.slack.app.user_id }),
    ),
    h(
      "div",
      { class: "message-main" },
      isContinued ? unseen(`${message.name}: `) : heading(message, time),
      body(message, conversation),
    ),
  );
}

function heading(message, time) {
  const badge = message.is_app ? h("span", { class: "badge" }, "APP") : null;
  const isEditedAbove = message.edited && message.blocks?.length; // beside blocks there is no line it could end
  return h(
    "p",
    { class: "message-head" },
    h("strong", { class: "message-name" }, message.name),
    badge,
    time,
    isEditedAbove ? edited() : null,
  );
}

function body(message, conversation) {
  const place = {
    onAction: (block, spec) => click(message, conversation, block, spec),
    field: (block, spec) => {
      const id = `${message.ts}-${block.block_id}-${spec.action_id}`;
      const pick = () =>
        click(message, conversation, block, spec, { [block.block_id]: { [spec.action_id]: field.control.read() } });
      const field = createField(block, spec, { id, onAction: pick });
      return field.node;
    },
  };
  const lang = message.is_app ? page.slack.me.locale : null; // by it a browser chooses the shapes of Chinese characters
  if (message.blocks?.length) {
    return h(
      "div",
      { class: "message-body", lang },
      message.blocks.map((block) => blockNode(block, place)),
    );
  }
  return h("div", { class: "message-body text", lang }, mrkdwn(message.text), message.edited ? edited() : null);
}

function edited() {
  return h("span", { class: "edited" }, " (edited)");
}

function click(message, conversation, block, spec, values = {}) {
  const where = { container: "message", channel: conversation.id, ts: message.ts };
  return doAs({ do: "click", ...where, block_id: block.block_id, action_id: spec.action_id, values });
}

function announceNew(messages, conversation) {
  const place = `${page.user} ${conversation.id}`;
  const before = announced.get(place);
  announced.set(place, new Set(messages.map((message) => message.ts)));
  if (!before) return;
  for (const message of messages) {
    if (before.has(message.ts) || message.user === page.user) continue;
    const privately = message.ephemeral ? ", only visible to you" : "";
    announce(`${message.name}${privately}: ${plainText(message.text ?? "")}`);
  }
}
