// Handing over, asking, giving a part: the dialog, what travels along, and how each question or task stands.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../api.js";
import { answer, cancelHandoff, decide, declineHandoff, transfer } from "../actions.js";
import { now, span, tick } from "../clocks.js";
import { full, t, term, when } from "../i18n.js";
import { can, conv, deptName, desk, dialog, queueTitle } from "../state.js";
import { digitOf, Dispositions } from "./contact.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { local } from "./hand.js";
import { Dialog, Icon } from "./parts.js";

const KINDS = ["cold", "warm", "consult", "task"];
const DAY = 86_400_000;
const lines = (text) => text.split("\n").map((line) => line.trim().slice(0, 500)).filter(Boolean).slice(0, 20);
const promiseText = (clock) => t("packet.promise", { name: term("clock", clock.name), time: when(clock.due_ms, now()) });
const word = (kind) => (kind === "consult" || kind === "task" ? kind : "transfer");

/** The people of a department; empty until they have come, or where nobody is there. */
function usePeople(department) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    let wanted = true;
    setFound([]);
    if (department) api.people(department).then((people) => { if (wanted) setFound(people.filter((one) => one.operator_id !== desk.value.me.operator_id)); }, () => {});
    return () => { wanted = false; };
  }, [department]);
  return found;
}

function Target({ dept, queue, first, checked, onPick }) {
  return html`<label class="opt"><input type="radio" name="target" checked=${checked} data-first=${first ? "" : undefined} onChange=${onPick} />
    <span class="grow cut"><b class="md">${dept.name}</b>${queue && dept.queues.length > 1 && html` <span class="t2">${queueTitle(queue, dept)}</span>`}</span>
    ${queue && html`<span class=${`chip ${queue.open && queue.operators_available ? "ok" : "warn"}`}>${queue.open ? t("queue.people", { n: queue.operators_available }) : t("queue.closed")}</span><span class="t3 num waits">${t("queue.waiting", { n: queue.waiting })}</span>`}</label>`;
}

