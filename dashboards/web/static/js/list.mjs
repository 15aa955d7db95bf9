// Lists that people hold: rows change in place, new ones wait in the counter, nothing moves under
// the eye. A new critical row alone comes at once, in its slot above the list.
import { say } from "./words.mjs";

const pending = new Map();

export function hold(list) {
  return list.contains(document.activeElement) || list.matches(":hover") || pending.size > 0;
}

export function rows(list) {
  return [...list.querySelectorAll('[role="option"]')];
}

export function mergeList(list, fresh, morph) {
  const coming = new Map(rows(fresh).map((row) => [row.id, row]));
  const chosen = list.getAttribute("aria-activedescendant");
  for (const row of rows(list)) {
    const next = coming.get(row.id);
    if (next) {
      next.setAttribute("aria-selected", String(row.id === chosen));
      morph(row, next);
      coming.delete(row.id);
    } else {
      row.classList.add("ll-gone");
      row.dataset.gone = say("gone");
    }
  }
  const pinned = document.getElementById("pinned");
  for (const [id, row] of coming) {
    if (!pending.has(id) && list.dataset.pin && row.dataset.severity === list.dataset.pin && pinned) pin(pinned, row);
    pending.set(id, row);
  }
  for (const id of [...pending.keys()]) if (!fresh.querySelector(`#${CSS.escape(id)}`)) pending.delete(id);
  count();
}

function pin(slot, row) {
  const copy = document.importNode(row, true);
  copy.id = `pinned-${row.id}`;
  copy.removeAttribute("role");
  copy.removeAttribute("aria-selected");
  copy.removeAttribute("tabindex");
  slot.replaceChildren(copy);
}

function count() {
  const counter = document.getElementById("counter");
  if (!counter) return;
  counter.hidden = pending.size === 0;
  counter.textContent = pending.size ? `${say("new", { n: pending.size })} [.]` : "";
}

mergeList.clear = () => {
  pending.clear();
  document.getElementById("pinned")?.replaceChildren();
  count();
};

export function start(list, { show }) {
  const wide = matchMedia("(min-width: 800px)");
  const chosen = () => rows(list).find((row) => row.id === list.getAttribute("aria-activedescendant"));

  function choose(row) {
    if (!row) return;
    for (const other of rows(list)) other.setAttribute("aria-selected", String(other === row));
    list.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
    show(row.href);
  }

  function move(step) {
    const all = rows(list);
    const index = all.indexOf(chosen());
    choose(all[Math.min(Math.max(index + step, 0), all.length - 1)]);
    list.focus({ preventScroll: true });
  }

  list.addEventListener("click", (event) => {
    const row = event.target.closest('[role="option"]');
    if (!row || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(row);
    list.focus({ preventScroll: true });
  });
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -1e6, End: 1e6 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(steps[event.key]);
  });
  const merge = () => {
    show(location.href, { force: true }).then(() => list.focus({ preventScroll: true }));
  };
  document.getElementById("counter")?.addEventListener("click", merge);
  // Keep what the server chose while newer rows arrive: the choice belongs in the address.
  if (wide.matches && chosen() && !location.search.includes(`${chosen().id.split("-")[0]}=`)) {
    history.replaceState(null, "", chosen().href);
  }
  return {
    next: () => move(1),
    previous: () => move(-1),
    merge,
    open: () => chosen()?.dataset.ticket && location.assign(chosen().dataset.ticket),
    ticket: () => chosen()?.dataset.ticket && location.assign(chosen().dataset.ticket),
  };
}
