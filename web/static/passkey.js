// Ask the browser for a passkey and send its answer in the form the button stands in. Without this
// module, or in a browser that knows no passkeys, the form stays hidden and the password works.
const text = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (words) =>
  Uint8Array.from(atob(words.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const readable = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  user: options.user && { ...options.user, id: bytes(options.user.id) },
  excludeCredentials: options.excludeCredentials?.map((each) => ({ ...each, id: bytes(each.id) })),
});

const written = ({ id, rawId, type, response }) => {
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer[name] = text(response[name]);
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: answer });
};

async function optionsOf(form) {
  const { options, place } = form.dataset;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, place });
  const response = await fetch(options, { method: "POST", body });
  if (response.redirected) location.reload(); // who is there must be confirmed first
  if (!response.ok || response.redirected) throw new Error(`options: ${response.status}`);
  return response.json();
}

let waiting = null; // the browser answers one question at a time

async function ask(form, more = {}) {
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const options = await optionsOf(form);
  const publicKey = readable(options);
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey, signal, ...more });
  const shared = document.getElementById("shared_computer");
  form.elements.challenge.value = new TextDecoder().decode(publicKey.challenge);
  form.elements.credential.value = written(credential);
  if (form.elements.shared_computer && shared?.checked) form.elements.shared_computer.value = "yes";
  form.submit();
}

async function suggest(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  await ask(form, { mediation: "conditional" });
}

function prepare(form) {
  const trouble = form.querySelector("[data-trouble]");
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    button.setAttribute("aria-disabled", "true");
    try {
      await ask(form);
    } catch {
      trouble.hidden = false; // cancelled, timed out, no passkey here: the browser does not say
      trouble.focus();
    }
    button.removeAttribute("aria-disabled");
  });
  if ("suggests" in form.dataset) suggest(form).catch(() => {}); // a suggestion may come to nothing
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("form[data-passkey]").forEach(prepare);
  document.querySelectorAll("[data-without-passkeys]").forEach((each) => { each.hidden = true; });
}
