// Ask the card program beside this page, once the clerk pressed the button and then every minute,
// whether it sees a reader; tell the server when it does (regulation 5(1)).
const EVERY_MS = 60000;
const PATIENCE_MS = 5000;

async function say(address, path, fields) {
  const response = await fetch(`${address}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return response.json();
}

async function seesReader(addresses) {
  for (const address of addresses) {
    try {
      const { key } = await say(address, "pair", {});
      const { readers = [] } = await say(address, "status", { key, since: "" });
      if (readers.length) return true;
    } catch { /* another may listen at the next */ }
  }
  return false;
}

async function report(form) {
  const seen = await seesReader(form.dataset.programs.split(" "));
  if (seen) await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  for (const words of form.querySelectorAll("[data-seen]")) {
    words.hidden = words.dataset.seen !== String(seen);
  }
}

for (const form of document.querySelectorAll("form[data-reader]")) {
  form.hidden = false;
  let timer;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearInterval(timer);
    timer = setInterval(report, EVERY_MS, form);
    report(form);
  });
}
