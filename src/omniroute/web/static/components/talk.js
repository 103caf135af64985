// The middle pane: offers, the matter's head, and what the moment needs below it.
import { html, useEffect, useState } from "../ui.js";
import { closeConversation, goBack, refreshConversation, release } from "../actions.js";
import { now, tick } from "../clocks.js";
import { full, t, term, when } from "../i18n.js";
import { mergeTargets, openGive, openMerge, openRequeue, openSnooze, openSplit, pull } from "../hands.js";
import { back, can, conv, convError, deptName, desk, dialog, drawer, openRef, pane, toast } from "../state.js";
import { CallBar, ConnectBar, WrapBar, WrapUp } from "./contact.js";
import { Composer } from "./composer.js";
import { Course, kindName, Taken } from "./course.js";
import { Handoff, PacketStrip, Parts } from "./handoff.js";
import { Offers } from "./offer.js";
import { estimateText, waitingParts } from "./reasons.js";
import { Clock, Empty, Failure, Icon, Marks, Menu, MenuItem, Skeleton, subjectOf } from "./parts.js";
import { Thread } from "./thread.js";

const STAGES = ["received", "in_progress", "done"];
function Stages({ stage }) {
  const at = STAGES.indexOf(stage);
  return html`<ol class="stage" aria-label=${t("stage")}>${STAGES.map((name, n) => html`<li key=${name} class=${n < at || (n === at && stage === "done") ? "done" : n === at ? "now" : ""} aria-current=${n === at ? "step" : undefined}><i></i>${term("stage", name)}</li>`)}</ol>`;
}

async function copy(reference) {
  try { await navigator.clipboard.writeText(reference); toast(t("ref.copied", { ref: reference })); } catch { toast(reference); }
}
export const openTransfer = () => { if (can("transfer")) dialog.value = { kind: "transfer", item: conv.value.item }; };
export const openWhy = () => { if (conv.value) dialog.value = { kind: "why", reference: conv.value.reference }; };

