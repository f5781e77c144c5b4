// Bring the citizen's screen up to date while it is looked at; without this module a button does.
const EVERY_MS = 3000;

async function renew() {
  const response = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const shown = document.querySelector("[data-mirror]");
  const now = page.querySelector("[data-mirror]");
  if (now && now.innerHTML !== shown.innerHTML) {
    shown.replaceWith(now);
    document.documentElement.lang = page.documentElement.lang;
  }
}

document.querySelector("[data-without-mirror]").hidden = true;
setInterval(() => { if (!document.hidden) renew(); }, EVERY_MS);
