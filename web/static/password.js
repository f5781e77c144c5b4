// Let people see the password they type. Without this module the button stays hidden.
for (const button of document.querySelectorAll("[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  const conceal = () => {
    field.type = "password";
    button.setAttribute("aria-pressed", "false");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    if (shown) {
      conceal();
    } else {
      field.type = "text";
      button.setAttribute("aria-pressed", "true");
    }
    field.focus();
  });
  field.form.addEventListener("submit", conceal); // so that browsers do not remember it as text
}
