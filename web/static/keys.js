// Let the desk's few main steps be reached by one key, as written beside them; without this module
// the hints stay hidden and everything is pressed as ever. Enter never ends a case (UI 3.6).
for (const hint of document.querySelectorAll("kbd[data-key]")) hint.hidden = false;

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (!/^F\d+$/.test(event.key)) return;
  const target = document.querySelector(`[aria-keyshortcuts="${event.key}"]`);
  if (!target?.checkVisibility()) return;
  event.preventDefault();
  target.focus();
  target.click();
});
