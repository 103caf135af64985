// Everything a person can do at the desk, and what arrives from the engine. Components call these and draw signals.
import { batch } from "./ui.js";
import { api, newKey } from "./api.js";
import { now, setServerTime } from "./clocks.js";
import { t, term } from "./i18n.js";
import { save, load } from "./settings.js";
import { breachSound, messageSound, notify, offerSound } from "./sound.js";
import * as s from "./state.js";
import { stopLive } from "./live.js";
import { excludedText } from "./components/reasons.js";

const CANNOT = /^this operator cannot have it now \((.+)\)$/;
const REFUSED = new Set(["ping_pong", "hops"]);
export const explainError = (error) =>
  REFUSED.has(error.code) ? t(`error.${error.code}`) : CANNOT.test(error.message) ? t("error.cannot", { reason: excludedText(CANNOT.exec(error.message)[1]) }) : error.status === 0 ? t("error.offline") : error.status === 409 ? error.message || t("error.conflict") : error.message || t("error.unknown");
const complain = (error) => s.toast(explainError(error), { bad: true });
/** Runs a command; says what went wrong; true when it went right. */
export async function attempt(work) {
  try { await work(); return true; } catch (error) { complain(error); return false; }
}

// ---- what arrives ----
const decided = new Set();        // offers that ended by my own hand
const halfway = new Map();        // offer id → timer of the second sound
let noticeMax = null;

export function takeDesk(next) {
  const last = s.desk.value;
  if (last && next.seq < last.seq && next.now_ms < last.now_ms) return;
  batch(() => {
    setServerTime(next.now_ms);
    s.desk.value = next;
    s.failed.value = "";
  });
  offersChanged(last?.offers ?? [], next);
  takeNotices(next.notices);
  const open = next.mine.find((item) => item.reference === s.openRef.value);
  if (open && s.pane.value !== "list" && document.hasFocus()) s.markSeen(open);
}

function offersChanged(before, next) {
  const kept = new Set(next.offers.map((offer) => offer.offer_id));
  const known = new Set(before.map((offer) => offer.offer_id));
  for (const offer of before) {
    if (kept.has(offer.offer_id)) continue;
    clearTimeout(halfway.get(offer.offer_id));
    if (decided.has(offer.offer_id)) continue;
    if (next.mine.some((item) => item.work_item_id === offer.item.work_item_id)) continue;  // accepted in another tab
    const notice = next.notices.find((one) => one.reference === offer.item.reference && one.kind.startsWith("offer_") && one.notice_id > (noticeMax ?? 0));
    const ranOut = notice ? notice.kind === "offer_expired" : offer.deadline_ms <= now() + 1500;
    // The notice's detail is the engine's word; our own sentence is in the reader's language, so ours leads.
    showGhost(offer, ranOut ? t("offer.expired") : t("offer.revoked"));
  }
  for (const offer of next.offers) {
    if (known.has(offer.offer_id)) continue;
    offerSound(offer.item.icon);
    s.shouted.value = t("offer.said", { name: offer.item.customer, channel: term("channel", offer.item.icon), n: secondsLeft(offer) });
    notify(t("offer.title", { name: offer.item.customer }), offer.item.subject || offer.item.preview);
    const half = (offer.deadline_ms - now()) / 2;
    if (half > 1000) halfway.set(offer.offer_id, setTimeout(() => offerSound(offer.item.icon), half));
  }
}
const secondsLeft = (offer) => Math.max(0, Math.ceil((offer.deadline_ms - now()) / 1000));

function showGhost(offer, text) {
  s.ghosts.value = [...s.ghosts.value.filter((one) => one.offer.offer_id !== offer.offer_id), { offer, text }];
  s.shouted.value = `${offer.item.customer}: ${text}`;
  setTimeout(() => { s.ghosts.value = s.ghosts.value.filter((one) => one.offer.offer_id !== offer.offer_id); }, 4000);
}

