// One modal view as a form. A refresh of the state keeps whatever was typed: a field is only built anew when its block changed,
// and even then it keeps its value while block_id, action_id and kind stay the same.

import { blockNode } from "./blocks.js";
import { drawKeyed, h } from "./dom.js";
import { createField, valueOf } from "./fields.js";
import { icon } from "./icons.js";

/** Builds the form of `modal`. Gives `{node, titleId, update(modal), focusFirst()}`. */
export function createViewForm(modal, { onSubmit, onClose, onClick }) {
  const titleId = `title-${modal.id}`;
  const fields = new Map(); // "block_id action_id" → {field, blockId, actionId, kind}
  const parts = frame(modal, titleId, onClose);
  let current = modal;
  let shownErrors = "{}";
  let isSending = false;

  const values = () => {
    const all = {};
    for (const { field, blockId, actionId } of fields.values()) {
      all[blockId] ??= {};
      all[blockId][actionId] = field.control.read();
    }
    return all;
  };
  const place = {
    onAction: (block, spec) => onClick(current, block, spec, values()),
    field: (block, spec) => {
      const key = keyOf(block, spec);
      const old = fields.get(key);
      const kept = old && old.kind === spec.type ? old.field.control.read() : undefined;
      const field = createField(block, spec, {
        id: `${modal.id}-${block.block_id}-${spec.action_id}`,
        value: kept ?? valueOf(current.values?.[block.block_id]?.[spec.action_id]),
        onAction: () => place.onAction(block, spec),
      });
      fields.set(key, { field, blockId: block.block_id, actionId: spec.action_id, kind: spec.type });
      return field.node;
    },
  };

  const showErrors = (errors) => {
    const invalid = [];
    for (const { field, blockId } of fields.values()) {
      field.showError(errors[blockId] ?? null);
      if (errors[blockId]) invalid.push(field);
    }
    invalid[0]?.control.focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    if (isSending || current.submitting) return;
    const problems = {};
    for (const { field, blockId } of fields.values()) {
      const problem = field.control.problem();
      if (problem) problems[blockId] = problem;
    }
    if (Object.keys(problems).length) return showErrors(problems);
    shownErrors = "{}"; // the same mistake again deserves the focus again
    setSending(true);
    try {
      await onSubmit(current, values());
    } finally {
      setSending(false);
    }
  };
  const setSending = (isOn) => {
    isSending = isOn;
    showProgress(parts, isSending || current.submitting);
  };
  parts.node.addEventListener("submit", submit);
  parts.node.addEventListener("keydown", (event) => {
    const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (isSend && current.view.submit) submit(event);
  });

  const update = (next) => {
    current = next;
    parts.title.textContent = next.view.title?.text ?? "";
    drawButtons(parts, next.view);
    drawKeyed(parts.body, next.view.blocks ?? [], {
      key: (block, index) => block.block_id ?? `#${index}`,
      build: (block) => blockNode(block, place),
    });
    forgetGone(fields, next.view);
    showProgress(parts, isSending || next.submitting);
    const errors = JSON.stringify(next.errors ?? {});
    if (errors !== shownErrors) showErrors(next.errors ?? {});
    shownErrors = errors;
    showTrouble(next.notice);
  };
  const showTrouble = (text) => {
    if (parts.notice.textContent !== (text ?? "")) parts.notice.textContent = text ?? "";
    parts.notice.hidden = !text;
  };
  const focusFirst = () => {
    const wanted = [...fields.values()].find(({ actionId }) => wantsFocus(current.view, actionId)) ?? [...fields.values()][0];
    if (wanted) wanted.field.control.focus();
    else (parts.submit.hidden ? parts.close : parts.submit).focus();
  };
  update(modal);
  return { node: parts.node, titleId, update, focusFirst, showTrouble };
}

function frame(modal, titleId, onClose) {
  const close = () => onClose(modal);
  const title = h("h2", { id: titleId });
  const notice = h("p", { class: "modal-notice", role: "alert", "data-testid": "modal-notice", hidden: true });
  const body = h("div", { class: "modal-body" });
  const submit = h("button", { type: "submit", class: "button is-primary", "data-testid": "modal-submit" });
  const closeButton = h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: close });
  const node = h(
    "form",
    { class: "modal", "data-testid": "modal", "data-view-id": modal.id, novalidate: true, autocomplete: "off" },
    h("div", { class: "modal-head" }, title,
      h("button", { type: "button", class: "icon-button", "aria-label": "Close", "data-testid": "modal-x", onclick: close }, icon("close"))),
    notice,
    body,
    h("div", { class: "modal-foot" }, closeButton, submit),
  );
  return { node, title, notice, body, submit, close: closeButton };
}

function drawButtons({ submit, close }, view) {
  submit.hidden = !view.submit;
  submit.dataset.label = view.submit?.text ?? "";
  close.textContent = view.close?.text ?? (view.submit ? "Cancel" : "Close");
}

function showProgress({ submit, node }, isOn) {
  const label = submit.dataset.label;
  if (submit.textContent !== label) submit.textContent = label;
  node.toggleAttribute("data-submitting", isOn);
  if (isOn) submit.setAttribute("aria-disabled", "true");
  else submit.removeAttribute("aria-disabled");
  submit.setAttribute("aria-busy", String(isOn));
}

function forgetGone(fields, view) {
  const present = new Set();
  for (const block of view.blocks ?? []) {
    for (const spec of [block.element, block.accessory, ...(block.elements ?? [])]) {
      if (spec) present.add(keyOf(block, spec));
    }
  }
  for (const key of fields.keys()) if (!present.has(key)) fields.delete(key);
}

function keyOf(block, spec) {
  return `${block.block_id} ${spec.action_id}`;
}

function wantsFocus(view, actionId) {
  return (view.blocks ?? []).some((block) => block.element?.action_id === actionId && block.element.focus_on_load);
}
