// Answer a client's page whether this browser is still in the session it knows
// (OIDC Session Management 1.0, 3.2). The cookie holds no identity, only a state to compare.
const cookie = document.currentScript.dataset.cookie;

function browserState() {
  const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
  return pairs.find(([name]) => name === cookie)?.[1] ?? "";
}

async function hexDigest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function verdict(message, origin) {
  const [clientId, sessionState, ...more] = String(message).split(" ");
  const [known, salt, ...rest] = (sessionState ?? "").split(".");
  if (!clientId || !known || !salt || more.length || rest.length) return "error";
  const now = await hexDigest(`${clientId} ${origin} ${browserState()} ${salt}`);
  return now === known ? "unchanged" : "changed";
}

addEventListener("message", async (event) => {
  if (!event.source || event.source === window) return;
  let answer = "error";
  try {
    answer = await verdict(event.data, event.origin);
  } catch {
    // Where the page is no secure context there is nothing to hash with.
  }
  event.source.postMessage(answer, event.origin);
});
