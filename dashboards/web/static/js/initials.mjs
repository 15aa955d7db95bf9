// A choice by what an operator types while the field has the focus: the initials of a Chinese name (rqxl), a code, or
// the beginning of the label. The browser's own search knows the label alone, which no key of a keyboard begins.
const PAUSE_MS = 1200;

export function start(select) {
  const known = [...select.options].filter((option) => option.dataset.keys);
  let typed = "";
  let last = 0;

  function found(text) {
    return known.find((option) =>
      `${option.dataset.keys} ${option.label.toLowerCase()}`.split(" ").some((word) => word.startsWith(text)));
  }

  select.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!/^[a-z-]$/i.test(event.key)) return;
    event.preventDefault();
    const letter = event.key.toLowerCase();
    typed = Date.now() - last < PAUSE_MS ? typed + letter : letter;
    last = Date.now();
    const option = found(typed) ?? found((typed = letter));
    if (!option || option.selected) return;
    option.selected = true;
    for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind, { bubbles: true }));
  });
}
