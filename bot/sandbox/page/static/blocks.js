// Block Kit → DOM nodes, for messages, the Home and modals. https://docs.slack.dev/reference/block-kit

import { h } from "./dom.js";
import { element } from "./elements.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/**
 * One block's node. `place` says what its parts may do: `place.onAction(block, element)` is called (and awaited) for clicks, and
 * `place.field(block, element)` builds an input with its label, where inputs are possible.
 */
export function blockNode(block, place) {
  const draw = BLOCKS[block.type];
  const node = draw ? draw(block, place) : unsupported(`${block.type} blocks`);
  node.dataset.blockId ??= block.block_id ?? "";
  return node;
}

export function unsupported(what) {
  return h("p", { class: "unsupported" }, `The sandbox does not show ${what}.`);
}

const BLOCKS = {
  section: (block, place) =>
    h(
      "div",
      { class: block.accessory ? "block section has-accessory" : "block section" },
      h(
        "div",
        { class: "section-main" },
        block.text ? h("div", { class: "text" }, textObject(block.text)) : null,
        block.fields
          ? h(
              "div",
              { class: "fields" },
              block.fields.map((field) => h("div", { class: "text" }, textObject(field))),
            )
          : null,
      ),
      block.accessory ? h("div", { class: "accessory" }, element(block.accessory, block, place)) : null,
    ),
  header: (block) => h("h3", { class: "block header" }, textObject(block.text)),
  divider: () => h("hr", { class: "block divider" }),
  context: (block) =>
    h(
      "div",
      { class: "block context" },
      block.elements.map((part) =>
        part.type === "image" ? smallImage(part) : h("div", { class: "text" }, textObject(part)),
      ),
    ),
  actions: (block, place) =>
    h(
      "div",
      { class: "block actions" },
      block.elements.map((part) => element(part, block, place)),
    ),
  image: (block) =>
    h(
      "figure",
      { class: "block picture" },
      block.title ? h("figcaption", {}, textObject(block.title)) : null,
      h(
        "div",
        { class: "picture-box", role: "img", "aria-label": block.alt_text },
        icon("image"),
        h("span", {}, block.alt_text),
      ),
    ),
  input: (block, place) => (place.field ? place.field(block, block.element) : unsupported("inputs here")),
  rich_text: (block) => {
    const node = richText(block);
    node.classList.add("block");
    return node;
  },
};

function smallImage(part) {
  return h(
    "span",
    { class: "picture-small", role: "img", "aria-label": part.alt_text, title: part.alt_text },
    icon("image"),
  );
}