export function Transfer({ item }) {
  const { departments } = desk.value;
  const targets = departments.flatMap((dept) => (dept.queues.length ? dept.queues.map((queue) => ({ dept, queue })) : [{ dept, queue: null }])).filter(({ queue }) => queue?.takes_transfers ?? true);
  const own = (target) => target?.queue && target.queue.queue_id === item.queue;
  targets.sort((a, b) => Number(Boolean(own(a))) - Number(Boolean(own(b))));
  const [kind, setKind] = useState("cold");
  const [at, setAt] = useState(-1);
  const [person, setPerson] = useState("");
  const [summary, setSummary] = useState("");
  const [tried, setTried] = useState("");
  const [promises, setPromises] = useState((conv.value?.promises ?? []).map(promiseText).join("\n"));
  const [due, setDue] = useState(local(now() + DAY));
  const cmd = useCommand();
  const target = targets[at];
  const people = usePeople(target?.dept.department_id);
  const pick = (n) => { setAt(n); setPerson(""); cmd.setError(""); };
  const submit = (event) => {
    event.preventDefault();
    if (!target) { cmd.setError(t("transfer.pick")); return; }
    if (own(target) && !person) { cmd.setError(t("transfer.pick.person")); return; }
    if (word(kind) !== "transfer" && !summary.trim()) { cmd.setError(t(`${kind}.words`)); return; }
    const due_ms = kind === "task" ? new Date(due).getTime() : 0;
    if (kind === "task" && !(due_ms > now())) { cmd.setError(t("snooze.past")); return; }
    const body = { kind, department: target.dept.department_id };
    if (person) body.operator = person;
    else if (target.queue) body.queue = target.queue.queue_id;
    if (due_ms) body.due_ms = due_ms;
    if (summary.trim()) body.summary = summary.trim();
    if (lines(promises).length) body.promises = lines(promises);
    if (lines(tried).length) body.tried = lines(tried);
    const name = people.find((one) => one.operator_id === person)?.name ?? deptName(target.dept.department_id);
    cmd.run(() => transfer(item, body, t(`${word(kind)}.done`, { name })));
  };
  return html`<${Dialog} title=${t("transfer.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <fieldset class="seg"><legend class="sr">${t("transfer.kind")}</legend>${KINDS.map((one) => html`<label key=${one}><input type="radio" name="kind" checked=${kind === one} onChange=${() => { setKind(one); cmd.setError(""); }} /><span>${t(`kind.${one}`)}</span></label>`)}</fieldset>
    <p class="t2">${t(`kind.${kind}.what`)}</p>
    <fieldset class="targets"><legend class="lg">${t("transfer.to")}</legend>${targets.map(({ dept, queue }, n) => html`<${Target} key=${`${dept.department_id}/${queue?.queue_id}`} dept=${dept} queue=${queue} first=${n === 0} checked=${n === at} onPick=${() => pick(n)} />`)}</fieldset>
    ${target && (people.length > 0 || own(target)) && html`<label class="field"><span class="lg">${t("transfer.person")}</span><select value=${person} onChange=${(event) => { setPerson(event.target.value); cmd.setError(""); }}><option value="">${t(own(target) ? "transfer.choose" : "transfer.anybody")}</option>${people.map((one) => html`<option key=${one.operator_id} value=${one.operator_id} selected=${one.operator_id === person}>${one.name}, ${term("presence", one.presence).toLowerCase()}</option>`)}</select></label>`}
    ${kind === "task" && html`<label class="field"><span class="lg">${t("task.due")}</span><input type="datetime-local" required min=${local(now())} value=${due} onInput=${(event) => { setDue(event.target.value); cmd.setError(""); }} /></label>`}
    <label class="field"><span class="lg">${t(`${word(kind)}.note`)}</span><textarea class="note-in" rows="3" maxlength="4000" dir="auto" value=${summary} placeholder=${t(`${word(kind)}.hint`)} onInput=${(event) => setSummary(event.target.value)}></textarea></label>
    <details class="more-x"><summary>${t("packet.more")}${lines(promises).length > 0 && html` <span class="chip">${t("packet.promised", { n: lines(promises).length })}</span>`}</summary>
      <div class="two"><label class="field"><span class="lg">${t("packet.promises")}</span><textarea rows="3" dir="auto" value=${promises} onInput=${(event) => setPromises(event.target.value)}></textarea></label>
      <label class="field"><span class="lg">${t("packet.tried")}</span><textarea rows="3" dir="auto" value=${tried} placeholder=${t("packet.line")} onInput=${(event) => setTried(event.target.value)}></textarea></label></div></details>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t(`${word(kind)}.go`)} /></form><//>`;
}

