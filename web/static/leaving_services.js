// Go on once every service's frame has loaded, or when the slowest has had its time.
// A plain script, not a module: without it the Refresh header and the link do the same.
const onward = document.getElementById("logout_continue").href;
const seconds = Number(document.currentScript.dataset.longestSeconds);
const leave = () => location.replace(onward);
addEventListener("load", leave);
setTimeout(leave, seconds * 1000);
