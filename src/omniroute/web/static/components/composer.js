// Reply or note. What is typed is in this browser at once and nowhere else until it is sent.
import { html, useRef } from "../ui.js";
import { say } from "../actions.js";
import { t, term } from "../i18n.js";
import { can, conv, dialog, loadDraft, mode, saveDraft } from "../state.js";
import { Icon, iconOf } from "./parts.js";

/** Which of the two is open: what I chose, else a note while a call or visit runs, else what is allowed. */
export function modeOf(view) {
  const chosen = mode.value[view.reference];
  if (chosen && view.actions.includes(chosen)) return chosen;
  const live = view.contact === "connected" || view.contact === "waiting";
  if (view.actions.includes("reply") && !live) return "reply";
  return view.actions.includes("note") ? "note" : view.actions.includes("reply") ? "reply" : "";
}
export function setMode(kind) {
  if (!conv.value || !can(kind)) return;
  mode.value = { ...mode.value, [conv.value.reference]: kind };
  requestAnimationFrame(() => document.querySelector(".comp textarea, .paper textarea")?.focus());
}

/** Another conversation or tab is another draft, in the same pass: no letter lands in the wrong one. */
export const useDraft = (reference, kind) => [loadDraft(reference, kind), (text) => saveDraft(reference, kind, text)];

export function Composer() {
  const view = conv.value;
  const kind = modeOf(view);
  const [text, setText] = useDraft(view.reference, kind || "reply");
  const area = useRef(null);
  if (!kind) return html`<${ReadOnly} view=${view} />`;
  const limit = kind === "reply" ? view.text_max_chars : 0;
  const left = limit - [...text].length;
  const over = limit > 0 && left < 0;
  const near = limit > 0 && left < Math.max(20, limit * 0.15);
  const send = () => {
    if (!text.trim() || over) return;
    const words = text;
    setText("");
    say(kind, view.reference, words.trim());
    area.current?.focus();
  };
  const resolve = () => { if (!over && can("complete") && !can("end_contact")) dialog.value = { kind: "complete", item: view.item, text: kind === "reply" ? text.trim() : "" }; };
  const keys = (event) => {
    if (!(event.ctrlKey || event.metaKey) || (event.code !== "Enter" && event.code !== "NumpadEnter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) resolve(); else send();
  };
  const icon = iconOf(view.reply_icon);
  const hint = kind === "note" ? t("comp.note") : t(`comp.reply.${icon}`) === `comp.reply.${icon}` ? t("comp.reply") : t(`comp.reply.${icon}`);
  const both = ["reply", "note"].filter(can);
  return html`<form class=${`comp${kind === "note" ? " is-note" : ""}`} aria-label=${t("comp")} onSubmit=${(event) => { event.preventDefault(); send(); }} onKeyDown=${keys}>
    <div class="comp-h"><span role="group" aria-label=${t("comp.kind")}>${both.map((one) => html`<button type="button" key=${one} class="tab" aria-pressed=${one === kind ? "true" : "false"} onClick=${() => setMode(one)}>${t(`comp.tab.${one}`)}</button>`)}</span>
      <span class="via cut">${kind === "reply" ? html`<${Icon} name=${icon} /><span class="cut">${t("comp.via", { channel: term("via", view.reply_icon) })} ${view.reply_to && view.reply_to}</span>` : html`<${Icon} name="lock" /><span class="cut">${t("note.only")}</span>`}</span></div>
    <label><span class="sr">${kind === "note" ? t("comp.tab.note") : t("comp.yours")}</span><textarea ref=${area} rows=${Math.min(12, Math.max(2, text.split("\n").length))} placeholder=${hint} value=${text} dir="auto" onInput=${(event) => setText(event.target.value)}></textarea></label>
    <div class="comp-f"><span class=${`hint cut grow${over ? " over" : ""}`} role=${over ? "alert" : undefined}>${near ? t(over ? "comp.over" : "comp.left", { n: Math.abs(left) }) : ""}</span>
      ${can("complete") && !can("end_contact") && html`<button type="button" class="btn" title="Ctrl Shift ↵" disabled=${over} onClick=${resolve}>${t(kind === "reply" && text.trim() ? "comp.resolve" : "complete")}</button>`}
      <button type="submit" class="btn main" disabled=${!text.trim() || over}><${Icon} name=${kind === "note" ? "lock" : "send"} />${t(kind === "note" ? "comp.save" : "comp.send")} <kbd>Ctrl ↵</kbd></button></div>
  </form>`;
}

function ReadOnly({ view }) {
  const state = view.item?.state;
  if (view.item?.mine && state === "connecting") return html`<p class="readonly"><${Icon} name="lock" />${t("read.connecting")}</p>`;
  const text = view.actions.includes("accept") ? t("read.offer") : view.stage === "done" ? t("read.done") : view.owner ? t("read.owner", { name: view.owner }) : t("read.queue");
  return html`<p class="readonly"><${Icon} name="lock" />${text}</p>`;
}
