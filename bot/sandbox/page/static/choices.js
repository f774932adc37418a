// Inputs that choose among options: a menu, checkboxes, radio buttons.

import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

export function optionsOf(spec) {
  return spec.options ?? (spec.option_groups ?? []).flatMap((group) => group.options);
}

export function selectControl(spec, { id, name }) {
  const option = (item) => h("option", { value: item.value }, item.text.text);
  const select = h(
    "select",
    { id, class: "input", "aria-label": name, "data-action-id": spec.action_id, "data-focus": spec.action_id },
    h("option", { value: "" }, spec.placeholder?.text ?? "Choose an option"),
    spec.options?.map(option) ?? [],
    (spec.option_groups ?? []).map((group) => h("optgroup", { label: group.label.text }, group.options.map(option))),
  );
  return {
    node: h("span", { class: "select" }, select),
    targets: [select],
    isGroup: false,
    focus: () => select.focus(),
    read: () => ({ selected: select.value || null }),
    write: (value) => {
      select.value = value.selected ?? "";
    },
    problem: () => null,
    onCommit: (commit) => select.addEventListener("change", commit),
  };
}

export function choiceControl(spec, { id, name }, type) {
  const boxes = [];
  const rows = spec.options.map((option, index) => {
    const box = h("input", {
      type,
      name: id,
      value: option.value,
      id: `${id}-${index}`,
      "data-action-id": spec.action_id,
      "data-focus": `${spec.action_id}/${option.value}`,
    });
    boxes.push(box);
    const described = option.description
      ? h("span", { class: "choice-description" }, textObject(option.description))
      : null;
    return h("label", { class: "choice" }, box, h("span", {}, textObject(option.text), described));
  });
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const node = h("div", { class: "choices", role: name ? "group" : null, "aria-label": name }, rows);
  return {
    node,
    targets: boxes,
    isGroup: true,
    focus: () => (boxes.find((box) => box.checked) ?? boxes[0])?.focus(),
    read: () => ({ selected: type === "checkbox" ? chosen() : (chosen()[0] ?? null) }),
    write: (value) => {
      const selected = [value.selected ?? []].flat();
      for (const box of boxes) box.checked = selected.includes(box.value);
    },
    problem: () => null,
    onCommit: (commit) => node.addEventListener("change", commit),
  };
}
