// Who it is, what this matter is, what came before.
import { html } from "../ui.js";
import { openConversation } from "../actions.js";
import { now } from "../clocks.js";
import { day, full, lang, t, term, when } from "../i18n.js";
import { conv, convError, deptName, drawer, link, openRef, pane, queueName } from "../state.js";
import { Fields, kindName, Promises } from "./course.js";
import { Order } from "./order.js";
import { Icon, iconOf, initials, Skeleton, subjectOf } from "./parts.js";

const IDENTITY = { email: "mail", tel: "phone", visitor: "chat", name: "user" };
function languageName(code) {
  if (!code) return "";
  try { return new Intl.DisplayNames([lang.value], { type: "language" }).of(code); } catch { return code; }
}

/** How the customer took it; the last says most. */
const took = (one) => [one.confirmed && term("confirmed", one.confirmed).toLowerCase(), one.score && t("score", { n: one.score })].filter(Boolean);

export function Side() {
  const view = conv.value;
  if (!openRef.value || (!view && convError.value)) return html`<aside class="side" aria-label=${t("side")}></aside>`;
  if (!view) return html`<aside class="side" aria-label=${t("side")}><${Skeleton} rows=${3} /></aside>`;
  const { customer } = view;
  const close = () => { drawer.value = false; if (pane.value === "side") pane.value = "talk"; };
  const language = languageName(view.language);
  const facts = [
    [t("fact.kind"), kindName(view.kind)],
    [t("fact.opened"), html`<time title=${full(view.opened_ms)}>${when(view.opened_ms, now())}</time>`],
    [t("fact.department"), [deptName(view.department), queueName(view.queue, view.department)].filter(Boolean).join(", ")],
    [t("fact.owner"), view.owner || t("fact.nobody")],
    view.disposition && [t("fact.outcome"), term("disposition", view.disposition)],
    language && [t("fact.language"), language],
    view.tags.length > 0 && [t("fact.tags"), view.tags.map((tag) => term("tag", tag)).join(", ")],
  ].filter(Boolean);
  return html`<aside class=${`side${drawer.value ? " open" : ""}`} aria-label=${t("side")}>
    <div class="side-h"><button type="button" class="btn ghost" onClick=${close}><${Icon} name="left" />${t("back")}</button></div>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("side")}>
    <section class="sec"><div class="who"><span class="av" aria-hidden="true">${initials(customer.name)}</span><div class="grow"><h2>${customer.name}</h2>${link.value.tried && !link.value.up && html`<p class="t3">${t("side.known", { time: when(link.value.since) })}</p>`}</div></div>
      <ul class="ids">${customer.identities.map((one) => html`<li key=${one.kind + one.address}><${Icon} name=${IDENTITY[one.kind] ?? "user"} /><span class="cut num" title=${one.address}>${one.kind === "visitor" ? one.address.slice(0, 9) : one.address}</span><small>${term("identity", one.kind)}</small></li>`)}</ul></section>
    <section class="sec"><div class="sec-h"><h2>${t("side.matter")}</h2></div>
      <dl class="facts">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl></section>
    <${Order} view=${view} /><${Fields} view=${view} /><${Promises} view=${view} />
    <section class="sec"><div class="sec-h"><h2>${t("side.earlier")}</h2>${customer.earlier.length > 0 && html`<span class="t-s num">${customer.earlier.length}</span>`}</div>
      ${customer.earlier.length ? html`<ul class="hist">${customer.earlier.map((one) => html`<li key=${one.reference}><a href=${`#${one.reference}`} title=${one.reference} onClick=${(event) => { event.preventDefault(); openConversation(one.reference, { push: true }); }}><${Icon} name=${iconOf(one.icon)} /><span class="cut">${subjectOf(one.subject, one.icon)}</span><span class="t-s" title=${took(one).join(", ")}>${[day(one.at_ms, now()), one.disposition ? term("disposition", one.disposition).toLowerCase() : term("stage", one.stage).toLowerCase(), ...took(one).slice(-1)].join(", ")}</span></a></li>`)}</ul>`
        : html`<p class="t3">${t("side.first")}</p>`}</section>
  </div></aside>`;
}
