// Keep the code fresh and show what the till was told. Without this module the buttons do the same.
const LOOK_MS = 1500;
const ROUNDS = 5; // a phone that was put away does not go on making codes
const region = document.getElementById("till");
let rounds = 0;
let ends = 0;

function count() {
  const left = document.getElementById("till-left");
  if (!left) {
    return;
  }
  const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  left.textContent = left.dataset.words.replace("#", seconds);
  left.previousElementSibling.value = seconds;
}

function begin() {
  const left = document.getElementById("till-left");
  ends = performance.now() + 1000 * Number(left?.dataset.seconds ?? 0);
  count();
}

// The page that came back is ours; its part that changed takes the place of the old one.
async function take(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("till");
  if (!fresh) {
    location.reload(); // signed out in the meantime, perhaps
    return;
  }
  const focused = document.activeElement?.id;
  region.replaceChildren(...fresh.childNodes);
  region.dataset.state = fresh.dataset.state;
  document.title = page.title;
  begin();
  if (region.dataset.state === "read") {
    region.scrollIntoView(); // the number, wherever the page was scrolled to
  }
  if (focused && document.activeElement !== document.getElementById(focused)) {
    document.getElementById(focused)?.focus();
  }
}

async function renew() {
  const form = document.getElementById("till-renew");
  const body = new URLSearchParams(new FormData(form));
  await take(await fetch(form.action, { method: "POST", body }));
}

async function look() {
  if (region.dataset.state !== "waiting" || document.hidden) {
    return;
  }
  const answer = await fetch(region.dataset.ask, { headers: { Accept: "application/json" } });
  const state = answer.redirected || !answer.ok ? "over" : (await answer.json()).state;
  if (state === "over" && rounds < ROUNDS) {
    rounds += 1;
    await renew();
  } else if (state !== "waiting") {
    await take(await fetch(location.pathname));
  }
}

async function watch() {
  await look().catch(() => {}); // no network for a moment; the next look may find it
  setTimeout(watch, LOOK_MS);
}

begin();
setInterval(count, 1000);
setTimeout(watch, LOOK_MS);
