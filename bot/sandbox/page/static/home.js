// The app's Home.

import { doAs } from "./acts.js";
import { blockNode } from "./blocks.js";
import { drawKeyed, h } from "./dom.js";
import { createField, valueOf } from "./fields.js";
import { page } from "./state.js";

const fields = new Map(); // "block_id action_id" → {control, blockId, actionId}
let body = null;
let title = null;
let shownFor = null;

export function drawHome(root) {
  if (!body) build(root);
  if (shownFor !== page.user) start();
  title.textContent = page.slack.app.name;
  const home = page.slack.app.home;
  const blocks = home?.view.blocks ?? [{ type: "nothing", block_id: "nothing" }];
  drawKeyed(body, blocks, {
    key: (block, index) => block.block_id ?? `#${index}`,
    build: (block) => (block.type === "nothing" ? nothingYet() : blockNode(block, placeIn(home))),
  });
}

function build(root) {
  title = h("h1", {});
  body = h("div", { class: "home-body" });
  root.append(
    h("header", { class: "room-head" }, title, h("p", { class: "room-topic" }, "Home")),
    h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Home" }, body),
  );
}

function start() {
  shownFor = page.user;
  fields.clear();
  body.replaceChildren();
}

function nothingYet() {
  return h("p", { class: "empty" }, "This app has not published a Home yet.");
}

function placeIn(home) {
  const onAction = (block, spec) =>
    doAs({
      do: "click",
      container: "home",
      view_id: home.id,
      block_id: block.block_id,
      action_id: spec.action_id,
      values: values(),
    });
  return {
    onAction,
    field: (block, spec) => {
      const known = valueOf(home.values?.[block.block_id]?.[spec.action_id]);
      const field = createField(block, spec, {
        id: `home-${block.block_id}-${spec.action_id}`,
        value: known,
        onAction: () => onAction(block, spec),
      });
      fields.set(`${block.block_id} ${spec.action_id}`, {
        control: field.control,
        blockId: block.block_id,
        actionId: spec.action_id,
      });
      return field.node;
    },
  };
}

function values() {
  const all = {};
  for (const { control, blockId, actionId } of fields.values()) {
    all[blockId] ??= {};
    all[blockId][actionId] = control.read();
  }
  return all;
}
