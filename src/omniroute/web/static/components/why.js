// Why it went where it went: every decision as it was recorded, readable from the top.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../api.js";
import { explainError } from "../actions.js";
import { now } from "../clocks.js";
import { exact, full, t, term, when } from "../i18n.js";
import { dialog } from "../state.js";
import { Dialog, Empty, Failure, Skeleton } from "./parts.js";

/** "presence:away", "skill:french>=6": the core's reasons, in the reader's language. */
function excludedText(reason) {
  const [head, rest = ""] = reason.split(/:(.*)/s);
  return term("excluded", head).replace("{rest}", head === "presence" ? term("presence", rest).toLowerCase() : rest);
}
/** A term is an integer for the engine; times and shares are written as people read them. */
function termText(name, value) {
  if (name.endsWith("since_ms")) return value > 1e12 ? exact(value) : value ? value : "–";
  if (name.endsWith("permille")) return `${value / 10} %`;
  return value;
}
const TONE = { accepted: "ok", live: "acc", expired: "warn", declined: "warn", revoked: "" };

function Decision({ one }) {
  const excluded = Object.entries(one.excluded);
  return html`<li class="dec"><div class="hl"><b class="st cut">${one.chosen || t("why.nobody")}</b><span class=${`chip ${TONE[one.outcome] ?? ""}`}>${term("outcome", one.outcome)}</span><span class="grow"></span><time class="t-s" title=${full(one.at_ms)}>${when(one.at_ms, now())}</time></div>
    <p>${one.sentence}</p>
    <p class="t3">${t("why.queue", { queue: term("queue", one.queue), policy: term("policy", one.policy) })}</p>
    ${(one.candidates.length > 0 || excluded.length > 0) && html`<details><summary>${t("why.details", { n: one.candidates.length })}</summary>
      ${one.candidates.length > 0 && html`<div class="tbl"><table><thead><tr><th scope="col">${t("why.operator")}</th>${one.terms.map((name) => html`<th scope="col" key=${name} class="num">${term("term", name)}</th>`)}</tr></thead>
        <tbody>${one.candidates.map((who) => html`<tr key=${who.operator} class=${who.operator === one.chosen ? "chosen" : ""}><th scope="row">${who.operator}</th>${who.terms.map((value, n) => html`<td key=${n} class="num">${termText(one.terms[n], value)}</td>`)}</tr>`)}</tbody></table></div><p class="t3">${t("why.smaller")}</p>`}
      ${excluded.length > 0 && html`<p class="lg">${t("why.excluded")}</p><ul class="exc">${excluded.map(([reason, count]) => html`<li key=${reason}><span class="num st">${count}</span> ${excludedText(reason)}</li>`)}</ul>`}
    </details>`}</li>`;
}

export function Why({ reference }) {
  const [view, setView] = useState(null);
  const [error, setError] = useState("");
  const fetchIt = async () => {
    setError("");
    try { setView(await api.explanation(reference)); } catch (problem) { setError(explainError(problem)); }
  };
  useEffect(() => { fetchIt(); }, [reference]);
  return html`<${Dialog} title=${`${t("why")} ${reference}`} cls="drawer-d" onClose=${() => { dialog.value = null; }}>
    <div class="scroll why-b" tabindex="0">${error ? html`<${Failure} text=${error} retry=${fetchIt} />` : !view ? html`<${Skeleton} rows=${3} />` : html`
      ${view.waiting_reason && html`<p class="strip">${view.waiting_reason}</p>`}
      ${view.decisions.length ? html`<ol>${view.decisions.map((one, n) => html`<${Decision} key=${n} one=${one} />`)}</ol>` : !view.waiting_reason && html`<${Empty} title=${t("why.empty")} />`}`}</div><//>`;
}
