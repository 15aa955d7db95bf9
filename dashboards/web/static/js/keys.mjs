// Single keys, bound from the table that the server shows under "?": only outside fields, without
// modifiers, not while an input method composes, and only while the person has not switched them off.
const OFF = "linli.keys.off";

function elsewhere(event) {
  const target = event.target;
  return (
    event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey ||
    event.defaultPrevented || target.closest?.("input, textarea, select, [contenteditable]") ||
    document.querySelector("dialog[open]")
  );
}

export function start(actions) {
  const source = document.getElementById("key-table");
  if (!source) return;
  const table = JSON.parse(source.textContent);
  const help = document.getElementById("key-help");
  const off = document.getElementById("key-off");
  off.checked = localStorage.getItem(OFF) === "1";
  off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "1" : "0"));
  const known = { help: () => help.showModal(), ...actions };
  document.addEventListener("keydown", (event) => {
    if (elsewhere(event)) return;
    const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const action = table[name];
    if (!action || !known[action] || (off.checked && action !== "help")) return;
    if (name === "Enter" && event.target.closest("a, button, summary")) return;
    event.preventDefault();
    known[action]();
  });
}
