// Puts the parts together: fetches what changed, draws it, and follows the address bar.

import { doAs } from "./acts.js";
import { composer, drawConversation, hideConversation } from "./conversation.js";
import { topDialog } from "./dialogs.js";
import { isHintRemembered } from "./hint.js";
import { drawInspector } from "./inspector.js";
import { drawModals } from "./modal.js";
import { onUse, openWhereOneCanType } from "./numbers.js";
import { clearAnnouncements, clearNotices, showNotice } from "./notices.js";
import { fetchState, fetchTrace, fetchWorld, listen } from "./server.js";
import { drawSidebar } from "./sidebar.js";
import { HOME, change, onChange, page } from "./state.js";
import { drawTopbar } from "./topbar.js";
import { forgetTraceView } from "./trace.js";

const KEEP_TRACE = 500;
const isNarrow = matchMedia("(max-width: 900px)");
const places = new Map(); // person → the conversation they had open
const userInAddress = () => decodeURIComponent(location.hash.slice(1));
let stopListening = () => {};
let isFetching = false;
let isStale = false;
let greeted = null; // who has had the focus put where one types

function draw() {
  drawAway();
  drawTopbar();
  drawInspector();
  drawModals();
  if (!page.slack) return hideConversation();
  document.body.classList.toggle("has-sidebar", page.sidebarOpen);
  document.title = `${page.slack.me.name} · ${page.slack.workspace.name}`;
  drawSidebar(go);
  drawConversation();
  greet();
}

/** Whoever has just come finds the cursor where they type, if it is nowhere else. A telephone's keyboard stays away. */
function greet() {
  if (greeted === page.user) return;
  greeted = page.user;
  if (!isNarrow.matches && document.activeElement === document.body) composer.focus();
}

function drawAway() {
  const bar = document.getElementById("away");
  const words = page.away ? "The sandbox server is not available. Trying again…" : "";
  if (bar.textContent !== words) bar.textContent = words;
  bar.hidden = !page.away;
}

function go(place) {
  clearNotices();
  places.set(page.user, place);
  change({ place, sidebarOpen: false });
  if (place === HOME) doAs({ do: "open_home" });
  else if (!isNarrow.matches) setTimeout(() => composer.focus());
}

/** Fetches everything that may have changed; calls that come meanwhile are one more fetch. */
async function refresh() {
  isStale = true;
  if (isFetching) return;
  isFetching = true;
  while (isStale) {
    isStale = false;
    await fetchOnce();
  }
  isFetching = false;
}

async function fetchOnce() {
  const { user, trace: known } = page;
  try {
    const [slack, trace, world] = await Promise.all([
      fetchState(user),
      fetchTrace(known.at(-1)?.number ?? 0),
      fetchWorld(),
    ]);
    if (user !== page.user || known !== page.trace) return; // another person or server meanwhile: their own fetch follows
    if (!slack.me && user) return location.replace("#"); // nobody here has that id
    if (!user) return location.replace(`#${slack.me.id}`); // what follows happens on the change of the address
    const place = placeIn(slack);
    change({ slack, world, place, away: false, trace: [...known, ...trace.entries].slice(-KEEP_TRACE) });
  } catch {
    change({ away: true });
  }
}

function placeIn(slack) {
  const wanted = page.place ?? places.get(page.user);
  const offered = slack.conversations.map((conversation) => conversation.id);
  if (slack.app_home.has_home) offered.push(HOME);
  return offered.includes(wanted) ? wanted : (offered[0] ?? null);
}

function become(user) {
  stopListening();
  clearNotices();
  clearAnnouncements();
  greeted = null;
  change({ user, slack: null, place: places.get(user) ?? null });
  let wasAway = false;
  stopListening = listen(user, {
    onOpen: () => {
      if (wasAway) startTraceAnew();
      wasAway = false;
      refresh();
    },
    onChange: refresh,
    onAway: () => {
      wasAway = true;
      change({ away: true });
    },
  });
}

/** A server that comes back may be another one, which counts from one. */
function startTraceAnew() {
  forgetTraceView();
  change({ trace: [] });
}

/** F6 goes round the page's parts, as in Slack; a dialog takes the place of the part it covers. */
function nextPart(event) {
  if (event.key !== "F6") return;
  event.preventDefault();
  const dialog = topDialog();
  const slack = dialog ? [dialog] : [document.getElementById("sidebar"), document.getElementById("conversation")];
  const parts = [
    document.querySelector("[data-testid=person-picker] a"),
    ...slack,
    document.getElementById("inspector"),
  ].filter((part) => part?.checkVisibility());
  const here = parts.findIndex((part) => part.contains(document.activeElement));
  const step = event.shiftKey ? -1 : 1;
  parts[(Math.max(here, event.shiftKey ? 0 : -1) + step + parts.length) % parts.length].focus();
}

function useNumber(phone, code) {
  if (!page.slack) return; // between two people there is nobody to use it
  const command = page.slack.app.commands[0]?.command;
  if (!command) return showNotice("This person's workspace has not installed the app: there is no command to use it with.");
  openWhereOneCanType();
  if (isNarrow.matches) change({ inspectorOpen: false });
  setTimeout(() => composer.put(`${command} ${phone} ${code}`));
}

/** On narrow screens the sidebar lies over the conversation: a click beside it or Escape puts it away. */
function leaveSidebar(event) {
  const sidebar = document.getElementById("sidebar");
  const isOutside =
    event.type === "keydown" ? event.key === "Escape" : !event.target.closest("#sidebar, [data-testid=sidebar-toggle]");
  if (!page.sidebarOpen || !isOutside) return;
  if (sidebar.contains(document.activeElement)) document.querySelector("[data-testid=sidebar-toggle]").focus();
  change({ sidebarOpen: false });
}

onChange(draw);
addEventListener("keydown", leaveSidebar);
addEventListener("pointerdown", leaveSidebar);
onUse(useNumber);
addEventListener("hashchange", () => become(userInAddress()));
addEventListener("keydown", nextPart);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
document.getElementById("skip").addEventListener("click", () => composer.focus());
change({ hintHidden: isHintRemembered(), inspectorOpen: !isNarrow.matches });
become(userInAddress());
