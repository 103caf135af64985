// What the desk knows, as signals. Nothing here talks to the network.
import { computed, signal } from "./ui.js";
import { term } from "./i18n.js";
import { load, save } from "./settings.js";

export const desk = signal(null);
export const me = signal(null);
export const failed = signal("");            // why the desk could not be loaded at all
export const link = signal({ up: false, since: 0, tried: false });

export const tab = signal("mine");           // mine, queues, team
export const pane = signal("list");          // one at a time on a narrow screen: list, talk, side, find
export const drawer = signal(false);         // the customer pane at middle widths
export const dialog = signal(null);          // {kind, ...}; one at a time
export const menu = signal("");              // id of the open menu

export const openRef = signal("");
export const conv = signal(null);
export const convError = signal("");
export const back = signal([]);              // references to go back to from an earlier matter

export const mode = signal({});              // reference → "reply" | "note"
export const savedAt = signal(0);
export const said = signal("");              // polite live region
export const shouted = signal("");           // assertive live region
export const toasts = signal([]);            // {id, text, reference, bad}
export const ghosts = signal([]);            // offers that ended: {offer, text}
export const taking = signal({});            // offer id → "accept" | "decline"

export const who = () => me.value?.login ?? "";
export const seen = signal(load("seen", {}));

export const outbox = signal([]);            // {key, reference, kind, text, at, state: sending|waits|failed, error}
export function keepOutbox(list) {
  outbox.value = list;
  save(`outbox.${who()}`, list.length ? list : null);
}
export const loadOutbox = () => { outbox.value = load(`outbox.${who()}`, []); };

export const draftKey = (reference, kind) => `draft.${who()}.${reference}.${kind}`;
const drafts = signal({});                   // what storage holds, so that every place that shows a draft follows it
export const loadDraft = (reference, kind) => drafts.value[draftKey(reference, kind)] ?? load(draftKey(reference, kind), "");
export function saveDraft(reference, kind, text) {
  const key = draftKey(reference, kind);
  drafts.value = { ...drafts.value, [key]: text };
  savedAt.value = save(key, text || null) && text ? Date.now() : 0;
}

export const can = (action) => conv.value?.actions.includes(action) ?? false;
export const deptName = (id) => desk.value?.departments.find((d) => d.department_id === id)?.name ?? id;
/** What a queue is called beside its department: "support-chat" of Support is just "chat", and "support" says nothing. */
export function queueName(queue, department) {
  const rest = queue.toLowerCase().startsWith(department.toLowerCase()) ? queue.slice(department.length).replace(/^[-_./ ]+/, "") : queue;
  return rest ? term("queue", rest) : "";
}
export const queueTitle = (queue, dept) => queue.title || queueName(queue.queue_id, dept.department_id);
export const isUnread = (item) => item.unanswered && seen.value[item.reference] !== item.preview;
export function markSeen(item) {
  if (!item || seen.value[item.reference] === item.preview) return;
  const entries = Object.entries({ ...seen.value, [item.reference]: item.preview }).slice(-300);
  seen.value = Object.fromEntries(entries);
  save("seen", seen.value);
}
export const unreadCount = computed(() => desk.value?.mine.filter(isUnread).length ?? 0);

let serial = 0;
export function toast(text, extra = {}) {
  const id = ++serial;
  toasts.value = [...toasts.value, { id, text, ...extra }].slice(-4);
  said.value = text;
  setTimeout(() => dropToast(id), extra.bad ? 12000 : 7000);
}
export const dropToast = (id) => { toasts.value = toasts.value.filter((one) => one.id !== id); };
