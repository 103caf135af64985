// The course of a matter: its stage with the ways that lead on, its fields, its promises, and how it ended.
import { html, useState } from "../ui.js";
import { attempt, refreshConversation, settle } from "../actions.js";
import { api } from "../api.js";
import { span, tick } from "../clocks.js";
import { full, lang, t, term } from "../i18n.js";
import { can, desk, drawer, pane } from "../state.js";
import { Icon, Menu, MenuItem } from "./parts.js";

/** A stage by its title, by our own word for it, or by its name. */
export const stageName = (one) => one.titles?.[lang.value] || one.title || term("stage", one.stage);
/** A kind of matter in the same way. */
export function kindName(kind) {
  const one = desk.value?.kinds.find((known) => known.kind === kind);
  return one?.titles[lang.value] || one?.title || term("kind", kind);
}
const fieldName = (field) => field.titles[lang.value] || field.title || field.name;
/** What has to be filled in before a stage, in the words of the fields. */
export const lacking = (view, one) => t("course.missing", { names: one.missing.map((name) => {
  const field = view.progress.fields.find((known) => known.name === name);
  return field ? fieldName(field) : name;
}).join(", ") });

async function go(view, one) {
  await settle(await attempt(() => api.stage(view.reference, one.stage)));
}

/** To the field that is missing, where the screen shows it: on a narrow one it is behind a button. */
function toField(name) {
  if (matchMedia("(max-width: 720px)").matches) pane.value = "side"; else drawer.value = true;
  requestAnimationFrame(() => document.querySelector(`[data-field="${CSS.escape(name)}"]`)?.focus());
}

/** Beside the phases: the stage of the kind, and where it can go from here. */
export function Course({ view }) {
  const here = view.progress;
  const plain = !here || (here.stage === view.stage && !here.waits);
  const name = here ? html`${here.waits && html`<${Icon} name="later" />`}${stageName(here)}` : "";
  if (!can("stage") || !here?.next.length) return plain ? null : html`<span class="chip">${name}</span>`;
  return html`<${Menu} id="course" cls="btn small" title=${t("course.go")} label=${html`${plain ? t("course.go") : name}<${Icon} name="down" />`}>
    ${here.next.map((one) => one.missing.length
      ? html`<${MenuItem} key=${one.stage} onClick=${() => toField(one.missing[0])}><span class="grow t3">${stageName(one)}<small class="t3"> ${lacking(view, one)}</small></span><//>`
      : html`<${MenuItem} key=${one.stage} onClick=${() => go(view, one)}><span class="grow">${stageName(one)}</span><//>`)}
  <//>`;
}

/** What is filled in about it; saved when one leaves a field. */
export function Fields({ view }) {
  const fields = view.progress?.fields ?? [];
  if (!fields.length) return null;
  return html`<section class="sec" data-fields><div class="sec-h"><h2>${t("side.fields")}</h2></div>${fields.map((one) => html`<${Field} key=${view.reference + one.name} view=${view} field=${one} />`)}</section>`;
}
function Field({ view, field }) {
  const [text, setText] = useState(null);
  const [wrong, setWrong] = useState("");
  const value = text ?? field.value;
  const title = fieldName(field);
  const save = async (next) => {
    if (next === field.value) { setText(null); return; }
    try {
      await api.fields(view.reference, { [field.name]: next });
      setWrong("");
      await refreshConversation();
      setText(null);
    } catch (error) { setWrong(error.message); }
  };
  const hints = { money: "12.50 EUR", number: "12.5", date: "2026-12-24" };
  const off = !can("fields");
  const input = field.type === "choice"
    ? html`<select data-field=${field.name} value=${value} disabled=${off} onChange=${(event) => { setText(event.target.value); save(event.target.value); }}><option value=""></option>${field.choices.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select>`
    : html`<input data-field=${field.name} type=${field.type === "date" ? "date" : "text"} dir="auto" value=${value} disabled=${off} placeholder=${hints[field.type] ?? ""} onInput=${(event) => setText(event.target.value)} onBlur=${() => save(value.trim())} />`;
  return html`<label class="field"><span class="lg">${title}</span>${input}${wrong && html`<small class="bad" role="alert">${wrong}</small>`}</label>`;
}

/** Every promise that runs or stands still: what, and until when. */
export function Promises({ view }) {
  const open = (view.clocks ?? []).filter((one) => one.state === "running" || one.state === "paused");
  if (open.length < 2) return null;
  return html`<section class="sec"><div class="sec-h"><h2>${t("side.promises")}</h2></div><dl class="facts">${open.map((one) => {
    const left = one.due_ms - tick.value;
    const when = one.state === "paused" ? t("clock.paused") : left < 0 ? `−${span(-left)}` : span(left);
    return html`<dt key=${one.name + one.started_ms}>${term("promise", one.name)}</dt><dd class="num" title=${full(one.due_ms)}>${when}</dd>`;
  })}</dl></section>`;
}

/** How the customer took it. */
export function Taken({ view }) {
  if (view.stage !== "done" || !(view.confirmed || view.score)) return null;
  return html`<span class="chip ok"><${Icon} name="check" />${view.confirmed ? term("confirmed", view.confirmed) : ""}${view.score ? html` <span class="num">${t("score", { n: view.score })}</span>` : ""}</span>`;
}
