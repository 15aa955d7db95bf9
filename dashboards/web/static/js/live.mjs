// The page's one stream. EventSource checks status and type; this adds what it lacks: a first
// connection that fails is tried again, a half-open one is noticed by its missing beat, and the
// place in the log travels along, so nothing is missed and nothing is shown twice.
import { clock, now, setNow, span } from "./time.mjs";
import { say } from "./words.mjs";

const SILENCE = 15_000;
const LONGEST = 30_000;
const FIRST = 1_000;

export function start(address, { event, resync }) {
  let source = null;
  let place = "";
  let heard = Date.now();
  let opened = false;
  let whole = false;
  let tries = 0;
  let retry = null;
  let lost = 0;
  let title = "";

  const root = document.documentElement;
  const bar = document.getElementById("stale");

  function alive(message) {
    heard = Date.now();
    if (message?.lastEventId) place = message.lastEventId;
    if (!lost) return;
    lost = 0;
    tries = 0;
    root.classList.remove("ll-stale-state");
    bar.hidden = true;
    document.title = title;
    resync();
  }

  function connect() {
    clearTimeout(retry);
    source?.close();
    const url = new URL(address, location.href);
    if (place) url.searchParams.set("last_event_id", place);
    source = new EventSource(url);
    source.addEventListener("beat", (message) => {
      opened = true;
      tries = lost ? tries : 0;
      setNow(JSON.parse(message.data).now);
      alive(message);
      if (whole) return;
      whole = true;
      resync(); // what happened between the drawing of the page and now came with no message
    });
    for (const kind of ["alarm", "ticket"]) {
      source.addEventListener(kind, (message) => {
        alive(message);
        event(kind, message.data);
      });
    }
    source.addEventListener("resync", (message) => {
      alive(message);
      resync();
    });
    source.addEventListener("error", again);
  }

  function again() {
    source?.close();
    tries += 1;
    const wait = Math.min(LONGEST, FIRST * 2 ** Math.min(tries - 1, 5)) * (0.75 + Math.random() / 2);
    clearTimeout(retry);
    retry = setTimeout(connect, wait);
    if (!opened && tries === 1) check();
  }

  // A stream that was never let in may be a sign-in that has ended: the page itself then says so.
  async function check() {
    const answer = await fetch("/api/v1/alarms?limit=1").catch(() => null);
    if (answer?.status === 401) location.reload();
  }

  function watch() {
    const silent = Date.now() - heard;
    if (silent > SILENCE && !lost) {
      lost = now() - silent;
      title = document.title;
      root.classList.add("ll-stale-state");
      document.title = `${say("lost")} · ${title}`;
      bar.hidden = false;
      again();
    }
    const word = document.getElementById("live-word");
    if (word) word.textContent = say(lost ? "lost" : "live");
    const face = document.getElementById("live-clock");
    if (face) face.textContent = clock(lost || now());
    if (lost) {
      document.getElementById("stale-what").textContent = say("lost_since", { span: span(now() - lost) });
      document.getElementById("stale-since").textContent = say("frozen", { time: clock(lost), n: tries });
    }
  }

  document.getElementById("stale-retry")?.addEventListener("click", connect);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (shown) => shown.persisted && connect());
  setInterval(watch, 1000);
  connect();
}
