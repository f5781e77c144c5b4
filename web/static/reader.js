// Once the clerk pressed the button: say what the card program beside this page sees, as it changes,
// and tell the server every minute that a reader is there (regulation 5(1)).
const EVERY_MS = 60000;
const PATIENCE_MS = 5000;

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function say(address, path, fields, signal) {
  const response = await fetch(`${address}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields), signal,
  });
  return response.json();
}

async function find(addresses) {
  for (const address of addresses) {
    try {
      const { key } = await say(address, "pair", {}, AbortSignal.timeout(PATIENCE_MS));
      if (key) return (since) => say(address, "status", { key, since });
    } catch { /* another may listen at the next */ }
  }
  throw new Error("no program");
}

function show(form, seen) {
  for (const words of form.querySelectorAll("[data-seen]")) words.hidden = words.dataset.seen !== seen;
}

async function watch(form) {
  const look = await find(form.dataset.programs.split(" "));
  for (let mark = "", heard = -EVERY_MS; ;) {
    const { readers, mark: next } = await look(mark);
    if (!readers) throw new Error("not paired any more");
    show(form, readers.some(({ state }) => state === "card" || state === "in_use") ? "card" : readers.length ? "empty" : "none");
    if (readers.length && performance.now() - heard >= EVERY_MS) {
      heard = performance.now();
      await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    }
    if (next === mark) await pause(PATIENCE_MS); // a program that does not wait for a change
    mark = next;
  }
}

for (const form of document.querySelectorAll("form[data-reader]")) {
  form.hidden = false;
  form.nextElementSibling.hidden = true; // the button for who has no script
  let watching = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (watching) return;
    for (watching = true; ; await pause(PATIENCE_MS)) await watch(form).catch(() => show(form, "none"));
  });
}
