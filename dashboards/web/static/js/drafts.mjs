// What was typed into a form and not sent yet: a reload or a crashed browser loses none of it. It stays in this
// browser, in this tab's sessionStorage, under the person who typed it, and goes when the form was sent, given up,
// or its person signs out.
//
// The telephone number is left out, and so is the name of whoever asked to stay unnamed. On the pages a number is
// masked, and every look at a whole one is a request with a reason that the audit log keeps; browsers write session
// storage to their profile on disk, where a copy would be a look that nobody logged. It is also the cheapest field
// to lose: it stands on the telephone's display, and the caller is on the line. A reason for seeing what is
// confidential is for one request and is not kept either; files cannot be.
const PREFIX = "linli.draft.";
const KEPT = [
  "name", "confidential", "place", "area", "building", "lon", "lat", "view", "category", "urgency", "text", "answer",
  "cites", "key",
];
const TYPED = ["name", "place", "area", "category", "text", "answer"];
const OLDEST_MS = 24 * 3_600_000;
const SENT = new Set(["created", "answered", "unanswered"]);

/** Removes everybody's drafts from this tab, but for the one of that name. */
function forget(but = "") {
  attempt(() => {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(PREFIX) && name !== but) sessionStorage.removeItem(name);
    }
  });
}

/** Keeps the form's fields while they are written; gives them back to a form that comes empty from the server. */
export function start(form, restored) {
  const name = PREFIX + form.dataset.draft;
  const note = document.getElementById("draft");
  const fresh = form.dataset.fresh !== undefined;

  function save() {
    const values = {};
    for (const field of KEPT) {
      const control = form.elements[field];
      if (control) values[field] = control.type === "checkbox" ? (control.checked ? control.value : "") : control.value;
    }
    if (values.confidential) delete values.name;
    if (!TYPED.some((field) => values[field])) drop();
    else attempt(() => sessionStorage.setItem(name, JSON.stringify({ at: Date.now(), values })));
  }

  function drop() {
    attempt(() => sessionStorage.removeItem(name));
  }

  function restore() {
    const kept = attempt(() => JSON.parse(sessionStorage.getItem(name)));
    if (!kept || !(Date.now() - kept.at < OLDEST_MS)) return;
    for (const [field, value] of Object.entries(kept.values)) {
      const control = form.elements[field];
      if (!control || !KEPT.includes(field)) continue;
      if (control.type === "checkbox") control.checked = value !== "";
      else control.value = value;
    }
    const answer = form.querySelector(".ll-intake-answer");
    if (answer && kept.values.answer) answer.open = true;
    note.hidden = false;
    restored();
  }

  forget(name);
  if (fresh) restore();
  else save();
  note.querySelector("button").addEventListener("click", () => {
    drop();
    location.assign(form.getAttribute("action"));
  });
  form.querySelector("[data-give-up]").addEventListener("click", drop);
  for (const kind of ["input", "change"]) form.addEventListener(kind, save);
}

function attempt(what) {
  try {
    return what();
  } catch {
    return null; // A browser that keeps nothing, or is full: the form works as it did, and comes back from the server.
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") === "/sign-out") forget();
});
if (SENT.has(new URLSearchParams(location.search).get("said"))) forget();
