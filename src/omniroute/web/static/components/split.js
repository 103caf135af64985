// The dialog that makes some messages of this matter another one of the same customer.
import { html, useState } from "../ui.js";
import { split, splitMessages } from "../hands.js";
import { full, t, when } from "../i18n.js";
import { now } from "../clocks.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Dialog } from "./parts.js";

const MOST = 50;
export function Split({ view }) {
  const messages = splitMessages(view);
  const [picked, setPicked] = useState([]);
  const cmd = useCommand();
  const toggle = (id) => { setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]); cmd.setError(""); };
  const submit = (event) => {
    event.preventDefault();
    if (!picked.length) { cmd.setError(t("split.pick")); return; }
    if (picked.length >= view.message_count) { cmd.setError(t("split.keep")); return; }
    if (picked.length > MOST) { cmd.setError(t("split.most", { n: MOST })); return; }
    cmd.run((key) => split(view.reference, picked, key));
  };
  return html`<${Dialog} title=${t("split.title")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <p class="t2">${t("split.what", { ref: view.reference })}</p>
    <fieldset class="targets"><legend class="lg">${t("split.messages")}</legend>${messages.map((one, n) => html`<label class="opt" key=${one.entry_id}><input type="checkbox" checked=${picked.includes(one.interaction_id)} data-first=${n === 0 ? "" : undefined} onChange=${() => toggle(one.interaction_id)} />
      <span class="grow cut" dir="auto" title=${one.text}>${one.subject && html`<b class="md">${one.subject}</b> `}${one.text}</span><time class="t3 num" title=${full(one.at_ms)}>${when(one.at_ms, now())}</time></label>`)}</fieldset>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("split")} /></form><//>`;
}
