// What the page knows, in one place. Parts of the page read it when they are drawn; nobody else keeps a copy.

export const page = {
  user: "", // who you are; empty: whoever the server names first
  slack: null, // GET /sandbox/state
  world: null, // GET /sandbox/world
  trace: [], // GET /sandbox/trace, oldest first
  place: null, // the open conversation's id, or HOME
  away: false,
  inspectorOpen: true,
  sidebarOpen: false, // only matters on narrow screens
  hintHidden: false,
};

export const HOME = "home";
const listeners = [];
let isQueued = false;

export function onChange(listener) {
  listeners.push(listener);
}

/** Takes new values in and has the page drawn once, however many changes come together. */
export function change(values) {
  Object.assign(page, values);
  if (isQueued) return;
  isQueued = true;
  queueMicrotask(() => {
    isQueued = false;
    for (const listener of listeners) listener();
  });
}

export function openConversation() {
  return page.slack?.conversations.find((conversation) => conversation.id === page.place) ?? null;
}

/** Whether nobody can type here: the app's manifest can say so of its direct messages. */
export function isReadOnly(conversation) {
  return conversation.kind === "dm" && page.slack.app_home.is_read_only;
}

export function personNamed(userId) {
  return page.slack?.people.find((person) => person.id === userId)?.name ?? null;
}