function takeNotices(notices) {
  const newest = notices.reduce((max, one) => Math.max(max, one.notice_id), 0);
  noticeMax ??= load(`notices.${s.who()}`, newest);
  for (const one of notices) {
    if (one.notice_id <= noticeMax || one.kind.startsWith("offer_")) continue;
    if (one.kind === "clock_breached") breachSound();
    // Work that somebody gave me sounds like an offer: it is new, and it is mine.
    if (one.kind === "item_forced" || one.kind === "item_reassigned") givenSound(one.reference);
    s.toast(noticeText(one), { reference: one.reference, bad: BAD.has(one.kind) });
  }
  if (newest > noticeMax) { noticeMax = newest; save(`notices.${s.who()}`, newest); }
}
const BAD = new Set(["delivery_died", "clock_breached", "connect_failed", "lease_lost", "handoff_overdue", "order_delayed", "clock_escalated"]);
function givenSound(reference) {
  const item = s.desk.value.mine.find((one) => one.reference === reference);
  if (item) offerSound(item.icon);
}
/** "resolution 80": which promise, and how much of its time has passed. */
function promiseText(detail) {
  const [name, percent] = detail.split(" ");
  return term("promise", name) + (percent && percent !== "100" ? ` (${percent} %)` : "");
}
const BACK = new Set(["handoff_returned", "handoff_refused"]);
export function noticeText(notice) {
  const detail = notice.kind === "item_woken" ? term("woken", notice.detail) : notice.kind.startsWith("clock_") ? promiseText(notice.detail) : BACK.has(notice.kind) ? term("back", notice.detail) : notice.detail;
  return term("notice", notice.kind) + (detail ? `: ${detail}` : "");
}

let wanted = 0;
export async function refreshConversation(reference = s.openRef.value) {
  if (!reference) return;
  const ticket = ++wanted;
  try {
    const fresh = await api.conversation(reference);
    if (ticket !== wanted || s.openRef.value !== reference) return;
    const last = s.conv.value;
    batch(() => {
      setServerTime(fresh.now_ms);
      s.conv.value = fresh;
      s.convError.value = "";
    });
    if (fresh.reference !== reference) {  // it has become a part of another
      s.openRef.value = fresh.reference;
      history.replaceState(null, "", `#${fresh.reference}`);
    }
    if (last?.reference === reference) sayNews(last, fresh);
    s.markSeen(s.desk.value?.mine.find((item) => item.reference === reference));
  } catch (error) {
    if (ticket === wanted) s.convError.value = error.status === 404 || error.status === 403 ? t("thread.forbidden") : explainError(error);
  }
}
function sayNews(last, fresh) {
  const known = new Set(last.entries.map((entry) => entry.entry_id));
  const news = fresh.entries.filter((entry) => !known.has(entry.entry_id) && entry.kind === "message");
  if (news.length) s.said.value = `${news.at(-1).author}: ${news.at(-1).text.slice(0, 200)}`;
}
export function conversationChanged(reference) {
  if (reference === s.openRef.value) refreshConversation();
  messageSound();
}

// ---- finding one's way ----
export function openConversation(reference, { push = false } = {}) {
  if (reference === s.openRef.value) { s.pane.value = "talk"; refreshConversation(); return; }
  batch(() => {
    s.back.value = push && s.openRef.value ? [...s.back.value, s.openRef.value] : [];
    s.openRef.value = reference;
    s.conv.value = null;
    s.convError.value = "";
    s.pane.value = "talk";
    s.drawer.value = false;
    s.savedAt.value = 0;
  });
  history.replaceState(null, "", `#${reference}`);
  refreshConversation(reference);
}
export function goBack() {
  const trail = s.back.value;
  if (trail.length) {
    const target = trail.at(-1);
    openConversation(target);
    s.back.value = trail.slice(0, -1);
  } else s.pane.value = "list";
}
export function closeConversation() {
  batch(() => { s.openRef.value = ""; s.conv.value = null; s.back.value = []; s.pane.value = "list"; });
  history.replaceState(null, "", location.pathname);
}

