// Copy a piece of code with one press. Without this module the button stays hidden.
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  const code = document.getElementById(button.dataset.copies);
  const said = button.querySelector("[aria-live]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    said.hidden = false;
  });
}
