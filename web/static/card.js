// Read the card in this computer's reader: our server says each command, the card program beside
// the reader passes it on, and neither learns the other's secrets. Then send the form. Without this
// module the form stays hidden and the password works.
const WAIT_MS = 1000;
const PATIENCE = 6; // seconds for which the program may still hold a card that was read before

class Trouble extends Error {
  constructor(code, words) {
    super(code);
    Object.assign(this, { code, words });
  }
}

async function program(addresses) {
  for (const address of addresses) {
    try {
      const { key } = await say(address, "pair", {});
      return (path, fields) => say(address, path, { key, ...fields });
    } catch { /* another may listen at the next */ }
  }
  throw new Trouble("no_program");
}

async function say(address, path, fields) {
  const response = await fetch(`${address}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields),
  });
  const answer = await response.json();
  if (!response.ok) throw new Trouble(answer.error);
  return answer;
}

async function ask(form, url, fields) {
  const { place } = form.dataset;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, place, ...fields });
  const response = await fetch(url, { method: "POST", body });
  if (response.redirected) location.reload(); // who is there must be confirmed first
  const answer = await response.json();
  if (!response.ok) throw new Trouble("said", answer.title);
  return answer;
}

async function theCard(tell) {
  const { readers } = await tell("status", {});
  const holding = readers.filter(({ state }) => state === "card");
  if (holding.length > 1) throw new Trouble("several_cards");
  if (holding.length === 1) return holding[0];
  if (readers.some(({ state }) => state === "mute")) throw new Trouble("card_mute");
  throw new Trouble(readers.length ? "no_card" : "no_reader");
}

async function relay(tell, fields) {
  for (let left = PATIENCE; ; left -= 1) {
    try {
      return (await tell("relay", fields)).answer;
    } catch (trouble) {
      if (trouble.code !== "busy" || !left) throw trouble;
      await new Promise((done) => { setTimeout(done, WAIT_MS); });
    }
  }
}

async function read(form) {
  const tell = await program(form.dataset.programs.split(" "));
  const { name: reader, atr } = await theCard(tell);
  let step = await ask(form, form.dataset.read, { atr: atr ?? "" });
  const { challenge } = step;
  while (step.command) {
    const answer = await relay(tell, { nonce: challenge, reader, command: step.command, last: step.last });
    step = await ask(form, form.dataset.answer, { challenge, answer });
  }
  form.elements.challenge.value = challenge;
  form.elements.card.value = step.card;
}

function complain(form, { code, words }) {
  const troubles = form.querySelector("[data-troubles]");
  const lines = [...troubles.querySelectorAll("[data-trouble]")];
  const known = lines.some((line) => line.dataset.trouble === code) ? code : "other";
  lines.forEach((line) => { line.hidden = line.dataset.trouble !== known; });
  troubles.querySelector("[data-said]").textContent = words ?? "";
  troubles.hidden = false;
  troubles.focus();
}

function prepare(form) {
  const button = form.querySelector("button:not([type=button])");
  const reading = form.querySelector("[data-reading]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    form.querySelector("[data-troubles]").hidden = true;
    reading.hidden = false;
    try {
      await read(form);
      form.submit();
    } catch (trouble) {
      complain(form, trouble);
    }
    reading.hidden = true;
    button.removeAttribute("aria-disabled");
  });
}

document.querySelectorAll("form[data-card]").forEach(prepare);
document.querySelectorAll("[data-without-cards]").forEach((each) => { each.hidden = true; });
