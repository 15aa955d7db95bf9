// Ages and countdowns run on by the server's clock, never the PC's.
import { say } from "./words.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let offset = Number(document.body.dataset.now) - Date.now();

export const now = () => Date.now() + offset;

export function setNow(server) {
  offset = server - Date.now();
}

export function clock(at = now()) {
  return new Date(at).toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai", hour12: false });
}

export function span(length) {
  const seconds = Math.max(0, Math.floor(length / 1000));
  if (seconds < 60) return say("s", { n: seconds });
  if (seconds < 3600) return say("m", { n: Math.floor(seconds / 60) });
  return say("hm", { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
}

function left(until) {
  const rest = until - now();
  if (rest < 0) return say("late", { span: span(-rest) });
  const seconds = Math.floor(rest / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tick() {
  for (const element of document.querySelectorAll("time[data-until]")) {
    put(element, left(Number(element.dataset.until)));
  }
  for (const element of document.querySelectorAll("time[data-since]")) {
    const age = now() - Number(element.dataset.since);
    if (age < HOUR) put(element, span(age));
  }
}

export function start() {
  setInterval(tick, 1000);
}
