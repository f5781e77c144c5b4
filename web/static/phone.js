// Look whether the phone has answered. Without this module the link on the page does the same.
const LOOK_MS = 1500;
const region = document.getElementById("phone");
let ends = 0;

function count() {
  const left = document.getElementById("phone_left");
  if (!left) {
    return;
  }
  const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  left.textContent = left.dataset.words.replace("#", seconds);
  left.previousElementSibling.value = seconds;
}

function begin() {
  const left = document.getElementById("phone_left");
  ends = performance.now() + 1000 * Number(left?.dataset.seconds ?? 0);
  count();
}

// The page that came back is ours; its part that changed takes the place of the old one.
async function show() {
  const answer = await fetch(location.pathname);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("phone");
  if (!fresh) {
    location.reload(); // the sign-in is over
    return;
  }
  region.replaceChildren(...fresh.childNodes);
  region.dataset.state = fresh.dataset.state;
  document.title = page.title;
  begin();
  document.getElementById("phone_go_on")?.focus();
}

async function look() {
  if (region.dataset.state !== "waiting" || document.hidden) {
    return;
  }
  const answer = await fetch(region.dataset.ask, { headers: { Accept: "application/json" } });
  const state = answer.redirected || !answer.ok ? "gone" : (await answer.json()).state;
  if (state !== "waiting") {
    await show();
  }
}

async function watch() {
  await look().catch(() => {}); // no network for a moment; the next look may find it
  setTimeout(watch, LOOK_MS);
}

begin();
setInterval(count, 1000);
setTimeout(watch, LOOK_MS);
