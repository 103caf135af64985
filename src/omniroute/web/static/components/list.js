// The work list: one order over all channels. It never re-sorts while a hand is on it.
import { html, signal, useEffect, useRef, useState } from "../ui.js";
import { now, span, tick, watch } from "../clocks.js";
import { openConversation, setPresence } from "../actions.js";
import { pull } from "../hands.js";
import { letters } from "../settings.js";
import { lang, t, term, when } from "../i18n.js";
import { conv, deptName, desk, dialog, isUnread, link, loadDraft, openRef, queueTitle, tab } from "../state.js";
import { connectedAt } from "./contact.js";
import { presenceText } from "./hand.js";
import { Channel, Clock, Empty, Icon, initials, Marks, Presence, Since, Skeleton, subjectOf } from "./parts.js";

const STILL_MS = 2000;
let heldUntil = 0;
/** The list stays as it is for two seconds: the pointer moved over it, or J or K walked it. */
export const holdList = () => { heldUntil = Date.now() + STILL_MS; };

export function groupOf(item) {
  if (item.state === "parked") return "parked";
  if (item.state === "connecting" || item.contact === "connected" || (item.contact === "waiting" && item.state === "assigned")) return "live";
  if (item.state === "wrap_up") return "wrap";
  if (item.part) return "due";
  if (item.handoff || !item.unanswered) return "others";
  return "due";
}
const dueOf = (item) => (item.clock?.state === "running" ? item.clock.due_ms : item.clock?.state === "breached" && item.unanswered ? item.clock.due_ms : Infinity);
const order = { live: 0, wrap: 1, due: 2, others: 3, parked: 4 };
const sorted = (items) => items.map((item) => ({ item, group: groupOf(item) })).sort((a, b) =>
  order[a.group] - order[b.group] || a.item.parked_until_ms - b.item.parked_until_ms || dueOf(a.item) - dueOf(b.item) || a.item.enqueued_ms - b.item.enqueued_ms || a.item.work_item_id - b.item.work_item_id);

// What is drawn: places are frozen while the list is held, contents are always fresh.
const places = signal([]);
let later = 0;
function place(items) {
  clearTimeout(later);
  const fresh = sorted(items).map(({ item, group }) => ({ id: item.work_item_id, group }));
  const wait = heldUntil - Date.now();
  if (wait <= 0) { places.value = fresh; return; }
  const known = new Set(places.value.map((one) => one.id));
  // New work must not stay hidden; it comes at the end of its group, where it pushes the least.
  const added = fresh.filter((one) => !known.has(one.id));
  if (added.length) places.value = [...places.value, ...added].sort((a, b) => order[a.group] - order[b.group]);
  later = setTimeout(() => place(held()), wait + 20);
}
const held = () => (desk.value ? [...desk.value.mine, ...desk.value.parked] : []);

function third(item) {
  if (item.part) return t(`part.mine.${item.part}`, { name: item.handoff.from_operator });
  if (item.handoff) return t("row.handoff", { name: item.handoff.to_operator || deptName(item.handoff.to_department) });
  if (item.state === "wrap_up") return t("row.wrap");
  if (item.state === "connecting") return t("row.connecting");
  if (item.contact === "waiting") return t(item.icon === "visit" ? "row.called" : "row.ringing");
  const draft = loadDraft(item.reference, "reply");
  if (draft) return t("row.draft", { n: draft.split("\n").length });
  return item.preview === item.subject ? deptName(item.department) : item.preview;
}
function Time({ item, group }) {
  if (item.part && item.handoff.due_ms) return html`<span class=${`clk ${item.handoff.overdue ? "bad" : "wait"}`}><${Icon} name="later" />${when(item.handoff.due_ms, now())}</span>`;
  if (item.handoff && !item.part) return html`<span class="clk wait"><${Icon} name="transfer" />${span(item.handoff.deadline_ms - tick.value)}</span>`;
  if (group === "parked") return html`<span class="clk wait"><${Icon} name="later" />${when(item.parked_until_ms, now())}</span>`;
  if (item.state === "connecting") return html`<span class="clk">${span(item.connect_due_ms - tick.value)}</span>`;
  if (group === "wrap") return html`<span class="clk">${span(item.wrap_up_due_ms - tick.value)}</span>`;
  if (group === "live") return html`<span class="clk"><${Since} ms=${conv.value?.item?.work_item_id === item.work_item_id ? connectedAt(conv.value) : item.assigned_ms} format=${watch} /></span>`;
  return html`<${Clock} clock=${item.clock} />`;
}