// ---- commands ----
export async function decide(offer, choice, reason = "") {
  const id = offer.offer_id;
  if (s.taking.value[id]) return;
  s.taking.value = { ...s.taking.value, [id]: choice };
  decided.add(id);
  try {
    await api[choice](id, reason);
    if (choice === "accept") openConversation(offer.item.reference);
  } catch (error) {
    if (error.status === 0) decided.delete(id);
    showGhost(offer, explainError(error));
  } finally {
    const { [id]: _done, ...rest } = s.taking.value;
    s.taking.value = rest;
    refreshDesk();
  }
}
// The socket brings the change as well; this covers the moment without one.
const refreshDesk = async () => { if (!s.link.value.up) { try { takeDesk(await api.desk()); } catch { /* the foot says so */ } } };

export const setPresence = (presence, reason, channel) => attempt(async () => { await api.presence(presence, reason, channel); await refreshDesk(); });
export const endContact = (item) => attempt(() => api.endContact(item.work_item_id)).then(settle);
export const extendWrapUp = (item) => attempt(() => api.extendWrapUp(item.work_item_id)).then(settle);
export const cancelHandoff = (handoff) => attempt(() => api.cancelHandoff(handoff.handoff_id)).then(settle);
export const declineHandoff = (handoff, reason) => attempt(() => api.declineHandoff(handoff.handoff_id, reason)).then(settle);
export const release = (item) => attempt(() => api.release(item.work_item_id)).then((ok) => { if (ok) s.toast(t("release.done")); return settle(ok); });
export async function settle(ok) { await Promise.all([refreshDesk(), refreshConversation()]); return ok; }

export async function transfer(item, body, said) {
  await api.transfer(item.work_item_id, body);
  s.toast(said);
  await settle(true);
}
export async function answer(item, body, key) {
  await api.complete(item.work_item_id, body, key);
  s.toast(t("answer.done"));
  await settle(true);
  goOn(item);
}
export async function complete(item, body, key) {
  await api.complete(item.work_item_id, body, key);
  s.toast(t("complete.done"));
  await settle(true);
  goOn(item);
}
/** What was open is no longer mine: the next of mine opens, or the list. */
export function goOn(item) {
  const next = s.desk.value?.mine.find((one) => one.reference !== item.reference);
  if (s.openRef.value === item.reference && !s.desk.value?.mine.some((one) => one.reference === item.reference)) {
    if (next && matchMedia("(min-width: 721px)").matches) openConversation(next.reference); else closeConversation();
  }
}

/** Says something: it is in the outbox until the server has it, so a reload or a dead line loses nothing. */
export async function say(kind, reference, text) {
  const entry = { key: newKey(), reference, kind, text, at: now(), state: "sending", error: "" };
  s.keepOutbox([...s.outbox.value, entry]);
  return deliver(entry.key);
}
const change = (key, fields) => s.keepOutbox(s.outbox.value.map((one) => (one.key === key ? { ...one, ...fields } : one)));
const inFlight = new Set();
export async function deliver(key) {
  const entry = s.outbox.value.find((one) => one.key === key);
  if (!entry || inFlight.has(key)) return true;
  inFlight.add(key);
  change(key, { state: "sending", error: "" });
  try {
    await api.say(entry.kind, entry.reference, entry.text, key);
    if (entry.reference === s.openRef.value) await refreshConversation();
    s.keepOutbox(s.outbox.value.filter((one) => one.key !== key));
    return true;
  } catch (error) {
    change(key, error.status === 0 ? { state: "waits" } : { state: "failed", error: explainError(error) });
    return false;
  } finally {
    inFlight.delete(key);
  }
}
/** Gives the text back to the composer instead of sending it. */
export function takeBack(key) {
  const entry = s.outbox.value.find((one) => one.key === key);
  s.keepOutbox(s.outbox.value.filter((one) => one.key !== key));
  return entry?.text ?? "";
}
export function flushOutbox() {
  for (const entry of s.outbox.value) if (entry.state !== "failed") deliver(entry.key);
}

export async function signOut() {
  try { await api.logout(); } catch { /* the session ends by itself */ }
  stopLive();
  location.assign("/login");
}
