// Offers take their room from the top of the thread; one that ended says so for four seconds, in its place.
import { html, useState } from "../ui.js";
import { decide } from "../actions.js";
import { now } from "../clocks.js";
import { t, when } from "../i18n.js";
import { deptName, desk, dialog, ghosts, taking } from "../state.js";
import { Packet } from "./handoff.js";
import { Channel, Icon, Marks, Ring, Since } from "./parts.js";

/** Whoever hands something over should hear why it is declined. */
const decline = (offer) => { if (offer.handoff_from) dialog.value = { kind: "decline", offer }; else decide(offer, "decline"); };

function Card({ offer, first }) {
  const [why, setWhy] = useState(false);
  const id = `offer-${offer.offer_id}`;
  const busy = taking.value[offer.offer_id];
  const { item } = offer;
  return html`<section class=${`offer${why ? " open" : ""}`} role="alertdialog" aria-labelledby=${`${id}-t`} aria-describedby=${`${id}-d`} data-offer=${offer.offer_id}>
    <${Ring} from=${offer.offered_ms} until=${offer.deadline_ms} />
    <${Channel} icon=${item.icon} />
    <div class="grow"><div class="hl"><h2 id=${`${id}-t`} class="st cut">${item.customer}</h2>${item.subject && html`<span class="t2 cut of-sub">${item.subject}</span>`}<${Marks} item=${item} /></div>
      <div class="hl"><p class="t2 cut" id=${`${id}-d`}>${deptName(item.department)}, ${t("offer.waits")} <${Since} ms=${item.enqueued_ms} />${offer.earlier_count > 0 && `, ${t("offer.earlier", { n: offer.earlier_count })}`}</p>
        <button type="button" class="link" aria-expanded=${why ? "true" : "false"} onClick=${() => setWhy(!why)}>${t("offer.why")}</button></div></div>
    <button type="button" class="btn tall" disabled=${Boolean(busy)} onClick=${() => decline(offer)}>${t("offer.decline")}${first && html` <kbd>Alt X</kbd>`}</button>
    <button type="button" class="btn main tall" disabled=${Boolean(busy)} onClick=${() => decide(offer, "accept")}>${busy === "accept" ? t("offer.taking") : html`${t("offer.accept")}${first && html` <kbd>Alt A</kbd>`}`}</button>
    ${offer.handoff_from && html`<div class="offer-x noted-x"><${Icon} name="transfer" /><div class="grow"><b class="st">${t(`offer.from.${offer.handoff_kind || "warm"}`, { name: offer.handoff_from })}</b>${offer.handoff_due_ms > 0 && html` <span class="num">${t("part.due", { time: when(offer.handoff_due_ms, now()) })}</span>`}${offer.packet ? html`<${Packet} packet=${offer.packet} />` : offer.handoff_note && html`<p dir="auto">${offer.handoff_note}</p>`}</div></div>`}
    ${why && html`<ul class="offer-x why-l">${offer.why.map((line) => html`<li key=${line}>${line}</li>`)}${!offer.why.length && html`<li>${t("why.none")}</li>`}</ul>`}
  </section>`;
}

export function Offers() {
  const gone = new Set(ghosts.value.map((one) => one.offer.offer_id));
  const live = (desk.value?.offers ?? []).filter((offer) => !gone.has(offer.offer_id));
  if (!live.length && !ghosts.value.length) return null;
  return html`<div class="offers">
    ${live.map((offer, n) => html`<${Card} key=${offer.offer_id} offer=${offer} first=${n === 0} />`)}
    ${ghosts.value.map(({ offer, text }) => html`<section key=${`g${offer.offer_id}`} class="offer ghost-o" data-ghost=${offer.offer_id}><${Channel} icon=${offer.item.icon} /><div class="grow"><h2 class="st cut">${offer.item.customer}</h2><p class="t2">${text}</p></div></section>`)}
  </div>`;
}
