// A call or a visit while it lasts, and the minutes after it.
import { html, useEffect, useRef, useState } from "../ui.js";
import { complete, endContact, explainError, extendWrapUp } from "../actions.js";
import { newKey } from "../api.js";
import { now, tick, watch } from "../clocks.js";
import { t, term, exact } from "../i18n.js";
import { conv, desk, savedAt, saveDraft } from "../state.js";
import { useDraft } from "./composer.js";
import { Channel, Icon, iconOf, Ring } from "./parts.js";

const lastContact = (view, detail) => view.entries.findLast((entry) => entry.kind === "contact" && entry.detail === detail);
export const connectedAt = (view) => lastContact(view, "contact_connected")?.at_ms ?? view.item?.assigned_ms ?? view.opened_ms;

export function CallBar() {
  const view = conv.value;
  const [busy, setBusy] = useState(false);
  const visit = iconOf(view.item.icon) === "visit";
  const phone = view.customer.identities.find((one) => one.kind === "tel")?.address ?? "";
  const waiting = view.contact === "waiting";
  const end = async () => { setBusy(true); await endContact(view.item); setBusy(false); };
  return html`<section class="call" aria-label=${t(visit ? "visit" : "call")}><div class="call-a"><${Channel} icon=${view.item.icon} />
    <div class="grow"><h2 class="st cut">${view.customer.name}</h2><p class="t2 cut num">${!visit && phone && `${phone}, `}${t(waiting ? (visit ? "row.called" : "row.ringing") : visit ? "visit.on" : "call.on")}</p></div>
    ${!waiting && html`<span class="call-t">${watch(tick.value - connectedAt(view))}</span>`}
    ${view.actions.includes("end_contact") && html`<div class="ctl"><button type="button" class="btn stop" title="Alt E" disabled=${busy} onClick=${end}><${Icon} name=${visit ? "check" : "end"} />${t(visit ? "visit.end" : "call.end")}</button></div>`}
  </div></section>`;
}

/** Accepted, while the channel brings the two sides together; the ring steps once a second. */
export function ConnectBar() {
  const view = conv.value;
  const began = useRef(view.item.assigned_ms || now());
  const left = Math.max(0, Math.ceil((view.item.connect_due_ms - tick.value) / 1000));
  return html`<section class="call" aria-label=${t("connecting")}><div class="call-a"><${Ring} from=${began.current} until=${view.item.connect_due_ms} /><${Channel} icon=${view.item.icon} />
    <div class="grow"><h2 class="st cut">${view.customer.name}</h2><p class="t2 num" role="status">${t("connecting.left", { n: left })}</p></div></div></section>`;
}

/** Outcomes as radios with number keys; shared by wrap-up and the dialog for letters and chats. */
export function Dispositions({ value, onPick, autofocus }) {
  const list = desk.value.dispositions;
  return html`<fieldset class="disp"><legend>${t("complete.how")}</legend>${list.map((code, n) => html`<label class="opt" key=${code}><input type="radio" name="disposition" value=${code} checked=${value === code} data-first=${autofocus && n === 0 ? "" : undefined} onChange=${() => onPick(code)} /><span class="cut">${term("disposition", code)}</span>${n < 9 && html`<kbd>${n + 1}</kbd>`}</label>`)}</fieldset>`;
}
/** 1 to 9 by place on the keyboard, so that a French or Russian layout does the same. */
export function digitOf(event) {
  const found = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (!found || !plain || event.target.closest?.("textarea, input:not([type=radio], [type=checkbox])")) return null;
  return desk.value?.dispositions[Number(found[1]) - 1] ?? null;
}

export function WrapUp() {
  const view = conv.value;
  const item = view.item;
  const [disposition, setDisposition] = useState("");
  const [note, setNote] = useDraft(view.reference, "note");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const key = useRef(newKey());
  const started = lastContact(view, "contact_ended")?.at_ms ?? lastContact(view, "contact_abandoned")?.at_ms ?? item.assigned_ms;
  const length = started - (lastContact(view, "contact_connected")?.at_ms ?? started);
  useEffect(() => {
    const press = (event) => { const code = digitOf(event); if (code && !document.querySelector("dialog[open]")) { setDisposition(code); event.preventDefault(); } };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const finish = async () => {
    if (busy) return;
    if (!disposition) { setError(t("complete.pick")); document.querySelector(".after input[type=radio]")?.focus(); return; }
    setBusy(true);
    setError("");
    try {
      await complete(item, { disposition, messages_seen: view.message_count, ...(note.trim() ? { note: note.trim() } : {}) }, key.current);
      saveDraft(view.reference, "note", "");
    } catch (problem) { setError(explainError(problem)); key.current = newKey(); }
    setBusy(false);
  };
  const keys = (event) => { if ((event.ctrlKey || event.metaKey) && event.code === "Enter") { event.preventDefault(); event.stopPropagation(); finish(); } };
  useEffect(() => { const press = (event) => { if (!event.defaultPrevented) keys(event); }; addEventListener("keydown", press); return () => removeEventListener("keydown", press); });
  return html`<form class="after" aria-label=${t("wrap")} onSubmit=${(event) => { event.preventDefault(); finish(); }} onKeyDown=${keys}>
    <${Dispositions} value=${disposition} onPick=${(code) => { setDisposition(code); setError(""); }} />
    <div class="two"><div><h3 class="lg">${t("wrap.notes")}</h3><div class="paper"><label><span class="sr">${t("wrap.notes")}</span><textarea value=${note} rows="4" dir="auto" placeholder=${t("wrap.hint")} onInput=${(event) => setNote(event.target.value)}></textarea></label><p class="meta"><span>${t("note.only")}</span><span class="num">${savedAt.value && note ? t("saved", { time: exact(savedAt.value) }) : ""}</span></p></div></div>
      <div><h3 class="lg">${t("wrap.follows")}</h3><p class="t3 help">${t("complete.resolve.yes")}</p>${length > 1000 && html`<p class="t3 help">${t("wrap.length", { time: watch(length) })}</p>`}</div></div>
    <div class="acts">${error ? html`<span class="grow bad-t" role="alert">${error}</span>` : html`<span class="grow"></span>`}<button type="submit" class="btn main tall" disabled=${busy}>${t("wrap.finish")} <kbd>Ctrl ↵</kbd></button></div>
  </form>`;
}
export function WrapBar() {
  const view = conv.value;
  const item = view.item;
  const ended = lastContact(view, "contact_ended") ?? lastContact(view, "contact_abandoned");
  const from = ended?.at_ms ?? item.assigned_ms;
  const [busy, setBusy] = useState(false);
  const extend = async () => { setBusy(true); await extendWrapUp(item); setBusy(false); };
  return html`<section class="call" aria-label=${t("wrap")}><div class="call-a">${item.wrap_up_due_ms > 0 && html`<${Ring} from=${from} until=${item.wrap_up_due_ms} />`}<div class="grow"><h2 class="st cut">${t("wrap.title", { name: view.customer.name })}</h2><p class="t2 cut">${t("wrap.what")}</p></div>
    ${view.actions.includes("extend_wrap_up") && html`<button type="button" class="btn" disabled=${busy} onClick=${extend}><${Icon} name="later" />${t("wrap.more")}</button>`}</div></section>`;
}