function Head({ view }) {
  const { item } = view;
  return html`<div class="head">
    <div class="hl"><button type="button" class="btn ghost ico back" title=${t("back")} onClick=${goBack}><${Icon} name="left" /><span class="sr">${t("back")}</span></button>
      <h1 class="cut grow" title=${view.subject}><span class="narrow-name">${view.customer.name}</span><span class="subj">${subjectOf(view.subject, view.item?.icon ?? view.reply_icon)}</span></h1>
      ${can("transfer") && html`<button type="button" class="btn ghost" title="T" onClick=${openTransfer}><${Icon} name="transfer" />${t("transfer")}</button>`}
      <button type="button" class="btn ghost ico side-b" title=${`${t("side")} (I)`} aria-expanded=${drawer.value ? "true" : "false"} onClick=${() => toggleSide()}><${Icon} name="info" /><span class="sr">${t("side")}</span></button>
      <${Menu} id="more" cls="btn ghost ico" title=${t("more")} label=${html`<${Icon} name="more" /><span class="sr">${t("more")}</span>`}>
        ${can("complete") && !can("end_contact") && item?.state !== "wrap_up" && html`<${MenuItem} onClick=${() => { dialog.value = { kind: "complete", item, text: "" }; }}><${Icon} name="check" /><span class="grow">${t("complete")}</span><//>`}
        ${can("snooze") && html`<${MenuItem} onClick=${openSnooze}><${Icon} name="later" /><span class="grow">${t("snooze")}</span><kbd>Z</kbd><//>`}
        ${can("requeue") && html`<${MenuItem} onClick=${openRequeue}><${Icon} name="list" /><span class="grow">${t("requeue")}</span><kbd>Q</kbd><//>`}
        ${(can("force") || can("reassign")) && html`<${MenuItem} onClick=${openGive}><${Icon} name="users" /><span class="grow">${t(can("force") ? "give.menu" : "move.menu")}</span><kbd>O</kbd><//>`}
        ${can("decline_handoff") && html`<${MenuItem} onClick=${() => { dialog.value = { kind: "decline", item }; }}><${Icon} name="close" /><span class="grow">${t("decline.all")}</span><//>`}
        ${can("merge") && mergeTargets(view).length > 0 && html`<${MenuItem} onClick=${openMerge}><${Icon} name="route" /><span class="grow">${t("merge.menu")}</span><//>`}
        ${can("split") && html`<${MenuItem} onClick=${openSplit}><${Icon} name="route" /><span class="grow">${t("split.menu")}</span><//>`}
        ${can("release") && html`<${MenuItem} onClick=${() => release(item)}><${Icon} name="left" /><span class="grow">${t("release")}</span><//>`}
        <${MenuItem} onClick=${openWhy}><${Icon} name="route" /><span class="grow">${t("why")}</span><kbd>W</kbd><//>
        <${MenuItem} onClick=${() => copy(view.reference)}><${Icon} name="tag" /><span class="grow">${t("ref.copy")}</span><//>
      <//></div>
    <div class="hl"><button type="button" class="ref" title=${t("ref.copy")} onClick=${() => copy(view.reference)}>${view.reference}</button><span class="chip">${kindName(view.kind)}</span>
      <${Stages} stage=${view.stage} /><${Course} view=${view} /><${Taken} view=${view} />${item && html`<${Marks} item=${item} wide />`}<span class="grow"></span><span class="t2 cut dep">${deptName(view.department)}</span><${Clock} clock=${view.clock} chip /></div>
  </div>`;
}
export function toggleSide() {
  if (matchMedia("(max-width: 720px)").matches) pane.value = pane.value === "side" ? "talk" : "side";
  else drawer.value = !drawer.value;
}

/** Why it waits, in parts that change by the second; what nobody can meet stands first and is seen. */
function Waiting({ view }) {
  const { item } = view;
  const parts = tick.value && view.waiting ? waitingParts(view.waiting) : { counts: item.waiting_reason };
  const estimate = estimateText(item);
  return html`<div class="strip wait-s"><${Icon} name="info" /><div class="grow">
      ${estimate && html`<p class="st num">${estimate}</p>`}
      ${parts.nobody && html`<p class="warn-t"><${Icon} name="alert" />${parts.nobody}</p>`}
      ${parts.counts && html`<p>${parts.counts}</p>`}
      ${parts.kept && html`<p class="num">${parts.kept}</p>`}
      ${parts.next && html`<p class="num">${parts.next}</p>`}</div>
    <${Take} item=${item} label=${t("pull")} /></div>`;
}
function Take({ item, label }) {
  const [busy, setBusy] = useState(false);
  const take = async () => { setBusy(true); await pull(item); setBusy(false); };
  return html`${can("force") && html`<button type="button" class="btn" onClick=${openGive}>${t("give.menu")}</button>`}
    ${can("pull") && html`<button type="button" class="btn main" disabled=${busy} onClick=${take}><${Icon} name="take" />${label} <kbd>G</kbd></button>`}`;
}
const Parked = ({ item }) => html`<div class="strip"><${Icon} name="later" /><span class="grow"><b class="st" title=${full(item.parked_until_ms)}>${t("parked.until", { time: when(item.parked_until_ms, now()) })}</b> ${t("parked.what", { name: item.parked_by })}</span><${Take} item=${item} label=${t("parked.take")} /></div>`;

export function Talk() {
  const view = conv.value;
  const [slow, setSlow] = useState(false);
  useEffect(() => { setSlow(false); const timer = setTimeout(() => setSlow(true), 300); return () => clearTimeout(timer); }, [openRef.value]);
  const item = view?.item;
  const mine = item?.mine;
  const wrap = mine && item.state === "wrap_up";
  const connecting = mine && item.state === "connecting";
  const live = mine && !wrap && !connecting && (view.contact === "connected" || view.contact === "waiting") && item.contact !== "none";
  const strange = view && view.actions.length === 0;
  return html`<main class="talk"><${Offers} />
    ${!openRef.value ? html`<${Empty} icon="chat" title=${t("talk.none")}><p>${desk.value?.mine.length ? t("talk.pick") : t("talk.wait")}</p><//>`
      : convError.value && !view ? html`<div class="pad"><${Failure} text=${convError.value} retry=${() => refreshConversation()} /><button type="button" class="btn" onClick=${closeConversation}>${t("back")}</button></div>`
      : !view ? slow && html`<${Skeleton} />`
      : html`${connecting && html`<${ConnectBar} key=${view.reference} />`}${live && html`<${CallBar} />`}${wrap && html`<${WrapBar} />`}
        <${Head} view=${view} />
        ${(back.value.length > 0 || strange) && html`<div class="strip"><${Icon} name="info" /><span class="grow">${t(back.value.length ? "talk.earlier" : "talk.read")}</span>${back.value.length > 0 && html`<button type="button" class="btn" onClick=${goBack}>${t("talk.return")}</button>`}</div>`}
        ${convError.value && html`<${Failure} text=${convError.value} retry=${() => refreshConversation()} />`}
        ${item?.handoff && mine && html`<${Handoff} item=${item} />`}
        <${PacketStrip} view=${view} /><${Parts} view=${view} />
        ${item?.state === "queued" && html`<${Waiting} view=${view} />`}
        ${item?.state === "parked" && html`<${Parked} item=${item} />`}
        ${wrap ? html`<div class="scroll wrapped"><${WrapUp} key=${view.reference} /><h3 class="lg pad-x">${t("thread")}</h3><${Thread} plain /></div>` : html`<${Thread} /><${Composer} key="composer" />`}`}
  </main>`;
}
