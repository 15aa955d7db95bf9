// Live regions: the server's newer HTML flows into the page in place, by id. What a person holds
// stays: focus, scroll, the open dialog, the half-written text.
import { Idiomorph } from "../vendor/idiomorph.mjs";
import { hold, mergeList } from "./list.mjs";
import { say } from "./words.mjs";

const GAP = 250;
const SETTLED = 1500;
let running = false;
let wanted = null;
let last = 0;

export function partAddress(address = location.href) {
  const url = new URL(address, location.href);
  url.searchParams.set("part", "1");
  url.searchParams.delete("said");
  return url;
}

function dirty(element) {
  if (element.matches?.("input[type=checkbox], input[type=radio]")) return element.checked !== element.defaultChecked;
  return element.matches?.("input:not([type=hidden]), textarea") && element.value !== element.defaultValue;
}

const options = {
  restoreFocus: false,
  callbacks: {
    beforeNodeMorphed(old, fresh) {
      if (old.nodeType !== Node.ELEMENT_NODE) return true;
      if (old.dataset?.keep !== undefined || old.matches("dialog[open]") || dirty(old)) return false;
      if (old.tagName === "SELECT" && old === document.activeElement) return false;
      if (old.tagName === "DETAILS" && fresh.tagName === "DETAILS" && old.open) fresh.open = true;
      return true;
    },
    beforeNodeRemoved(old) {
      if (old.nodeType !== Node.ELEMENT_NODE) return true;
      if (old.dataset?.keep !== undefined || old.matches("dialog[open]")) return false;
      return ![...old.querySelectorAll("input, textarea")].some((field) => dirty(field) && field === document.activeElement);
    },
  },
};

export function morph(old, fresh) {
  Idiomorph.morph(old, fresh, options);
}

export function apply(html, kinds, { force = false } = {}) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (fresh.title) document.title = document.documentElement.classList.contains("ll-stale-state") ? document.title : fresh.title;
  for (const region of document.querySelectorAll("[data-region]")) {
    const about = region.dataset.region.split(" ");
    const twin = region.id && fresh.getElementById(region.id);
    if (!twin || (kinds && !about.some((kind) => kinds.has(kind)))) continue;
    if (region.dataset.list !== undefined && !force && hold(region)) mergeList(region, twin, morph);
    else {
      const top = region.scrollTop;
      morph(region, twin);
      region.scrollTop = top;
      if (region.dataset.list !== undefined) mergeList.clear();
    }
  }
  const message = fresh.getElementById("message")?.textContent.trim();
  if (message) tell(message);
  document.dispatchEvent(new CustomEvent("ll:changed"));
}

export function tell(text) {
  const line = document.getElementById("message");
  if (line) line.textContent = text;
}

// The log may tell of a change a moment before the row behind it is written: look once more.
const later = new Set();
let settling = null;

function settle(kinds) {
  for (const kind of kinds) later.add(kind);
  clearTimeout(settling);
  settling = setTimeout(() => {
    ask([...later]);
    later.clear();
    document.dispatchEvent(new CustomEvent("ll:settled"));
  }, SETTLED);
}

// One request at a time, at most four a second; what happens meanwhile is asked for once, after it.
export function refresh(kinds) {
  settle(kinds);
  ask(kinds);
}

function ask(kinds) {
  wanted = new Set([...(wanted ?? []), ...kinds]);
  if (running) return;
  running = true;
  setTimeout(run, Math.max(0, last + GAP - Date.now()));
}

async function run() {
  const kinds = wanted;
  wanted = null;
  const address = location.href;
  try {
    const answer = await fetch(partAddress(), { headers: { Accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") location.reload();
    else if (answer.ok && address === location.href) apply(await answer.text(), kinds);
    else if (answer.ok) wanted = new Set([...(wanted ?? []), ...kinds]);
  } catch {
    // The stream's own watchdog says when the line is down, and its return asks for everything again.
  }
  last = Date.now();
  running = false;
  if (wanted) ask([]);
}

export async function show(address, { push = true, force = false } = {}) {
  const answer = await fetch(partAddress(address), { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    location.assign(address);
    return;
  }
  if (push) history.replaceState(null, "", address);
  apply(await answer.text(), null, { force });
}

export async function send(form, submitter) {
  const body = new FormData(form, submitter);
  const button = submitter ?? form.querySelector("button");
  button?.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      tell(say("refused", { why: (page.getElementById("refused") ?? page.querySelector("h1"))?.textContent ?? answer.status }));
      return;
    }
    form.reset();
    const page = new URL(answer.url);
    page.searchParams.delete("said");
    if (page.pathname !== location.pathname) {
      location.assign(answer.url);
      return;
    }
    history.replaceState(null, "", page);
    apply(await answer.text(), null);
  } catch {
    tell(say("kept"));
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}
