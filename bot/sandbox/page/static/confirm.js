// Block Kit's confirmation dialog, asked before a click is sent.

import { closeDialog, openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const TITLE = "confirm-title";

/** Asks; resolves to whether the answer was yes. */
export function confirmed(spec) {
  return new Promise((resolve) => {
    const answer = (isYes) => {
      closeDialog(frame);
      resolve(isYes);
    };
    const yes = h(
      "button",
      {
        type: "button",
        class: spec.style === "danger" ? "button is-danger" : "button is-primary",
        "data-testid": "confirm-yes",
        onclick: () => answer(true),
      },
      textObject(spec.confirm ?? { type: "plain_text", text: "Yes" }),
    );
    const no = h(
      "button",
      { type: "button", class: "button", "data-testid": "confirm-no", onclick: () => answer(false) },
      textObject(spec.deny ?? { type: "plain_text", text: "Cancel" }),
    );
    const box = h(
      "div",
      { class: "modal is-small", "data-testid": "confirm" },
      h(
        "div",
        { class: "modal-head" },
        h("h2", { id: TITLE }, textObject(spec.title ?? { type: "plain_text", text: "Are you sure?" })),
      ),
      h("div", { class: "modal-body text" }, textObject(spec.text)),
      h("div", { class: "modal-foot" }, no, yes),
    );
    const frame = openDialog(box, { labelledBy: TITLE, onEscape: () => answer(false), isAlert: true });
    no.focus(); // the safe answer is the one a stray Enter gives
  });
}