/** The report of a consult or a task. */
export function Answer({ item }) {
  const [disposition, setDisposition] = useState("");
  const [text, setText] = useState("");
  const cmd = useCommand();
  const task = item.part === "task";
  useEffect(() => {
    const press = (event) => { const code = task && digitOf(event); if (code) { setDisposition(code); event.preventDefault(); } };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const submit = (event) => {
    event.preventDefault();
    if (task && !disposition) { cmd.setError(t("complete.pick")); return; }
    if (!text.trim()) { cmd.setError(t("answer.words")); return; }
    cmd.run((key) => answer(item, { note: text.trim(), ...(disposition ? { disposition } : {}) }, key));
  };
  return html`<${Dialog} title=${t(task ? "answer.task" : "answer")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("answer.what", { name: item.handoff?.from_operator ?? "" })}</p>
    ${task && html`<${Dispositions} value=${disposition} onPick=${(code) => { setDisposition(code); cmd.setError(""); }} />`}
    <label class="field"><span class="lg">${t("answer.text")}</span><textarea class="note-in" data-first="" rows="4" maxlength="10000" dir="auto" value=${text} onInput=${(event) => { setText(event.target.value); cmd.setError(""); }}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("answer.go")} /></form><//>`;
}

/** A handoff is declined with a reason, which its sender reads. */
export function Decline({ offer, item }) {
  const [reason, setReason] = useState("");
  const submit = (event) => { event.preventDefault(); close(); if (offer) decide(offer, "decline", reason.trim()); else declineHandoff(item.handoff, reason.trim()); };
  return html`<${Dialog} title=${t(offer ? "decline.title" : "decline.all")} onClose=${close}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <label class="field"><span class="lg">${t("decline.why", { name: offer?.handoff_from ?? item.handoff.from_operator })}</span><input data-first="" maxlength="200" dir="auto" value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>
    <${DialogFoot} label=${t("offer.decline")} /></form><//>`;
}

/** What the sender wrote, above the thread and in the offer. */
export function Packet({ packet }) {
  const list = (name, items) => items.length > 0 && html`<p><b class="st">${t(name)}</b> ${items.join("; ")}</p>`;
  return html`${packet.summary && html`<p dir="auto">${packet.summary}</p>`}${list("packet.promises", packet.promises)}${list("packet.tried", packet.tried)}`;
}
const told = (packet) => packet && (packet.summary || packet.promises.length || packet.tried.length);
const mineToGive = (item) => item?.mine && item.handoff && !item.part;
export const PacketStrip = ({ view }) => told(view.packet) && !mineToGive(view.item) && html`<details class="strip packet" open><summary class="st"><${Icon} name="transfer" />${t("packet.title")}</summary><div class="grow"><${Packet} packet=${view.packet} /></div></details>`;

/** The transfer of mine that waits for somebody, or the part that I was given. */
export function Handoff({ item }) {
  const { handoff } = item;
  const left = handoff.deadline_ms - tick.value;
  if (item.part) {
    return html`<div class="strip"><${Icon} name="transfer" /><span class="grow"><b class="st">${t(`part.mine.${item.part}`, { name: handoff.from_operator })}</b>${handoff.due_ms > 0 && html` <span class=${handoff.overdue ? "bad-t num" : "num"} title=${full(handoff.due_ms)}>${t("part.due", { time: when(handoff.due_ms, now()) })}</span>`}</span>
      ${can("answer") && html`<button type="button" class="btn main" onClick=${() => { dialog.value = { kind: "answer", item }; }}>${t("answer")}</button>`}</div>`;
  }
  return html`<div class="strip"><${Icon} name="transfer" /><span class="grow"><b class="st">${t("handoff.pending", { name: handoff.to_operator || deptName(handoff.to_department) })}</b> ${t("handoff.yours")}${left > 0 && html` <span class="num">${t("handoff.left", { time: span(left) })}</span>`}</span>
    ${can("cancel_handoff") && html`<button type="button" class="btn" onClick=${() => cancelHandoff(handoff)}>${t("handoff.cancel")}</button>`}</div>`;
}

const ENDED_MAX = 3;
const OPEN = new Set(["pending", "accepted"]);
export const openParts = (view) => view.parts.filter((one) => OPEN.has(one.state));
const stateText = (one) => (one.state === "returned" ? t("part.returned", { reason: term("back", one.reason) }) : t(`part.${one.state}`, { name: one.holder }));

/** The questions and tasks of the matter; those that are open first, what was answered with its answer. */
export function Parts({ view }) {
  const shown = [...openParts(view), ...view.parts.filter((one) => !OPEN.has(one.state)).reverse().slice(0, ENDED_MAX)];
  if (!shown.length) return null;
  return html`<section class="strip parts-l" aria-label=${t("parts")}>${shown.map((one) => html`<div key=${one.handoff_id} class="part"><span class="grow"><b class="st">${t(`part.${one.kind}`, { name: one.to_operator || deptName(one.to_department) })}</b> <span class=${`chip ${one.state === "answered" ? "ok" : one.overdue && OPEN.has(one.state) ? "bad" : ""}`}>${stateText(one)}</span>${one.due_ms > 0 && OPEN.has(one.state) && html` <span class=${`num ${one.overdue ? "bad-t" : "t3"}`} title=${full(one.due_ms)}>${t("part.due", { time: when(one.due_ms, now()) })}</span>`}
      ${(one.answer || one.summary) && html`<span class="cut-2 t2" dir="auto">${one.answer || one.summary}</span>`}</span>
    ${one.can_cancel && html`<button type="button" class="btn" onClick=${() => cancelHandoff(one)}>${t("part.cancel")}</button>`}</div>`)}</section>`;
}
