// Work that changes hands by hand: taking, putting aside, moving to a queue, giving. Dialogs and keys call these.
import { attempt, goOn, openConversation, settle } from "./actions.js";
import { api } from "./api.js";
import { now } from "./clocks.js";
import { t, when } from "./i18n.js";
import { can, conv, desk, dialog, toast } from "./state.js";

export async function pull(item) {
  const ok = await attempt(() => api.pull(item.work_item_id));
  if (ok) openConversation(item.reference);
  return settle(ok);
}
export async function snooze(item, until, key) {
  await api.snooze(item.work_item_id, until, key);
  toast(t("snooze.done", { time: when(until, now()) }), { reference: item.reference });
  await settle(true);
  goOn(item);
}
export async function requeue(item, queue, reason, key) {
  await api.requeue(item.work_item_id, { queue: queue.id, ...(reason ? { reason } : {}) }, key);
  toast(t("requeue.done", { name: queue.name }));
  await settle(true);
  goOn(item);  // it may be of a department by now that I do not read
}
export async function give(item, person, key) {
  await api[item.owner ? "reassign" : "force"](item.work_item_id, person.operator_id, key);
  toast(t("give.done", { name: person.name }));
  await settle(true);
  if (item.mine) goOn(item);
}

export async function setOrder(reference, order, key) {
  await api.order(reference, order, key);
  toast(t("order.done"), { reference });
  await settle(true);
}

export const mergeTargets = (view) => view.customer.earlier.filter((one) => view.merge_into.includes(one.reference));
export async function merge(reference, into, key) {
  await api.merge(reference, into, key);
  toast(t("merge.done", { ref: reference, into }));
  await settle(true);
  openConversation(into);
}

export const splitMessages = (view) => view.entries.filter((one) => one.kind === "message" && one.detail === "message");
export async function split(reference, messages, key) {
  const made = await api.split(reference, messages, key);
  toast(t("split.done", { ref: made.reference }), { reference: made.reference });
  await settle(true);
}

const open = (kind, ...actions) => () => { if (actions.some(can) && conv.value.item) dialog.value = { kind, item: conv.value.item }; };
export const openSnooze = open("snooze", "snooze");
export const openRequeue = open("requeue", "requeue");
export const openMerge = () => { if (can("merge") && mergeTargets(conv.value).length) dialog.value = { kind: "merge", view: conv.value }; };
export const openSplit = () => { if (can("split")) dialog.value = { kind: "split", view: conv.value }; };
export const openGive = open("give", "force", "reassign");

/** The row that has the focus, where it waits; else what is open. */
export function pullFocused() {
  const reference = document.activeElement?.dataset?.row;
  const row = reference && [...desk.value.waiting, ...desk.value.parked].find((item) => item.reference === reference);
  if (row) pull(row);
  else if (can("pull")) pull(conv.value.item);
}