function Row({ item, group, owner, take = false }) {
  const current = item.reference === openRef.value;
  const unread = item.mine && isUnread(item);
  return html`<li><a class=${`row${unread ? " new" : ""}`} href=${`#${item.reference}`} aria-current=${current ? "true" : undefined} data-row=${item.reference}
      onClick=${(event) => { event.preventDefault(); openConversation(item.reference); }}>
    <${Channel} icon=${item.icon} /><span>
      <span class="l"><span class="nm cut">${item.customer}</span><${Time} item=${item} group=${group} /></span>
      <span class="l"><span class="sb cut">${subjectOf(item.subject || item.preview, item.icon)}</span></span>
      <span class="l"><span class="ms cut">${owner ?? third(item)}</span><${Marks} item=${item} />${unread && html`<span class="chip unread"><span class="sr">${t("unread")}</span></span>`}</span>
    </span></a>${take && html`<button type="button" class="btn take" title=${`${t("pull.what")} (G)`} onClick=${() => pull(item)}><${Icon} name="take" />${t("pull")}<span class="sr"> ${item.customer}</span></button>`}</li>`;
}

const Group = ({ title, count, children }) => html`<h2 class="grp label"><span class="cut">${title}</span>${count > 0 && html`<span class="num">${count}</span>`}</h2><ul>${children}</ul>`;

function Mine() {
  const items = held();
  useEffect(() => place(items), [desk.value]);
  const byId = new Map(items.map((item) => [item.work_item_id, item]));
  const rows = places.value.filter((one) => byId.has(one.id));
  if (!items.length) return html`<${Nothing} />`;
  const groups = Object.groupBy ? Object.groupBy(rows, (one) => one.group) : rows.reduce((all, one) => ((all[one.group] ??= []).push(one), all), {});
  return Object.keys(order).filter((name) => groups[name]).map((name) => {
    const visits = groups[name].every((one) => byId.get(one.id).icon === "visit");
    const title = t(name === "live" && visits ? "group.visit" : `group.${name}`);
    return html`<${Group} key=${name} title=${title} count=${name === "due" || name === "others" || name === "parked" ? groups[name].length : 0}>
      ${groups[name].map((one) => html`<${Row} key=${one.id} item=${byId.get(one.id)} group=${name} />`)}<//>`;
  });
}

function Nothing() {
  const { me, departments } = desk.value;
  const on = me.presence === "available";
  const waits = departments.filter((dept) => me.departments.includes(dept.department_id)).map((dept) => t("empty.waits", { name: dept.name, count: dept.queues.reduce((sum, queue) => sum + queue.waiting, 0) })).join(", ");
  return html`<${Empty} title=${t("empty.title")}><p>${on ? t("empty.on") : t("empty.off", { presence: term("presence", me.presence) })}</p>
    ${waits && html`<p class="t3 num">${waits}</p>`}
    ${on ? html`<button type="button" class="btn" onClick=${() => { tab.value = "queues"; }}>${t("empty.look")}</button>`
      : html`<button type="button" class="btn main" onClick=${() => setPresence("available")}>${t("presence.begin")}</button>`}<//>`;
}

