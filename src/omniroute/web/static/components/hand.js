// Dialogs of work by hand: put aside, another queue, give to somebody.
import { html, useEffect, useRef, useState } from "../ui.js";
import { now, tick } from "../clocks.js";
import { give, requeue, snooze } from "../hands.js";
import { full, t, term, when } from "../i18n.js";
import { deptName, desk, queueTitle } from "../state.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Dialog, initials, Presence } from "./parts.js";

const HOUR = 3_600_000;
function tomorrowAt(hour) {
  const day = new Date(now());
  day.setDate(day.getDate() + 1);
  day.setHours(hour, 0, 0, 0);
  return day.getTime();
}
/** For an input of the kind datetime-local, which knows no time zone but the reader's. */
export const local = (ms) => { const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000); return date.toISOString().slice(0, 16); };

export function Snooze({ item }) {
  const choices = [["hour", now() + HOUR], ["hours", now() + 3 * HOUR], ["tomorrow", tomorrowAt(9)]];
  const [pick, setPick] = useState("");
  const [own, setOwn] = useState(local(now() + HOUR));
  const cmd = useCommand();
  const choose = (name) => { setPick(name); cmd.setError(""); };
  const time = useRef(null);
  useEffect(() => { if (pick === "own") time.current?.focus(); }, [pick]);
  useEffect(() => {
    const press = (event) => {
      const found = /^(?:Digit|Numpad)([1-4])$/.exec(event.code);
      if (!found || event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input:not([type=radio])")) return;
      choose(["hour", "hours", "tomorrow", "own"][Number(found[1]) - 1]);
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const submit = (event) => {
    event.preventDefault();
    const until = pick === "own" ? new Date(own).getTime() : new Map(choices).get(pick);
    if (!pick) { cmd.setError(t("snooze.pick")); return; }
    if (!(until > now())) { cmd.setError(t("snooze.past")); return; }
    cmd.run((key) => snooze(item, until, key));
  };
  return html`<${Dialog} title=${t("snooze.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("snooze.what")}</p>
    <fieldset class="targets"><legend class="lg">${t("snooze.until")}</legend>
      ${choices.map(([name, until], n) => html`<label class="opt" key=${name}><input type="radio" name="until" checked=${pick === name} data-first=${n === 0 ? "" : undefined} onChange=${() => choose(name)} /><span class="grow cut">${t(`snooze.${name}`)}</span><time class="t3 num" title=${full(until)}>${when(until, now())}</time><kbd>${n + 1}</kbd></label>`)}
      <label class="opt"><input type="radio" name="until" checked=${pick === "own"} onChange=${() => choose("own")} /><span class="grow cut">${t("snooze.own")}</span>${pick !== "own" && html`<kbd>4</kbd>`}</label>
      ${pick === "own" && html`<label class="field"><span class="sr">${t("snooze.own")}</span><input type="datetime-local" ref=${time} required min=${local(now())} value=${own} onInput=${(event) => { setOwn(event.target.value); cmd.setError(""); }} /></label>`}</fieldset>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("snooze")} /></form><//>`;
}

export function Requeue({ item }) {
  const targets = desk.value.departments.flatMap((dept) => dept.queues.map((queue) => ({ dept, queue }))).filter(({ queue }) => queue.queue_id !== item.queue);
  const [at, setAt] = useState(-1);
  const [reason, setReason] = useState("");
  const cmd = useCommand();
  const submit = (event) => {
    event.preventDefault();
    const target = targets[at];
    if (!target) { cmd.setError(t("requeue.pick")); return; }
    const name = [target.dept.name, queueTitle(target.queue, target.dept)].filter(Boolean).join(", ");
    cmd.run((key) => requeue(item, { id: target.queue.queue_id, name }, reason.trim(), key));
  };
  return html`<${Dialog} title=${t("requeue.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("requeue.what")}</p>
    <fieldset class="targets"><legend class="lg">${t("requeue.to")}</legend>${targets.map(({ dept, queue }, n) => html`<label class="opt" key=${queue.queue_id}><input type="radio" name="target" checked=${n === at} data-first=${n === 0 ? "" : undefined} onChange=${() => { setAt(n); cmd.setError(""); }} />
      <span class="grow cut"><b class="md">${dept.name}</b>${dept.queues.length > 1 && html` <span class="t2">${queueTitle(queue, dept)}</span>`}</span>
      <span class=${`chip ${queue.operators_available ? "ok" : "warn"}`}>${t("queue.people", { n: queue.operators_available })}</span><span class="t3 num waits">${t("queue.waiting", { n: queue.waiting })}</span></label>`)}</fieldset>
    <label class="field"><span class="lg">${t("requeue.reason")}</span><input maxlength="200" dir="auto" autocomplete="off" value=${reason} placeholder=${t("requeue.hint")} onInput=${(event) => setReason(event.target.value)} /></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("requeue")} /></form><//>`;
}

const free = (one) => (one.capacity_units - one.load_units - one.offered_units) / Math.max(1, one.capacity_units);
const SHOWN_MAX = 60;
/** Who could have it: those who are there and have room first; the engine refuses whoever lacks a skill. */
function people(item, query) {
  const here = (one) => (one.departments.some((id) => deptName(id) === deptName(item.department)) ? 0 : 1);
  const there = (one) => (one.presence === "available" ? 0 : 1);
  return desk.value.team.filter((one) => one.name !== item.owner && one.name.toLowerCase().includes(query.trim().toLowerCase()))
    .sort((a, b) => there(a) - there(b) || here(a) - here(b) || free(b) - free(a) || a.name.localeCompare(b.name));
}

export function Give({ item }) {
  const [who, setWho] = useState("");
  const [query, setQuery] = useState("");
  const cmd = useCommand();
  const found = people(item, query);
  const word = item.owner ? "move" : "give";
  const submit = (event) => {
    event.preventDefault();
    const person = desk.value.team.find((one) => one.operator_id === who);
    if (!person) { cmd.setError(t("give.pick")); return; }
    cmd.run((key) => give(item, person, key));
  };
  return html`<${Dialog} title=${t(`${word}.title`)} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${item.owner ? t("move.what", { name: item.owner }) : t("give.what")}</p>
    ${desk.value.team.length > 8 && html`<label class="field"><span class="sr">${t("give.find")}</span><input type="search" data-first="" placeholder=${t("give.find")} value=${query} onInput=${(event) => setQuery(event.target.value)} /></label>`}
    <fieldset class="targets people"><legend class="lg">${t("give.to")}</legend>${found.slice(0, SHOWN_MAX).map((one, n) => html`<label class=${`opt${one.presence === "available" ? "" : " off"}`} key=${one.operator_id}><input type="radio" name="who" disabled=${one.presence !== "available"} checked=${one.operator_id === who} data-first=${n === 0 ? "" : undefined} onChange=${() => { setWho(one.operator_id); cmd.setError(""); }} />
      <span class="av" aria-hidden="true">${initials(one.name)}</span>
      <span class="grow who-l"><b class="md cut">${one.name}</b><small class="t3"><${Presence} value=${one.presence} /> ${presenceText(one)}</small></span>
      <${Room} one=${one} /></label>`)}
      ${!found.length && html`<p class="t2">${t("give.none")}</p>`}</fieldset>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t(word)} /></form><//>`;
}
/** A colleague's presence, with what goes with it. */
export function presenceText(one) {
  if (one.lease_until_ms > tick.value) return t("team.lost");
  const reason = one.presence === "away" && one.reason ? `: ${term("away", one.reason)}` : "";
  return `${term("presence", one.presence)}${reason}`;
}
function Room({ one }) {
  const used = one.load_units + one.offered_units;
  const share = Math.min(100, Math.round((used / Math.max(1, one.capacity_units)) * 100));
  return html`<svg class="room" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="10" /><rect class=${share >= 100 ? "full" : "used"} width=${share} height="10" /></svg><span class="t3 num waits" title=${t("load")}>${used}/${one.capacity_units}</span>`;
}
