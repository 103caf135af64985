// The dialogs: finish, register, all keys; those of work by hand are in hand.js, those of handoffs in handoff.js. One at a time, each gives the focus back.
import { html, useEffect, useRef, useState } from "../ui.js";
import { api } from "../api.js";
import { complete, openConversation, say } from "../actions.js";
import { lang, languages, t } from "../i18n.js";
import { letters } from "../settings.js";
import { conv, desk, dialog, saveDraft, toast } from "../state.js";
import { digitOf, Dispositions } from "./contact.js";
import { kindName, lacking, stageName } from "./course.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Give, Requeue, Snooze } from "./hand.js";
import { Answer, Decline, openParts, Transfer } from "./handoff.js";
import { Merge } from "./merge.js";
import { OrderDialog } from "./order.js";
import { Dialog } from "./parts.js";
import { Split } from "./split.js";
import { Why } from "./why.js";

function Complete({ item, text }) {
  const [disposition, setDisposition] = useState("");
  const [note, setNote] = useState("");
  const [without, setWithout] = useState(false);
  const waits = conv.value?.reference === item.reference ? openParts(conv.value).length : 0;
  // Where it can end: to be chosen where there are several ways; the first that lacks nothing is the usual one.
  const ends = (conv.value?.reference === item.reference && conv.value.progress?.ends) || [];
  const [stage, setStage] = useState((ends.find((one) => !one.missing.length) ?? ends[0])?.stage ?? "");
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
    if (waits && !without) { cmd.setError(t("complete.waits", { n: waits })); return; }
    cmd.run(async (key) => {
      if (text && !sent.current) {
        // The answer goes first: a matter must not be closed over words that did not leave.
        sent.current = true;
        saveDraft(item.reference, "reply", "");
        const left = await say("reply", item.reference, text);
        if (!left) { toast(t("complete.unsent"), { bad: true }); return; }
      }
      await complete(item, { disposition, messages_seen: read.current, ...(ends.length > 1 ? { stage } : {}), ...(waits ? { cancel_parts: true } : {}), ...(note.trim() ? { note: note.trim() } : {}) }, key);
    });
  };
  return html`<${Dialog} title=${t(text ? "complete.title.send" : "complete.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    ${text && html`<p class="t2 cut">“${text}”</p>`}
    <${Dispositions} value=${disposition} autofocus onPick=${(code) => { setDisposition(code); cmd.setError(""); }} />
    ${ends.length > 1 && html`<fieldset class="targets"><legend class="lg">${t("complete.stage")}</legend>${ends.map((one) => html`<label class="opt" key=${one.stage}><input type="radio" name="stage" checked=${one.stage === stage} disabled=${one.missing.length > 0} onChange=${() => { setStage(one.stage); cmd.setError(""); }} /><span class="grow">${stageName(one)}${one.missing.length > 0 && html` <small class="t3">${lacking(conv.value, one)}</small>`}</span></label>`)}</fieldset>`}
    <p class="t3">${t("complete.resolve.yes")}</p>
    ${waits > 0 && html`<label class="opt"><input type="checkbox" checked=${without} onChange=${(event) => { setWithout(event.target.checked); cmd.setError(""); }} /><span class="grow">${t("complete.without", { n: waits })}</span></label>`}
    <label class="field"><span class="lg">${t("complete.note")}</span><textarea class="note-in" rows="2" dir="auto" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t(text ? "comp.resolve" : "complete")} /></form><//>`;
}

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
    <div class="three">${pick("kind", desk.value.kinds.map(({ kind }) => [kind, kindName(kind)]))}${pick("department", [["", t("register.auto")], ...desk.value.departments.map((dept) => [dept.department_id, dept.name])])}${pick("language", languages)}</div>
    ${text("subject")}
    <label class="field"><span class="lg">${t("register.text")}</span><textarea rows="4" required dir="auto" value=${form.text} onInput=${set("text")}></textarea></label>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("register")} /></form><//>`;
}

const KEYS = [["J|K", "next"], ["Enter", "open"], ["/", "find"], ["R", "reply"], ["N", "note"], ["Ctrl ↵", "send"], ["Ctrl Shift ↵", "resolve"], ["Alt A", "accept"], ["Alt X", "decline"], ["T", "transfer"], ["G", "pull"], ["Z", "snooze"], ["Q", "requeue"], ["O", "give"], ["I", "side"], ["W", "why"], ["P", "presence"], ["Alt E", "end"], ["1–9", "outcome"], ["Esc", "back"], ["?", "all"]];
const Keys = () => html`<${Dialog} title=${t("keys")} onClose=${close}><dl class="keys">${KEYS.map(([keys, what]) => html`<dt key=${what}>${keys.split("|").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(`key.${what}`)}</dd>`)}</dl>${!letters.value && html`<p class="t3">${t("keys.off")}</p>`}<//>`;

export function Dialogs() {
  const open = dialog.value;
  if (!open || !desk.value) return null;
  const body = { transfer: Transfer, answer: Answer, decline: Decline, complete: Complete, register: Register, keys: Keys, why: Why, snooze: Snooze, requeue: Requeue, give: Give, merge: Merge, split: Split, order: OrderDialog }[open.kind];
  return html`<${body} key=${open.kind} ...${open} />`;
}
