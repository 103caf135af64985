// The dialogs: transfer, finish, register, all keys; those of work by hand are in hand.js. One at a time, each gives the focus back.
import { html, useEffect, useRef, useState } from "../ui.js";
import { api } from "../api.js";
import { complete, openConversation, say, transfer } from "../actions.js";
import { lang, languages, t, term } from "../i18n.js";
import { letters } from "../settings.js";
import { conv, desk, dialog, queueTitle, saveDraft, toast } from "../state.js";
import { digitOf, Dispositions } from "./contact.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Give, Requeue, Snooze } from "./hand.js";
import { Merge } from "./merge.js";
import { Dialog } from "./parts.js";
import { Why } from "./why.js";

function Transfer({ item }) {
  const { departments } = desk.value;
  const targets = departments.flatMap((dept) => (dept.queues.length ? dept.queues.map((queue) => ({ dept, queue })) : [{ dept, queue: null }])).filter(({ queue }) => (queue?.takes_transfers ?? true) && (queue?.queue_id !== item.queue || departments.length === 1));
  const [at, setAt] = useState(-1);
  const [note, setNote] = useState("");
  const cmd = useCommand();
  const submit = (event) => {
    event.preventDefault();
    const target = targets[at];
    if (!target) { cmd.setError(t("transfer.pick")); return; }
    cmd.run(() => transfer(item, { department: target.dept.department_id, ...(target.queue ? { queue: target.queue.queue_id } : {}), ...(note.trim() ? { note: note.trim() } : {}) }));
  };
  return html`<${Dialog} title=${t("transfer.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("transfer.what")}</p>
    <fieldset class="targets"><legend class="lg">${t("transfer.to")}</legend>${targets.map(({ dept, queue }, n) => html`<label class="opt" key=${`${dept.department_id}/${queue?.queue_id}`}><input type="radio" name="target" checked=${n === at} data-first=${n === 0 ? "" : undefined} onChange=${() => { setAt(n); cmd.setError(""); }} />
      <span class="grow cut"><b class="md">${dept.name}</b>${queue && dept.queues.length > 1 && html` <span class="t2">${queueTitle(queue, dept)}</span>`}</span>
      ${queue && html`<span class=${`chip ${queue.open && queue.operators_available ? "ok" : "warn"}`}>${queue.open ? t("queue.people", { n: queue.operators_available }) : t("queue.closed")}</span><span class="t3 num waits">${t("queue.waiting", { n: queue.waiting })}</span>`}</label>`)}</fieldset>
    <label class="field"><span class="lg">${t("transfer.note")}</span><textarea class="note-in" rows="3" maxlength="4000" dir="auto" value=${note} placeholder=${t("transfer.hint")} onInput=${(event) => setNote(event.target.value)}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("transfer")} /></form><//>`;
}

function Complete({ item, text }) {
  const [disposition, setDisposition] = useState("");
  const [note, setNote] = useState("");
  // What the customer writes from here on has not been seen: the server refuses to close over it.
  const read = useRef(conv.value?.reference === item.reference ? conv.value.message_count : -1);
  const sent = useRef(false);
  const cmd = useCommand();
  useEffect(() => {
    const press = (event) => { const code = digitOf(event); if (code) { setDisposition(code); event.preventDefault(); } };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const submit = (event) => {
    event.preventDefault();
    if (!disposition) { cmd.setError(t("complete.pick")); return; }
    cmd.run(async (key) => {
      if (text && !sent.current) {
        // The answer goes first: a matter must not be closed over words that did not leave.
        sent.current = true;
        saveDraft(item.reference, "reply", "");
        const left = await say("reply", item.reference, text);
        if (!left) { toast(t("complete.unsent"), { bad: true }); return; }
      }
      await complete(item, { disposition, messages_seen: read.current, ...(note.trim() ? { note: note.trim() } : {}) }, key);
    });
  };
  return html`<${Dialog} title=${t(text ? "complete.title.send" : "complete.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    ${text && html`<p class="t2 cut">“${text}”</p>`}
    <${Dispositions} value=${disposition} autofocus onPick=${(code) => { setDisposition(code); cmd.setError(""); }} />
    <p class="t3">${t("complete.resolve.yes")}</p>
    <label class="field"><span class="lg">${t("complete.note")}</span><textarea class="note-in" rows="2" dir="auto" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t(text ? "comp.resolve" : "complete")} /></form><//>`;
}

const KINDS = ["question", "request", "complaint", "order"];
function Register() {
  const [form, setForm] = useState({ name: "", phone: "", email: "", subject: "", text: "", kind: "question", department: "", language: lang.value });
  const cmd = useCommand();
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const submit = (event) => {
    event.preventDefault();
    const body = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]).filter(([name, value]) => value || name === "name" || name === "text"));
    cmd.run(async (key) => { const made = await api.register(body, key); toast(t("register.done", { ref: made.reference }), { reference: made.reference }); openConversation(made.reference); });
  };
  const text = (name, extra = {}) => html`<label class="field"><span class="lg">${t(`register.${name}`)}</span><input value=${form[name]} onInput=${set(name)} maxlength="300" ...${extra} /></label>`;
  const pick = (name, options) => html`<label class="field"><span class="lg">${t(`register.${name}`)}</span><select value=${form[name]} onChange=${set(name)}>${options.map(([value, label]) => html`<option key=${value} value=${value} selected=${form[name] === value}>${label}</option>`)}</select></label>`;
  return html`<${Dialog} title=${t("register.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("register.what")}</p>
    ${text("name", { required: true, "data-first": "", autocomplete: "off" })}
    <div class="two">${text("phone", { type: "tel", autocomplete: "off" })}${text("email", { type: "email", autocomplete: "off" })}</div>
    <div class="three">${pick("kind", KINDS.map((kind) => [kind, term("kind", kind)]))}${pick("department", [["", t("register.auto")], ...desk.value.departments.map((dept) => [dept.department_id, dept.name])])}${pick("language", languages)}</div>
    ${text("subject")}
    <label class="field"><span class="lg">${t("register.text")}</span><textarea rows="4" required dir="auto" value=${form.text} onInput=${set("text")}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("register")} /></form><//>`;
}

const KEYS = [["J|K", "next"], ["Enter", "open"], ["/", "find"], ["R", "reply"], ["N", "note"], ["Ctrl ↵", "send"], ["Ctrl Shift ↵", "resolve"], ["Alt A", "accept"], ["Alt X", "decline"], ["T", "transfer"], ["G", "pull"], ["Z", "snooze"], ["Q", "requeue"], ["O", "give"], ["I", "side"], ["W", "why"], ["P", "presence"], ["Alt E", "end"], ["1–9", "outcome"], ["Esc", "back"], ["?", "all"]];
const Keys = () => html`<${Dialog} title=${t("keys")} onClose=${close}><dl class="keys">${KEYS.map(([keys, what]) => html`<dt key=${what}>${keys.split("|").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(`key.${what}`)}</dd>`)}</dl>${!letters.value && html`<p class="t3">${t("keys.off")}</p>`}<//>`;

export function Dialogs() {
  const open = dialog.value;
  if (!open || !desk.value) return null;
  const body = { transfer: Transfer, complete: Complete, register: Register, keys: Keys, why: Why, snooze: Snooze, requeue: Requeue, give: Give, merge: Merge }[open.kind];
  return html`<${body} key=${open.kind} ...${open} />`;
}
