// Every page's entry: each part starts only where the page has it.
import * as dialogs from "./dialogs.mjs";
import "./drafts.mjs";
import * as time from "./time.mjs";

time.start();
dialogs.start();

// Where the rail is longer than the window, the page one is on stands in its middle.
const here = document.querySelector(".ll-rail [aria-current]");
if (here) {
  const [rail, own] = [here.parentElement.getBoundingClientRect(), here.getBoundingClientRect()];
  here.parentElement.scrollBy(own.x - rail.x - (rail.width - own.width) / 2, own.y - rail.y - (rail.height - own.height) / 2);
}

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
for (const box of document.querySelectorAll("[data-remember]")) {
  const key = `linli.step.${box.dataset.remember}`;
  box.checked = sessionStorage.getItem(key) === "1";
  box.addEventListener("change", () => sessionStorage.setItem(key, box.checked ? "1" : "0"));
}

for (const field of document.querySelectorAll("[data-suggest]:not([data-intake] *)")) {
  (await import("./suggest.mjs")).start(field);
}

for (const field of document.querySelectorAll("[data-initials]")) {
  (await import("./initials.mjs")).start(field);
}

const call = document.querySelector("[data-intake]");
if (call) (await import("./intake.mjs")).start(call);
if (document.querySelector("[data-photos]")) (await import("./photos.mjs")).start();

const drafted = document.querySelector("[data-preview]");
if (drafted) (await import("./preview.mjs")).start(drafted);
if (call && !document.getElementById("draft").hidden) call.dispatchEvent(new Event("input"));

const run = document.querySelector("[data-follow]");
if (run) (await import("./follow.mjs")).start(run);

const list = document.querySelector("[data-list]");
const address = document.body.dataset.live;
if (address || list) {
  const regions = await import("./regions.mjs");
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.enhance === undefined) return;
    event.preventDefault();
    regions.send(event.target, event.submitter);
  });

  // A phone pays for the map's library only when somebody asks for the map.
  let map = null;
  const box = document.getElementById("map"), opener = document.getElementById("map-open");
  const openMap = () => {
    opener.hidden = true;
    map = import("./map.mjs").then((module) => module.start(box));
  };
  if (box && matchMedia("(min-width: 800px)").matches) openMap();
  else if (box) {
    opener.hidden = false;
    opener.addEventListener("click", openMap, { once: true });
  }
  const locate = () => map?.then((it) => it.locate(document.getElementById("locate")?.dataset.device));
  document.addEventListener("click", (event) => event.target.closest("#locate") && locate());

  if (list) {
    const lists = await import("./list.mjs");
    const keys = await import("./keys.mjs");
    const moves = lists.start(list, regions);
    const answers = document.getElementById("call") ? (await import("./callbacks.mjs")).actions() : {};
    keys.start({
      ...moves,
      ...answers,
      locate,
      new: () => document.getElementById("new-ticket")?.click(),
      acknowledge() {
        const button = document.getElementById("ack-button");
        if (!button) return;
        if (document.getElementById("detail").classList.contains("ll-s-critical")) button.focus();
        else button.form.requestSubmit(button);
      },
    });
  }

  document.addEventListener("ll:settled", () => map?.then((it) => it.refresh()));
  if (address) {
    const live = await import("./live.mjs");
    const everything = ["alarm", "ticket"];
    live.start(address, {
      event(kind) {
        regions.refresh([kind]);
        if (kind === "alarm") map?.then((it) => it.refresh());
      },
      resync() {
        regions.refresh(everything);
        map?.then((it) => it.refresh());
      },
    });
  }
}
document.documentElement.dataset.ready = "1";
