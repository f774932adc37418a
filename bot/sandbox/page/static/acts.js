// Doing things in the small Slack, with a notice when one does not work.

import { showNotice } from "./notices.js";
import { act } from "./server.js";
import { page } from "./state.js";

/** Does something as the person you are; gives whether it worked. */
export async function doAs(action) {
  const answer = await act(page.user, action);
  if (!answer.ok) showNotice(answer.error ?? "The sandbox could not do that.");
  return answer.ok === true;
}
