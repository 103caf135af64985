// Why it went where it went: every decision and step as recorded, why it waits, and why not somebody.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../api.js";
import { explainError } from "../actions.js";
import { now, span, tick } from "../clocks.js";
import { full, t, term, when } from "../i18n.js";
import { desk, dialog, me } from "../state.js";
import { Dialog, Empty, Failure, Icon, Skeleton } from "./parts.js";
import { aboutText, decisionText, excludedText, policyText, termText, waitingParts } from "./reasons.js";
import { systemText } from "./thread.js";

const TONE = { accepted: "ok", live: "acc", expired: "warn", declined: "warn", revoked: "" };

function Candidates({ one, about }) {
  const more = one.eligible - one.candidates.length;
  const place = (who) => (who.operator === one.chosen ? "chosen" : who.operator === about ? "asked" : "");
  return html`<div class="tbl"><table><thead><tr><th scope="col">${t("why.operator")}</th>${one.terms.map((name) => html`<th scope="col" key=${name} class="num">${term("term", name)}</th>`)}</tr></thead>
    <tbody>${one.candidates.map((who) => html`<tr key=${who.operator} class=${place(who)}><th scope="row">${who.operator}</th>${who.terms.map((value, n) => html`<td key=${n} class="num">${termText(one.terms[n], value)}</td>`)}</tr>`)}</tbody></table></div>
    <p class="t3">${t("why.smaller")}${more > 0 && ` ${t("why.more", { n: more })}`}</p>`;
}
function Excluded({ one }) {
  const named = (reason) => one.named.filter((who) => who.reason === reason).map((who) => who.operator).join(", ");
  return html`<p class="lg">${t("why.excluded")}</p><ul class="exc">${Object.entries(one.excluded).map(([reason, count]) => html`<li key=${reason}><span class="num st">${count}</span> <span>${excludedText(reason)}${named(reason) && html`<small class="t3"> ${named(reason)}</small>`}</span></li>`)}</ul>`;
}

function Decision({ one, about, operator }) {
  const excluded = Object.keys(one.excluded).length;
  const facts = [
    one.waited_ms > 0 && t("why.waited", { time: span(one.waited_ms) }),
    one.expected_ms > 0 && t("why.expected", { time: span(one.expected_ms) }),
    one.relaxed > 0 && t("why.relaxed", { n: one.relaxed }),
  ].filter(Boolean).join(" ");
  return html`<li class="dec"><div class="hl"><b class="st cut">${one.chosen || t("why.nobody")}</b><span class=${`chip ${TONE[one.outcome] ?? ""}`}>${term("outcome", one.outcome)}</span><span class="grow"></span><time class="t-s" title=${full(one.at_ms)}>${when(one.at_ms, now())}</time></div>
    <p>${decisionText(one)}</p>
    <p class="t3">${t("why.queue", { queue: term("queue", one.queue), policy: policyText(one.policy) })}${facts && ` ${facts}`}</p>
    ${about && html`<p class="about"><b class="md">${operator}:</b> ${aboutText(about, one, operator)}</p>`}
    ${(one.candidates.length > 0 || excluded > 0) && html`<details open=${Boolean(about)}><summary>${t("why.details", { n: one.candidates.length })}</summary>
      ${one.candidates.length > 0 && html`<${Candidates} one=${one} about=${operator} />`}
      ${excluded > 0 && html`<${Excluded} one=${one} />`}
    </details>`}</li>`;
}
const Step = ({ one }) => html`<li class="dec step"><span class="node"></span><span class="grow">${systemText({ detail: one.kind, author: one.operator, text: one.text })}</span><time class="t-s" title=${full(one.at_ms)}>${when(one.at_ms, now())}</time></li>`;

function Waiting({ view }) {
  const parts = tick.value && waitingParts(view);
  return html`<div class="waits-b"><p class="lg">${t("why.waits")}</p>
    ${parts.nobody && html`<p class="warn-t st"><${Icon} name="alert" />${parts.nobody}</p>`}
    ${Object.keys(view.counts).length > 0 && html`<ul class="exc">${Object.entries(view.counts).map(([reason, count]) => html`<li key=${reason}><span class="num st">${count}</span> ${excludedText(reason)}</li>`)}</ul>`}
    ${parts.kept && html`<p class="num">${parts.kept}</p>`}${parts.next && html`<p class="num">${parts.next}</p>`}</div>`;
}

/** Whom to ask about: me first, then colleagues. */
function Ask({ value, onPick }) {
  const mine = me.value?.operator_id;
  const others = desk.value.team.filter((one) => one.operator_id !== mine).sort((a, b) => a.name.localeCompare(b.name));
  return html`<div class="ask">${mine && html`<button type="button" class="btn" aria-pressed=${value === mine ? "true" : "false"} onClick=${() => onPick(value === mine ? "" : mine)}>${t("why.me")}</button>`}
    <label class="field"><span class="sr">${t("why.whom")}</span><select value=${value === mine ? "" : value} onChange=${(event) => onPick(event.target.value)}><option value="">${t("why.whom")}</option>${others.map((one) => html`<option key=${one.operator_id} value=${one.operator_id}>${one.name}</option>`)}</select></label></div>`;
}
function Now({ view }) {
  const { about } = view;
  const text = about.reasons.length ? about.reasons.map(excludedText).join(", ") : view.waiting.length ? t("why.could") : "";
  return text && html`<p class="about"><b class="md">${about.operator}:</b> ${t("why.now", { reason: text })}</p>`;
}

export function Why({ reference }) {
  const [view, setView] = useState(null);
  const [error, setError] = useState("");
  const [asked, setAsked] = useState("");
  const fetchIt = async () => {
    setError("");
    try { setView(await api.explanation(reference, asked)); } catch (problem) { setError(explainError(problem)); }
  };
  useEffect(() => { fetchIt(); }, [reference, asked]);
  const about = new Map(view?.about?.decisions.map((one) => [one.offer_id, one]));
  const lines = [...(view?.decisions ?? []).map((one) => ({ at: one.at_ms, one })), ...(view?.steps ?? []).map((step) => ({ at: step.at_ms, step }))].sort((a, b) => a.at - b.at);
  return html`<${Dialog} title=${`${t("why")} ${reference}`} cls="drawer-d" onClose=${() => { dialog.value = null; }}>
    <div class="scroll why-b" tabindex="0">${error ? html`<${Failure} text=${error} retry=${fetchIt} />` : !view ? html`<${Skeleton} rows=${3} />` : html`
      <${Ask} value=${asked} onPick=${setAsked} />
      ${view.waiting.map((one) => html`<${Waiting} key=${one.work_item_id} view=${one} />`)}
      ${view.about && html`<${Now} view=${view} />`}
      ${lines.length ? html`<ol>${lines.map(({ one, step }, n) => (step ? html`<${Step} key=${n} one=${step} />` : html`<${Decision} key=${n} one=${one} about=${about.get(one.offer_id)} operator=${view.about?.operator ?? ""} />`))}</ol>` : !view.waiting.length && html`<${Empty} title=${t("why.empty")} />`}`}</div><//>`;
}
