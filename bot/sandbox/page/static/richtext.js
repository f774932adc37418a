// The rich_text block → DOM nodes.

import { codeBlock, inlineCode } from "./code.js";
import { fillDate } from "./dates.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { channelMention, groupMention, link, mention } from "./mrkdwn.js";

export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map(part));
}

function part(element) {
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, element.elements.map(piece));
    case "rich_text_preformatted":
      return codeBlock(element.elements.map((child) => child.text ?? child.url ?? "").join(""));
    case "rich_text_quote":
      return h("blockquote", {}, element.elements.map(piece));
    case "rich_text_list":
      return h(
        element.style === "ordered" ? "ol" : "ul",
        {
          class: `rich-list indent-${Math.min(element.indent ?? 0, 4)}`,
          start: element.offset ? element.offset + 1 : null,
        },
        element.elements.map((item) => h("li", {}, item.elements.map(piece))),
      );
    default:
      return h("p", { class: "unsupported" }, `The sandbox does not show ${element.type}.`);
  }
}

function piece(element) {
  switch (element.type) {
    case "text":
      return styled(broken(element.text), element.style, element.text);
    case "link":
      return styled([link(element.url, element.text ?? element.url)], element.style);
    case "user":
      return mention(element.user_id);
    case "channel":
      return channelMention(element.channel_id);
    case "usergroup":
      return groupMention(element.usergroup_id);
    case "broadcast":
      return h("span", { class: "mention" }, `@${element.range}`);
    case "emoji":
      return withEmoji(`:${element.name}:`);
    case "date":
      return fillDate(element.timestamp, element.format) ?? element.fallback ?? "";
    default:
      return element.text ?? "";
  }
}

function broken(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

function styled(nodes, style = {}, text = null) {
  if (style.code && text !== null) return inlineCode(text);
  let inner = nodes;
  if (style.strike) inner = [h("s", {}, inner)];
  if (style.italic) inner = [h("em", {}, inner)];
  if (style.bold) inner = [h("strong", {}, inner)];
  return inner;
}
