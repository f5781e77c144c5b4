// Let the card in this computer's reader answer our server, through the card program beside it.
// A card that signs answers one question, and the program asks for its PIN where no page sees it
// (data-card="sign"); any other is led by the server, command by command (data-card="read").
// Where the browser lets no page speak to this computer, or the program asks on a page of its own,
// its window speaks for us. Another program, HiPKI's, takes text and PIN from the page: where it is
// believed, the PIN goes to its window and nowhere else (docs/decisions/0076).
// Without this module the forms stay hidden and other ways work.
const FIND_MS = 4000; // then the window is offered
const ASK_MS = 60000; // while the browser asks its person whether we may speak to this computer
const BUSY_MS = 1000;
const BUSY_TIMES = 6; // so often the program may still hold a card that was read before
const LAST_WORD_MS = 500; // of a window that was closed
const HIPKI = { // what HiPKI's program answers, in our words
  0xa0: "pin_incorrect", 0xa2: "pin_malformed", 0xa4: "pin_locked", 0x76000006: "no_card", 0x76000998: "pin_wanted",
  0x76000999: "user_cancelled", 0x76100003: "no_reader",
};

class Trouble extends Error {
  constructor(code, { tries = null, words = "" } = {}) {
    super(code);
    Object.assign(this, { code, tries, words });
  }
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// The program

async function say(address, path, fields, signal) {
  const response = await fetch(`${address}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields), signal,
  }).catch(() => { throw new Trouble("no_program"); });
  const answer = await response.json();
  if (answer.error) throw new Trouble(answer.error, { tries: answer.tries_left });
  return answer;
}

async function find(addresses) {
  const { state } = await navigator.permissions.query({ name: "loopback-network" }).catch(() => ({}));
  const patience = state === "prompt" ? ASK_MS : FIND_MS;
  for (const address of addresses) {
    try {
      const { key, prompt } = await say(address, "pair", {}, AbortSignal.timeout(patience));
      return { address, prompt, tell: (path, fields) => say(address, path, { key, ...fields }) };
    } catch { /* another may listen at the next */ }
  }
  throw new Trouble("no_program");
}

async function theCard(form, { tell }, wanted = ["card"]) {
  for (let mark = ""; ;) {
    const { readers, mark: next } = await tell("status", { since: mark });
    const holding = readers.filter(({ state }) => wanted.includes(state));
    const chosen = holding.find(({ name }) => name === form.elements.reader.value);
    if (chosen || holding.length === 1) return chosen ?? holding[0];
    if (holding.length > 1) {
      choose(form, holding);
      throw new Trouble("several_cards");
    }
    if (readers.some(({ state }) => state === "mute")) throw new Trouble("card_mute");
    if (readers.some(({ state }) => state === "in_use")) throw new Trouble("reader_in_use");
    show(form, readers.length ? "no_card" : "no_reader");
    mark = next;
  }
}

async function relay({ tell }, fields) {
  for (let left = BUSY_TIMES; ; left -= 1) {
    try {
      return (await tell("relay", fields)).answer;
    } catch (trouble) {
      if (trouble.code !== "busy" || !left) throw trouble;
      await pause(BUSY_MS);
    }
  }
}

// Our server

async function ask(form, url, fields = {}) {
  const { place } = form.dataset;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, place, ...fields });
  const response = await fetch(url, { method: "POST", body });
  if (response.redirected) location.reload(); // who is there must be confirmed first
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || response.redirected) throw new Trouble(answer.title ? "said" : "other", { words: answer.title });
  return answer;
}

// Two kinds of card

async function read(form, program) {
  const { name: reader, atr } = await theCard(form, program);
  show(form, "working");
  let step = await ask(form, form.dataset.ask, { atr: atr ?? "" });
  const { challenge } = step;
  while (step.command) {
    const answer = await relay(program, { nonce: challenge, reader, command: step.command, last: step.last });
    step = await ask(form, form.dataset.answer, { challenge, answer });
  }
  return { challenge, card: step.card };
}

async function sign(form, program) {
  if (program.prompt === "page") return byWindow(form, program.address);
  const { name: reader } = await theCard(form, program, ["card", "token"]);
  show(form, "working");
  const { nonce } = await ask(form, form.dataset.ask);
  const { token } = await program.tell("authenticate", { nonce, reader });
  return { challenge: nonce, token: JSON.stringify(token) };
}

async function byWindow(form, address) {
  const path = document.documentElement.lang === "en" ? "/window/en" : "/window";
  const opened = window.open(address + path, "taipei-id-card-program", "popup,width=480,height=640");
  if (!opened) throw new Trouble("no_program"); // the browser wants a press of the button for it
  show(form, "working");
  const [ready, answered] = hear(opened, address, ({ agent, answer }) => [agent, answer]);
  answered.catch(() => {}); // it is waited for below, later
  const { nonce } = await ask(form, form.dataset.ask);
  await ready;
  opened.postMessage({ nonce, reader: form.elements.reader.value }, address); // it sees our origin
  const { error, tries_left: tries, token } = await answered;
  if (error) throw new Trouble(error, { tries });
  return { challenge: nonce, token: JSON.stringify(token) };
}

async function byPage(form) {
  const { signer } = form.dataset;
  const pin = form.querySelector("[data-pin]");
  if (!pin.value) throw new Trouble("pin_wanted");
  const opened = window.open(`${signer}/popupForm`, "taipei-id-signer", "popup,width=480,height=320");
  if (!opened) throw new Trouble("no_signer");
  show(form, "signing");
  const [ready, answered] = hear(opened, signer, (data) => {
    const said = JSON.parse(data);
    return [{ getTbs: "ready", sign: "answer" }[said.func], said];
  });
  answered.catch(() => {}); // it is waited for below, later
  try {
    const { nonce, text } = await ask(form, form.dataset.ask);
    await Promise.race([ready, pause(FIND_MS).then(() => { throw new Trouble("no_signer"); })]);
    opened.postMessage(JSON.stringify(order(text, pin.value)), signer);
    pin.value = "";
    const { ret_code: code, last_error: reason, signature } = await answered;
    if (code) throw new Trouble(HIPKI[reason] ?? HIPKI[code] ?? "other");
    return { challenge: nonce, token: JSON.stringify({ format: "page-signed:1", signature }) };
  } finally {
    opened.close();
  }
}

function order(text, pin) {
  return {
    func: "MakeSignature", signatureType: "PKCS7", hashAlgorithm: "SHA256", withCardSN: "false", nonce: "",
    tbs: btoa(String.fromCharCode(...new TextEncoder().encode(text))), tbsEncoding: "base64", pin: encodeURIComponent(pin),
  };
}

// What the program's own window says to us, and that it was closed.
function hear(opened, address, read) {
  const said = {};
  const saying = (what) => new Promise((resolve) => { said[what] = resolve; });
  const ready = saying("ready");
  const answer = saying("answer");
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== opened || origin !== address) return;
    const [what, answer] = read(data);
    said[what]?.(answer);
  });
  const closed = new Promise((_, reject) => {
    const watch = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(watch);
      setTimeout(() => reject(new Trouble("window_closed")), LAST_WORD_MS);
    }, LAST_WORD_MS);
  });
  closed.catch(() => {}); // it is closed in the end, always
  return [Promise.race([ready, closed]), Promise.race([answer, closed])];
}

// The page

function showOne(box, attribute, code) {
  box.querySelectorAll(`[data-${attribute}]`).forEach((line) => {
    line.hidden = line.dataset[attribute] !== code;
  });
  box.hidden = !code;
}

const show = (form, code) => showOne(form.querySelector("[data-states]"), "state", code);

function choose(form, readers) {
  form.elements.reader.replaceChildren(...readers.map(({ name }) => new Option(name, name)));
  form.querySelector("[data-readers]").hidden = false;
}

function complain(form, { code, tries, words }) {
  const box = form.querySelector("[data-troubles]");
  const known = box.querySelector(`[data-trouble="${code}"]`) ? code : "other";
  showOne(box, "trouble", known);
  box.querySelectorAll("[data-left]").forEach((line) => {
    line.hidden = known !== "pin_incorrect" || tries === null || (line.dataset.left === "few") !== (tries === 1);
  });
  box.querySelector("[data-tries]").textContent = tries ?? "";
  box.querySelector("[data-said]").textContent = words ?? "";
  form.querySelector("[data-window]").hidden = known !== "no_program" || form.dataset.card !== "sign";
  box.focus();
}

function prepare(form) {
  const addresses = form.dataset.programs.split(" ");
  const button = form.querySelector("button:not([type=button])");
  const run = async (how) => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    showOne(form.querySelector("[data-troubles]"), "trouble", "");
    try {
      const fields = await how();
      Object.entries(fields).forEach(([name, value]) => { form.elements[name].value = value; });
      form.submit();
    } catch (trouble) {
      complain(form, trouble);
    }
    show(form, "");
    button.removeAttribute("aria-disabled");
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(async () => {
      show(form, "finding");
      return (form.dataset.card === "sign" ? sign : read)(form, await find(addresses));
    });
  });
  form.querySelector("[data-window]").addEventListener("click", () => run(() => byWindow(form, addresses[0])));
  const pin = form.querySelector("[data-pin]");
  pin?.form.querySelector("[data-page-signs]").addEventListener("click", () => run(() => byPage(form)));
  pin?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it would press the form's first button
    run(() => byPage(form));
  });
}

document.querySelectorAll("form[data-card]").forEach(prepare);
document.querySelectorAll("[data-without-cards]").forEach((each) => { each.hidden = true; });
