// Time as the server counts it, and how a length of time is written.
import { signal } from "./ui.js";
import { t } from "./i18n.js";

let offset = 0;
/** Steps once a second; whatever counts reads it and nothing else is drawn again. */
export const tick = signal(Date.now());
export const now = () => Date.now() + offset;

export function setServerTime(nowMs) {
  // Half a second of network is no reason to make every clock jump.
  if (Math.abs(nowMs - now()) > 500) { offset = nowMs - Date.now(); tick.value = now(); }
}

let timer = 0;
export function startClock() {
  clearTimeout(timer);
  tick.value = now();
  timer = setTimeout(startClock, 1000 - (now() % 1000) + 5);
}

const two = (n) => String(n).padStart(2, "0");

/** 0:48, 17 min, 1 h 52, 3 d: exact where seconds matter, short where they do not. */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 3600) return t("span.min", { m: Math.floor(s / 60) });
  if (s < 86400) return t("span.hour", { h: Math.floor(s / 3600), m: two(Math.floor((s % 3600) / 60)) });
  return t("span.day", { d: Math.floor(s / 86400) });
}
/** A stopwatch: 4:38, 1:02:07. */
export function watch(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const rest = `${h ? two(Math.floor((s % 3600) / 60)) : Math.floor((s % 3600) / 60)}:${two(s % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

/** How a promise stands: {state: ok|warn|bad|met|none, left, percent}. */
export function measure(clock, at) {
  if (!clock || clock.state === "cancelled") return { state: "none" };
  if (clock.state === "paused") return { state: "paused" };
  if (clock.state === "met") return { state: "met", took: clock.ended_ms - clock.started_ms };
  const left = clock.due_ms - at;
  if (clock.state === "breached" || left < 0) {
    // A late answer stops the counting; a missing one goes on.
    const end = clock.state === "breached" && clock.ended_ms > clock.due_ms ? clock.ended_ms : at;
    return { state: "bad", left: Math.min(-1000, clock.due_ms - end) };
  }
  const percent = Math.max(0, Math.min(100, (left / Math.max(1, clock.due_ms - clock.started_ms)) * 100));
  return { state: percent < 50 ? "warn" : "ok", left, percent: Math.round(percent) };
}
