// Block Kit's interactive elements outside input blocks: buttons above all.

import { confirmed } from "./confirm.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";

export function element(spec, block, place) {
  switch (spec.type) {
    case "button":
      return button(spec, block, place);
    case "image":
      return h("span", { class: "picture-box is-accessory", role: "img", "aria-label": spec.alt_text }, icon("image"));
    case "static_select":
    case "checkboxes":
    case "radio_buttons":
    case "plain_text_input":
      if (place.field) return place.field(block, spec);
      return h("span", { class: "unsupported" }, `The sandbox does not show ${spec.type} here.`);
    default:
      return h("span", { class: "unsupported" }, `The sandbox does not show ${spec.type}.`);
  }
}

function button(spec, block, place) {
  const node = h(
    "button",
    {
      type: "button",
      class: ["button", spec.style ? `is-${spec.style}` : ""].join(" ").trim(),
      "aria-label": spec.accessibility_label ?? null,
      "data-testid": "block-button",
      "data-action-id": spec.action_id,
      "data-focus": `${block.block_id}/${spec.action_id}`,
      onclick: () => press(node, spec, block, place),
    },
    textObject(spec.text),
  );
  return node;
}

async function press(node, spec, block, place) {
  if (node.getAttribute("aria-disabled")) return;
  if (spec.confirm && !(await confirmed(spec.confirm))) return;
  // aria-disabled and not disabled: a disabled button would lose the keyboard's place.
  node.setAttribute("aria-disabled", "true");
  node.setAttribute("aria-busy", "true");
  try {
    await place.onAction(block, spec);
  } finally {
    node.removeAttribute("aria-disabled");
    node.removeAttribute("aria-busy");
  }
}
