// The stack of modals you have open: the top one is shown, those beneath it keep what was typed.

import { closeDialog, openDialog, topDialog } from "./dialogs.js";
import { act } from "./server.js";
import { page } from "./state.js";
import { ViewForm } from "./viewform.js";

const open = new Map(); // view id → {form, frame}
const parked = new Map(); // view id → {form, user}: what somebody typed before another person was picked
let shownTop = null;
let shownUser = null;

export function drawModals() {
  const modals = page.slack?.modals ?? []; // between two people, nobody's forms are shown
  const ids = modals.map((modal) => modal.id);
  for (const id of [...open.keys()].reverse()) if (!ids.includes(id)) remove(id);
  if (page.slack) forgetClosed(ids);
  shownUser = page.user;
  for (const modal of modals) {
    if (open.has(modal.id)) open.get(modal.id).form.update(modal);
    else add(modal);
  }
  const top = ids.at(-1) ?? null;
  for (const [id, { frame }] of open) frame.classList.toggle("is-beneath", id !== top);
  if (top && isWithoutFocus(top) && (top !== shownTop || document.activeElement === document.body))
    open.get(top).form.focusFirst();
  shownTop = top;
}

function forgetClosed(ids) {
  for (const [id, { user }] of parked) if (user === page.user && !ids.includes(id)) parked.delete(id);
}

function isWithoutFocus(id) {
  const { frame } = open.get(id);
  return topDialog() === frame && !frame.contains(document.activeElement);
}

function add(modal) {
  const form = parked.get(modal.id)?.form ?? new ViewForm(modal, { submit, close, click });
  parked.delete(modal.id);
  const frame = openDialog(form.node, { labelledBy: form.titleId, onEscape: () => close(modal) });
  open.set(modal.id, { form, frame });
  form.update(modal);
  form.focusFirst();
}

function remove(id) {
  const { form, frame } = open.get(id);
  open.delete(id);
  if (shownUser !== page.user) parked.set(id, { form, user: shownUser });
  closeDialog(frame);
}

async function submit(modal, values) {
  await tell(modal, { do: "submit", view_id: modal.id, values });
}

async function close(modal) {
  await tell(modal, { do: "close", view_id: modal.id });
}

async function click(modal, block, spec, values) {
  const where = { container: "view", view_id: modal.id, block_id: block.block_id, action_id: spec.action_id };
  await tell(modal, { do: "click", ...where, values });
}

async function tell(modal, action) {
  const answer = await act(page.user, action);
  if (!answer.ok) open.get(modal.id)?.form.showTrouble(answer.error ?? "The sandbox could not do that.");
}