function Queues() {
  const { waiting, waiting_count: count, departments } = desk.value;
  const queues = departments.flatMap((dept) => dept.queues.map((queue) => ({ ...queue, dept })));
  const groups = new Map(queues.filter((queue) => queue.waiting || desk.value.me.departments.includes(queue.dept.department_id)).map((queue) => [queue.queue_id, []]));
  for (const item of waiting) { if (!groups.has(item.queue)) groups.set(item.queue, []); groups.get(item.queue).push(item); }
  const title = (id) => { const queue = queues.find((one) => one.queue_id === id); return queue ? [queue.dept.name, queueTitle(queue, queue.dept)].filter(Boolean).join(", ") : term("queue", id); };
  // The engine's reason in a row is English; other readers get it in their own words where the matter is open.
  const why = (item) => (lang.value === "en" && item.waiting_reason) || t("row.since", { time: when(item.enqueued_ms, now()) });

  return html`${[...groups].map(([id, items]) => {
    const queue = queues.find((one) => one.queue_id === id);
    return html`<${Group} key=${id} title=${title(id)} count=${queue?.waiting ?? items.length}>
      ${queue && html`<li class="q-line t3"><span>${t("queue.people", { n: queue.operators_available })}</span>${queue.longest_wait_since_ms > 0 && html`<span>${t("queue.longest")} <${Since} ms=${queue.longest_wait_since_ms} /></span>`}</li>`}
      ${items.map((item) => html`<${Row} key=${item.work_item_id} item=${item} group="due" owner=${why(item)} take />`)}<//>`;
  })}
  ${count > waiting.length && html`<p class="t3 pad">${t("queue.more", { shown: waiting.length, count })}</p>`}
  ${!count && html`<${Empty} icon="check" title=${t("queue.none")} />`}`;
}

const rank = { available: 0, draining: 1, away: 2, offline: 3 };
function Team() {
  const people = [...desk.value.team].sort((a, b) => rank[a.presence] - rank[b.presence] || a.name.localeCompare(b.name));
  if (!people.length) return html`<${Empty} icon="users" title=${t("team.none")} />`;
  return html`<ul class="team">${people.map((one) => html`<li key=${one.operator_id}><span class="av" aria-hidden="true">${initials(one.name)}</span><span><span class="l"><span class="nm cut grow">${one.name}</span><span class="num t3">${one.load_units}/${one.capacity_units}</span></span>
    <span class="l ms"><${Presence} value=${one.presence} /><span class="cut grow">${presenceText(one)}</span><span class="cut">${one.departments.map(deptName).join(", ")}</span></span></span></li>`)}</ul>`;
}

function AwayLine() {
  const { me } = desk.value;
  if (me.presence === "available" || !desk.value.mine.length) return null;
  const text = me.presence === "away" ? `${term("presence", "away")}${me.reason ? `: ${term("away", me.reason)}` : ""}. ${t("away.nothing")}` : `${term("presence", me.presence)}. ${t("away.nothing")}`;
  return html`<p class="away-line"><${Presence} value=${me.presence} /><span class="grow">${text}</span><button type="button" class="btn" onClick=${() => setPresence("available")}>${t("presence.begin")}</button></p>`;
}

export function List() {
  const box = useRef(null);
  const [slow, setSlow] = useState(false);
  useEffect(() => { const timer = setTimeout(() => setSlow(true), 300); return () => clearTimeout(timer); }, []);
  const data = desk.value;
  const tabs = [["mine", data?.mine.length], ["queues", data?.waiting_count], ["team", null]];
  const body = !data ? slow && html`<${Skeleton} />` : tab.value === "mine" ? html`<${Mine} />` : tab.value === "queues" ? html`<${Queues} />` : html`<${Team} />`;
  return html`<nav class=${`list${link.value.tried && !link.value.up ? " offline" : ""}`} aria-label=${t("list")}>
    <div class="list-h" role="group" aria-label=${t("list.which")}>${tabs.map(([name, count]) => html`<button type="button" key=${name} class="tab" aria-pressed=${tab.value === name ? "true" : "false"} onClick=${() => { tab.value = name; }}>${t(`tab.${name}`)}${count !== null && count !== undefined && html` <span class="num">${count}</span>`}</button>`)}
      <span class="grow"></span><button type="button" class="btn ghost ico" title=${t("register")} onClick=${() => { dialog.value = { kind: "register" }; }}><${Icon} name="plus" /><span class="sr">${t("register")}</span></button></div>
    ${data && html`<${AwayLine} />`}
    <div class="scroll" ref=${box} tabindex="0" role="region" aria-label=${t("list")} onPointerMove=${holdList}>${body}</div>
  </nav>`;
}

/** J and K: the next or previous row gets the focus; Enter then opens it as any link. */
export function walkList(step) {
  if (!letters.value) return;
  holdList();
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  let at = rows.indexOf(document.activeElement);
  if (at < 0) at = rows.findIndex((row) => row.dataset.row === openRef.value);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
