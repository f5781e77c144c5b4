// Speak for the page that opened this window. Its origin is what the browser says of its message,
// so a page cannot pretend to be another. The PIN, where this window asks for it, stays here.
const at = (id) => document.getElementById(id);
const show = (id) => ["idle", "working", "ask", "refused"].forEach((each) => { at(each).hidden = each !== id; });

async function call(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), keepalive: true });
  return response.json();
}

async function askForPin(key, signal) {
  while (!signal.aborted) {
    const { pending } = await call("/v1/pending", { key });
    if (!pending || signal.aborted) continue;
    at("origin").textContent = pending.origin;
    at("reader").textContent = pending.reader;
    at("last").hidden = pending.tries_left !== 1;
    at("left").hidden = !(pending.tries_left > 1);
    at("tries").textContent = pending.tries_left;
    show("ask");
    at("pin").focus();
    const give = (pin) => call("/v1/pin", { key, pin });
    const leave = () => give(""); // who closes the window types nothing any more
    window.addEventListener("pagehide", leave);
    const pin = await typed();
    window.removeEventListener("pagehide", leave);
    show("working");
    await give(pin);
    return;
  }
}

const typed = () => new Promise((resolve) => {
  at("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    resolve(at("pin").value);
    at("pin").value = "";
  }, { once: true });
  at("no").addEventListener("click", () => resolve(""), { once: true });
});

async function serve(origin, { nonce, reader = "" }) {
  show("working");
  const { key, prompt } = await call("/v1/pair", {});
  const done = new AbortController();
  if (prompt === "page") askForPin(key, done.signal);
  const answer = await call("/v1/authenticate", { key, origin, nonce, reader });
  done.abort();
  if (answer.error === "origin_not_allowed") return show("refused");
  opener.postMessage({ agent: "answer", answer }, origin);
  window.close();
}

if (window.opener) {
  let started = false;
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== opener || started || typeof data?.nonce !== "string") return;
    started = true;
    serve(origin, data);
  });
  opener.postMessage({ agent: "ready" }, "*"); // says nothing but that we are here
}
