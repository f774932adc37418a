// Inputs of a view: a control, its label, hint, counter and error, tied together for screen readers.

import { choiceControl, optionsOf, selectControl } from "./choices.js";
import { h } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";

/**
 * Builds a field. Gives `{node, control, showError(text)}`; `control` has `read()` and `write(value)` in the form the server
 * takes: text, or `{selected}` with one value, a list of values, or null.
 */
export function createField(block, spec, { id, value, onAction }) {
  const isInput = block.type === "input";
  const control = createControl(spec, { id, name: isInput ? null : nameless(block, spec) });
  control.write(value ?? initialValue(spec));
  if (!isInput || block.dispatch_action) control.onCommit(onAction);
  const hint = block.hint ? h("p", { class: "field-hint", id: `${id}-hint` }, textObject(block.hint)) : null;
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const counter = control.counter ?? null;
  const node = wrapped(control, isInput ? labelContent(block) : null, id, block);
  node.append(...[hint, counter, error].filter(Boolean));
  const describe = () => {
    const ids = [hint, counter, error].filter((part) => part && !part.hidden).map((part) => part.id);
    for (const target of control.targets) setOrRemove(target, "aria-describedby", ids.join(" "));
  };
  describe();
  const showError = (text) => {
    error.replaceChildren(text ?? "");
    error.hidden = !text;
    if (text && counter) counter.hidden = true; // one complaint is enough; it counts again at the next key
    node.classList.toggle("has-error", Boolean(text));
    for (const target of control.targets) setOrRemove(target, "aria-invalid", text ? "true" : "");
    describe();
  };
  node.addEventListener("input", () => showError(null)); // what was wrong is being put right
  return { node, control, showError };
}

function wrapped(control, label, id, block) {
  const attributes = {
    class: label ? "field" : "field is-bare",
    "data-testid": "field",
    "data-block-id": block.block_id,
  };
  if (control.isGroup && label) {
    return h("fieldset", attributes, h("legend", { class: "field-label" }, label), control.node);
  }
  return h("div", attributes, label ? h("label", { class: "field-label", for: id }, label) : null, control.node);
}

function labelContent(block) {
  return [textObject(block.label), block.optional ? h("span", { class: "field-optional" }, " (optional)") : null];
}

function nameless(block, spec) {
  return block.text ? plainText(block.text.text) : (spec.placeholder?.text ?? spec.action_id);
}

function setOrRemove(target, name, value) {
  if (value) target.setAttribute(name, value);
  else target.removeAttribute(name);
}

function createControl(spec, context) {
  switch (spec.type) {
    case "plain_text_input":
      return textControl(spec, context);
    case "static_select":
      return selectControl(spec, context);
    case "checkboxes":
      return choiceControl(spec, context, "checkbox");
    case "radio_buttons":
      return choiceControl(spec, context, "radio");
    default:
      return unknownControl(spec);
  }
}

/** What the server says is in an element now (an entry of `state.values`), in the form `control.write` takes. */
export function valueOf(element) {
  if (!element) return undefined;
  if ("selected_options" in element)
    return { selected: (element.selected_options ?? []).map((option) => option.value) };
  if ("selected_option" in element) return { selected: element.selected_option?.value ?? null };
  return element.value ?? "";
}

function initialValue(spec) {
  if (spec.type === "plain_text_input") return spec.initial_value ?? "";
  if (spec.type === "checkboxes") return { selected: (spec.initial_options ?? []).map((option) => option.value) };
  if (optionsOf(spec).length) return { selected: spec.initial_option?.value ?? null };
  return "";
}

function textControl(spec, { id, name }) {
  const input = h(spec.multiline ? "textarea" : "input", {
    id,
    class: "input",
    type: spec.multiline ? null : "text",
    rows: spec.multiline ? 3 : null,
    placeholder: spec.placeholder?.text ?? null,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: spec.multiline ? null : "false",
    "aria-label": name,
    "data-action-id": spec.action_id,
    "data-focus": spec.action_id,
  });
  const counter = spec.max_length ? h("p", { class: "field-counter", id: `${id}-counter`, hidden: true }) : null;
  const count = () => {
    const left = (spec.max_length ?? 0) - input.value.length;
    if (!counter) return;
    counter.hidden = left > Math.max(10, spec.max_length / 10) || input.value === "";
    counter.textContent = left >= 0 ? `${left} characters left` : `${-left} characters too many`;
    counter.classList.toggle("is-over", left < 0);
  };
  input.addEventListener("input", count);
  return {
    node: input,
    targets: [input],
    isGroup: false,
    counter,
    focus: () => input.focus(),
    read: () => input.value,
    write: (value) => {
      input.value = String(value);
      count();
    },
    problem: () => tooLong(spec, input.value),
    onCommit: (commit) =>
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || spec.multiline) return;
        event.preventDefault();
        commit();
      }),
  };
}

/** Slack's own client refuses these before anything is sent. */
function tooLong(spec, text) {
  if (spec.max_length && text.length > spec.max_length) return `Please use at most ${spec.max_length} characters.`;
  if (spec.min_length && text && text.length < spec.min_length)
    return `Please use at least ${spec.min_length} characters.`;
  return null;
}

function unknownControl(spec) {
  const node = h("p", { class: "unsupported" }, `The sandbox does not show ${spec.type}.`);
  return {
    node,
    targets: [],
    isGroup: true,
    focus: () => {},
    read: () => "",
    write: () => {},
    problem: () => null,
    onCommit: () => {},
  };
}
