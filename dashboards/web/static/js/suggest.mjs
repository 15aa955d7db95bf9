// Places by name while somebody types: a combobox over the server's search. Without this script the
// field takes a code or a whole name, and the server says what it did not understand.
const REST = 150;

export function start(input, chosen) {
  const list = document.createElement("ul");
  list.id = `${input.id}-options`;
  list.className = "ll-suggest";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent.trim() ?? "");
  list.hidden = true;
  input.after(list);
  const says = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(says)) input.setAttribute(name, value);
  let items = [];
  let active = -1;
  let timer = 0;
  let running = null;

  function show(open) {
    list.hidden = !open || !items.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) mark(-1);
  }

  function mark(number) {
    active = number;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    if (number < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[number].id);
      list.children[number].scrollIntoView({ block: "nearest" });
    }
  }

  function choose(item) {
    input.value = "code" in input.dataset ? `${item.name} ${item.code}` : item.name;
    show(false);
    chosen?.(item);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function fill(found) {
    items = found;
    list.replaceChildren(
      ...found.map((item, at) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${at}`;
        option.setAttribute("role", "option");
        const path = document.createElement("span");
        path.className = "ll-dim";
        path.textContent = item.path;
        option.append(item.name, " ", path);
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(item);
        });
        return option;
      }),
    );
    mark(-1);
    show(document.activeElement === input);
  }

  async function search() {
    running?.abort();
    running = new AbortController();
    const words = input.value.trim();
    if (!words) return fill([]);
    const address = `${input.dataset.suggest}?${new URLSearchParams({ q: words })}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: running.signal });
      if (answer.ok) fill((await answer.json()).items);
    } catch {
      // The line is down or newer letters are on their way; what was found stays.
    }
  }

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(search, REST);
  });
  input.addEventListener("compositionend", search);
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (moves && items.length) {
      event.preventDefault();
      if (list.hidden) show(true);
      mark((active + moves + items.length) % items.length);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      choose(items[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });
}
