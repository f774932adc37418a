// Speaks with the sandbox server: what to show, what was done, and when to ask again.

/** The server did not answer, or not with what the page can read. */
export class ServerAway extends Error {}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch {
    throw new ServerAway("The sandbox server does not respond.");
  }
  const answer = await response.json().catch(() => null);
  if (answer === null) throw new ServerAway(`The sandbox server answered with HTTP ${response.status}.`);
  return answer;
}

function post(path, body) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

const as = (user) => `user=${encodeURIComponent(user)}`;

export const fetchState = (user) => call(`/sandbox/state?${as(user)}`);
export const fetchTrace = (after) => call(`/sandbox/trace?after=${after}`);
export const fetchWorld = () => call("/sandbox/world");
export const setTrouble = (change) => post("/sandbox/trouble", change);
export const controlBot = (verb) => post("/sandbox/bot", { do: verb });

/** Does something as `user`. Gives `{ok}` or `{ok: false, error}`, also when the server is away. */
export async function act(user, action) {
  try {
    return await post(`/sandbox/act?${as(user)}`, action);
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

const RETRY_MS = 1500;

/** Calls `onChange` whenever something changed for `user`, `onOpen` after each (re)connection. Gives a function that ends it. */
export function listen(user, { onOpen, onChange, onAway }) {
  let source = null;
  let timer = null;
  const connect = () => {
    source = new EventSource(`/sandbox/events?${as(user)}`);
    source.addEventListener("open", onOpen);
    source.addEventListener("changed", onChange);
    source.addEventListener("error", () => {
      // The browser itself retries slowly, and never after an HTTP error; this retries always and at one pace.
      source.close();
      onAway();
      timer = setTimeout(connect, RETRY_MS);
    });
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
