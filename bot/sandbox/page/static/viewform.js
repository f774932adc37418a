// One modal view as a form. A refresh of the state keeps whatever was typed: a field is only built anew when its block changed,
// and even then it keeps its value while block_id, action_id and kind stay the same.

import { blockNode } from "./blocks.js";
import { drawKeyed, h } from "./dom.js";
import { createField, valueOf } from "./fields.js";
import { icon } from "./icons.js";
import { announce } from "./notices.js";
import { page } from "./state.js";

export class ViewForm {
  #fields = new Map(); // "block_id action_id" → {field, blockId, actionId, kind}
  #modal;
  #parts;
  #on;
  #shownBlocks = null;
  #shownErrors = "{}";
  #trouble = null; // what this page has to say; what Slack says is in the state
  #isSending = false;

  /** `on` has `submit(modal, values)`, `close(modal)` and `click(modal, block, spec, values)`. */
  constructor(modal, on) {
    this.#modal = modal;
    this.#on = on;
    this.#parts = frame(modal, () => on.close(this.#modal));
    this.node.addEventListener("submit", (event) => this.#submit(event));
    this.node.addEventListener("keydown", (event) => {
      const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (isSend && this.#modal.view.submit) this.#submit(event);
    });
    this.update(modal);
  }

  get node() {
    return this.#parts.node;
  }

  get titleId() {
    return this.#parts.title.id;
  }

  update(modal) {
    this.#modal = modal;
    const { title, body } = this.#parts;
    title.textContent = modal.view.title?.text ?? "";
    drawButtons(this.#parts, modal.view);
    drawKeyed(body, modal.view.blocks, {
      key: (block, index) => block.block_id ?? `#${index}`,
      build: (block) => blockNode(block, this.#place()),
    });
    this.#forgetGone();
    this.#tellOfNewWords();
    this.#showProgress();
    const errors = JSON.stringify(modal.errors ?? {});
    if (errors !== this.#shownErrors) this.#showErrors(modal.errors ?? {});
    this.#shownErrors = errors;
    this.#drawNotice();
  }

  /** Says above the form, until something else is tried, why something did not work. */
  showTrouble(text) {
    this.#trouble = text;
    this.#drawNotice();
  }

  #drawNotice() {
    const { notice } = this.#parts;
    const text = this.#modal.notice ?? this.#trouble ?? "";
    if (notice.textContent !== text) notice.textContent = text;
    notice.hidden = !text;
  }

  focusFirst() {
    const fields = [...this.#fields.values()];
    const wanted = fields.find(({ actionId }) => this.#wantsFocus(actionId)) ?? fields[0];
    if (wanted) wanted.field.control.focus();
    else this.node.closest("[role=dialog]").focus(); // nothing to fill in: something to read
  }

  #wantsFocus(actionId) {
    return this.#modal.view.blocks.some(({ element }) => element?.action_id === actionId && element.focus_on_load);
  }

  #values() {
    const all = {};
    for (const { field, blockId, actionId } of this.#fields.values()) {
      all[blockId] ??= {};
      all[blockId][actionId] = field.control.read();
    }
    return all;
  }

  #place() {
    return {
      onAction: (block, spec) => this.#on.click(this.#modal, block, spec, this.#values()),
      field: (block, spec) => this.#buildField(block, spec),
    };
  }

  #buildField(block, spec) {
    const old = this.#fields.get(keyOf(block, spec));
    const kept = old?.kind === spec.type ? old.field.control.read() : undefined;
    const field = createField(block, spec, {
      id: `${this.#modal.id}-${block.block_id}-${spec.action_id}`,
      value: kept ?? valueOf(this.#modal.values?.[block.block_id]?.[spec.action_id]),
      onAction: () => this.#place().onAction(block, spec),
    });
    const entry = { field, blockId: block.block_id, actionId: spec.action_id, kind: spec.type };
    this.#fields.set(keyOf(block, spec), entry);
    return field.node;
  }

  #forgetGone() {
    const present = new Set();
    for (const block of this.#modal.view.blocks) {
      for (const spec of [block.element, block.accessory, ...(block.elements ?? [])]) {
        if (spec) present.add(keyOf(block, spec));
      }
    }
    for (const key of this.#fields.keys()) if (!present.has(key)) this.#fields.delete(key);
  }

  #tellOfNewWords() {
    const blocks = JSON.stringify(this.#modal.view.blocks);
    const isNews = this.#shownBlocks !== null && this.#shownBlocks !== blocks;
    if (isNews && this.#fields.size === 0) announce(this.#parts.body.textContent);
    this.#shownBlocks = blocks;
  }

  #showErrors(errors) {
    const invalid = [];
    for (const { field, blockId } of this.#fields.values()) {
      field.showError(errors[blockId] ?? null);
      if (errors[blockId]) invalid.push(field);
    }
    invalid[0]?.control.focus();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isSending || this.#modal.submitting) return;
    const problems = this.#problems();
    if (Object.keys(problems).length > 0) {
      this.#showErrors(problems);
      return;
    }
    this.#shownErrors = "{}"; // the same mistake again deserves the focus again
    this.showTrouble(null);
    this.#isSending = true;
    this.#showProgress();
    try {
      await this.#on.submit(this.#modal, this.#values());
    } finally {
      this.#isSending = false;
      this.#showProgress();
    }
  }

  #problems() {
    const found = [...this.#fields.values()].map(({ field, blockId }) => [blockId, field.control.problem()]);
    return Object.fromEntries(found.filter(([, problem]) => problem));
  }

  #showProgress() {
    const { submit } = this.#parts;
    const isOn = this.#isSending || this.#modal.submitting;
    if (isOn) submit.setAttribute("aria-disabled", "true");
    else submit.removeAttribute("aria-disabled");
    submit.setAttribute("aria-busy", String(isOn));
  }
}

function keyOf(block, spec) {
  return `${block.block_id} ${spec.action_id}`;
}

function frame(modal, onclick) {
  const title = h("h2", { id: `title-${modal.id}` });
  const notice = h("p", { class: "modal-notice", role: "alert", "data-testid": "modal-notice", hidden: true });
  const body = h("div", { class: "modal-body" });
  const submit = h("button", { type: "submit", class: "button is-primary", "data-testid": "modal-submit" });
  const close = h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick });
  const cross = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close", "data-testid": "modal-x", onclick },
    icon("close"),
  );
  const node = h(
    "form",
    {
      class: "modal",
      lang: page.slack.me.locale,
      "data-testid": "modal",
      "data-view-id": modal.id,
      novalidate: true,
      autocomplete: "off",
    },
    h("div", { class: "modal-head" }, title, cross),
    notice,
    body,
    h("div", { class: "modal-foot" }, close, submit),
  );
  return { node, title, notice, body, submit, close };
}

function drawButtons({ submit, close }, view) {
  submit.hidden = !view.submit;
  if (submit.textContent !== (view.submit?.text ?? "")) submit.textContent = view.submit?.text ?? "";
  close.textContent = view.close?.text ?? (view.submit ? "Cancel" : "Close");
}
