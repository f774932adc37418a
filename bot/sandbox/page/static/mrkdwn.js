// Slack's mrkdwn → DOM nodes. https://docs.slack.dev/messaging/formatting-message-text

import { codeBlock, inlineCode } from "./code.js";
import { fillDate } from "./dates.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { openConversation, page, personNamed } from "./state.js";

/** The nodes of a mrkdwn text. */
export function mrkdwn(text) {
  const nodes = [];
  text.split(/```\n?([\s\S]*?)```/).forEach((part, index) => {
    if (index % 2 === 1) nodes.push(codeBlock(unescape(part.replace(/\n$/, ""))));
    else nodes.push(...paragraphs(index > 0 ? part.replace(/^\n/, "") : part));
  });
  return nodes;
}

/** The nodes of a text object of Block Kit: `plain_text` is taken literally but for emoji. */
export function textObject(object) {
  if (!object) return [];
  if (typeof object === "string") return [object];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : lines(withEmoji(object.text));
}

/** What a reader would hear of a mrkdwn text. */
export function plainText(text) {
  const copyLess = h("div", {}, mrkdwn(text));
  return copyLess.textContent;
}

export function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

function lines(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

const QUOTE = /^(?:&gt;|>)\s?/;

function paragraphs(text) {
  const nodes = [];
  let quoted = [];
  let plain = [];
  const flush = () => {
    if (plain.length) nodes.push(...inline(plain.join("\n")));
    if (quoted.length) nodes.push(h("blockquote", {}, inline(quoted.join("\n"))));
    [plain, quoted] = [[], []];
  };
  for (const line of text.split("\n")) {
    const isQuote = QUOTE.test(line);
    if (isQuote ? plain.length : quoted.length) flush();
    (isQuote ? quoted : plain).push(isQuote ? line.replace(QUOTE, "") : line);
  }
  flush();
  return nodes;
}

// A mark counts only where a word could start and end: snake_case and 2*3*4 stay as they are. To Slack, Chinese
// characters are a word's, and so is full-width punctuation: *重要*。 shows its asterisks.
const FULL_WIDTH = "\\u2018-\\u201d\\u2026\\u3001-\\u303f\\uff01-\\uff65";
const marked = (mark) => {
  const attached = `[\\p{L}\\p{N}${FULL_WIDTH}${mark}]`;
  return `(?<!${attached})${mark}(?=\\S)([^${mark}\\n]*?\\S)${mark}(?!${attached})`;
};
const INLINE = new RegExp(
  [
    marked("`"),
    "<([^<>\\n]+)>",
    marked("\\*"),
    marked("_"),
    marked("~"),
    "(https?://(?:(?!&[lg]t;)[^\\s<>|])+(?<![.,;:!?)]))",
  ].join("|"),
  "gu",
);

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(...lines(withEmoji(unescape(text.slice(end, match.index)))));
    nodes.push(...formatted(match));
    end = match.index + match[0].length;
  }
  nodes.push(...lines(withEmoji(unescape(text.slice(end)))));
  return nodes.filter((node) => node !== "");
}

function formatted([, code, reference, bold, italic, struck, url]) {
  if (code !== undefined) return [inlineCode(unescape(code))];
  if (reference !== undefined) return [referenced(reference)];
  if (bold !== undefined) return [h("strong", {}, inline(bold))];
  if (italic !== undefined) return [h("em", {}, inline(italic))];
  if (struck !== undefined) return [h("s", {}, inline(struck))];
  return [link(unescape(url), unescape(url))];
}

/** What stands between `<` and `>`: a person, a channel, a group, a date or a link. */
function referenced(inside) {
  const [target, ...labels] = inside.split("|");
  const label = labels.length ? unescape(labels.join("|")) : null;
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!")) return special(target.slice(1), label);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) return document.createTextNode(`<${unescape(inside)}>`); // no reference at all
  return link(unescape(target), label ?? unescape(target));
}

export function mention(userId, label = null) {
  const name =
    personNamed(userId) ?? (userId === page.slack?.app.user_id ? page.slack.app.name : null) ?? label ?? userId;
  return h("span", { class: userId === page.slack?.me.id ? "mention is-me" : "mention" }, `@${name}`);
}

export function channelMention(channelId, label = null) {
  const known = page.slack?.conversations.find((conversation) => conversation.id === channelId);
  return h("span", { class: "mention" }, `#${known?.name ?? label ?? openConversation()?.name ?? channelId}`);
}

function special(inside, label) {
  const [kind, ...rest] = inside.split("^");
  if (kind === "date") return document.createTextNode(fillDate(rest[0], rest[1] ?? "") ?? label ?? "");
  if (kind === "subteam") return groupMention(rest[0], label);
  return h("span", { class: "mention" }, label ?? `@${kind}`);
}

export function groupMention(groupId, label = null) {
  const known = page.slack?.user_groups.find((group) => group.id === groupId);
  return h("span", { class: "mention" }, known ? `@${known.handle}` : (label ?? `@${groupId}`));
}

export function link(url, label) {
  const isSafe = /^(https?|mailto):/i.test(url);
  if (!isSafe) return document.createTextNode(label); // tel: and anything else: the words are what matters
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}
