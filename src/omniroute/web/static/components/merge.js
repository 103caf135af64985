// The dialog that makes this matter a part of another one of the same customer.
import { html, useState } from "../ui.js";
import { merge, mergeTargets } from "../hands.js";
import { full, t, term, when } from "../i18n.js";
import { now } from "../clocks.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Dialog, subjectOf } from "./parts.js";

export function Merge({ view }) {
  const targets = mergeTargets(view);
  const [into, setInto] = useState(targets.length === 1 ? targets[0].reference : "");
  const cmd = useCommand();
  const submit = (event) => {
    event.preventDefault();
    if (!into) { cmd.setError(t("merge.pick")); return; }
    cmd.run((key) => merge(view.reference, into, key));
  };
  return html`<${Dialog} title=${t("merge.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("merge.what", { ref: view.reference })}</p>
    <fieldset class="targets"><legend class="lg">${t("merge.into")}</legend>${targets.map((one, n) => html`<label class="opt" key=${one.reference}><input type="radio" name="into" checked=${one.reference === into} data-first=${n === 0 ? "" : undefined} onChange=${() => { setInto(one.reference); cmd.setError(""); }} />
      <span class="grow cut"><b class="md">${subjectOf(one.subject, one.icon)}</b></span><span class="t2 num">${one.reference}</span><span class="chip">${term("stage", one.stage)}</span><time class="t3 num" title=${full(one.at_ms)}>${when(one.at_ms, now())}</time></label>`)}</fieldset>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("merge")} /></form><//>`;
}
