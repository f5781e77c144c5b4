// Have a card sign our question: find the card program on this computer, wait for the card, let the
// program ask for the PIN, and send its token in the form. Where the browser lets no page speak to
// this computer, or the program asks on a page of its own, its window speaks for us. Without this
// module the form stays hidden and other ways work.
const FIND_MS = 4000; // the browser may ask its person first; then the window is offered
const WAITING = ["no_card", "no_reader"];

class Trouble extends Error {
  constructor(code, tries = null) {
    super(code);
    Object.assign(this, { code, tries });
  }
}

async function say(address, path, fields, signal) {
  const response = await fetch(`${address}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields), signal,
  });
  const answer = await response.json();
  if (answer.error) throw new Trouble(answer.error, answer.tries_left);
  return answer;
}

async function program(addresses) {
  for (const address of addresses) {
    try {
      return { address, ...(await say(address, "pair", {}, AbortSignal.timeout(FIND_MS))) };
    } catch { /* another may listen at the next */ }
  }
  throw new Trouble("no_program");
}

async function question(form) {
  const { options, place } = form.dataset;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, place });
  const response = await fetch(options, { method: "POST", body });
  if (response.redirected) location.reload(); // who is there must be confirmed first
  if (!response.ok || response.redirected) throw new Trouble("other");
  return (await response.json()).nonce;
}

function showOne(box, attribute, code) {
  box.querySelectorAll(`[data-${attribute}]`).forEach((line) => {
    line.hidden = line.dataset[attribute] !== code;
  });
  box.hidden = !code;
}

const state = (form, code) => showOne(form.querySelector("[data-states]"), "state", code);

function complain(form, { code, tries }) {
  const box = form.querySelector("[data-troubles]");
  const known = box.querySelector(`[data-trouble="${code}"]`) ? code : "other";
  showOne(box, "trouble", known);
  box.querySelectorAll("[data-left]").forEach((line) => {
    line.hidden = known !== "pin_incorrect" || tries === null || (line.dataset.left === "few") !== (tries === 1);
  });
  box.querySelector("[data-tries]").textContent = tries ?? "";
  form.querySelector("[data-window]").hidden = known !== "no_program";
  box.focus();
}

function chooser(form, readers) {
  const select = form.elements.reader;
  select.replaceChildren(...readers.map(({ name }) => new Option(name, name)));
  form.querySelector("[data-readers]").hidden = false;
}

async function theReader(form, { address, key }) {
  for (let mark = ""; ;) {
    const { readers, mark: next } = await say(address, "status", { key, since: mark });
    const holding = readers.filter(({ state: what }) => what === "card");
    const chosen = holding.find(({ name }) => name === form.elements.reader.value);
    if (chosen || holding.length === 1) return (chosen ?? holding[0]).name;
    if (holding.length > 1) {
      chooser(form, holding);
      throw new Trouble("several_cards");
    }
    if (readers.some(({ state: what }) => what === "mute")) throw new Trouble("card_mute");
    if (readers.some(({ state: what }) => what === "in_use")) throw new Trouble("reader_in_use");
    state(form, WAITING[readers.length ? 0 : 1]);
    mark = next;
  }
}

async function directly(form, found) {
  const reader = await theReader(form, found);
  state(form, "signing");
  const nonce = await question(form);
  const { token } = await say(found.address, "authenticate", { key: found.key, nonce, reader });
  return { nonce, token };
}

// What the program's own window says to us, and that it was closed.
function hear(opened, address) {
  const said = {};
  const saying = (what) => new Promise((resolve) => { said[what] = resolve; });
  const ready = saying("ready");
  const answer = saying("answer");
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source === opened && origin === address) said[data?.agent]?.(data.answer);
  });
  const closed = new Promise((_, reject) => {
    const watch = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(watch);
      setTimeout(() => reject(new Trouble("window_closed")), 500); // its last word may be on its way
    }, 500);
  });
  closed.catch(() => {}); // it is closed in the end, always
  return [Promise.race([ready, closed]), Promise.race([answer, closed])];
}

async function byWindow(form, address) {
  const path = document.documentElement.lang === "en" ? "/window/en" : "/window";
  const opened = window.open(address + path, "taipei-id-card-program", "popup,width=480,height=640");
  if (!opened) throw new Trouble("no_program"); // the browser wants a press of the button for it
  state(form, "signing");
  const [ready, answered] = hear(opened, address);
  answered.catch(() => {}); // it is waited for below, later
  const nonce = await question(form);
  await ready;
  opened.postMessage({ nonce, reader: form.elements.reader.value }, address); // it sees our origin
  const answer = await answered;
  if (answer.error) throw new Trouble(answer.error, answer.tries_left);
  return { nonce, token: answer.token };
}

async function sign(form, addresses) {
  state(form, "finding");
  const found = await program(addresses);
  return found.prompt === "page" ? byWindow(form, found.address) : directly(form, found);
}

function prepare(form) {
  const addresses = form.dataset.programs.split(" ");
  const button = form.querySelector("button:not([type=button])");
  const run = async (how) => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    showOne(form.querySelector("[data-troubles]"), "trouble", "");
    try {
      const { nonce, token } = await how();
      form.elements.challenge.value = nonce;
      form.elements.token.value = JSON.stringify(token);
      form.submit();
    } catch (trouble) {
      complain(form, trouble);
    }
    state(form, "");
    button.removeAttribute("aria-disabled");
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(() => sign(form, addresses));
  });
  form.querySelector("[data-window]").addEventListener("click", () => run(() => byWindow(form, addresses[0])));
}

document.querySelectorAll("form[data-chip-card]").forEach(prepare);
document.querySelectorAll("[data-without-chip-cards]").forEach((each) => { each.hidden = true; });
