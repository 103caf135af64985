// The thread: one line through all channels, anchored at its end.
import { html, useEffect, useRef, useState } from "../ui.js";
import { deliver, takeBack } from "../actions.js";
import { now, watch } from "../clocks.js";
import { full, size, t, term, when } from "../i18n.js";
import { conv, loadDraft, mode, outbox, saveDraft } from "../state.js";
import { Channel, Icon, iconOf } from "./parts.js";

const PAGE = 80, FOLD_LINES = 20;
const Time = ({ ms }) => html`<time datetime=${new Date(ms).toISOString()} title=${full(ms)}>${when(ms, now())}</time>`;
const author = (entry) => (entry.mine ? t("you") : entry.author);

function Fold({ label, text }) {
  const [open, setOpen] = useState(false);
  return html`<button type="button" class="fold" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}><${Icon} name=${open ? "down" : "right"} />${label}</button>${open && html`<p class="quoted">${text}</p>`}`;
}

const Files = ({ list }) => list.map((file) => html`<a class="att" key=${file.url} href=${file.url} download=${file.name} title=${file.name}><${Icon} name=${file.content_type.startsWith("image/") ? "image" : "attach"} cls="i16" /><span class="cut">${file.name}</span> <span class="t3 num">${size(file.size_bytes)}</span></a>`);

function Delivery({ entry, us = "us" }) {
  if (entry.kind !== "reply") return null;
  const dead = entry.delivery === "dead";
  return html`<span class=${`bm ${us}${dead ? " bad" : ""}`}><span>${author(entry)}</span><${Time} ms=${entry.at_ms} />${dead
    ? html`<${Icon} name="alert" /><span>${t("delivery.dead")}${entry.delivery_reason && `: ${entry.delivery_reason}`}</span>`
    : entry.delivery === "delivered" ? html`<${Icon} name="check" /><span>${t("delivery.delivered")}</span>` : entry.delivery === "sending" ? html`<span>${t("delivery.sending")}</span>` : null}</span>`;
}

function Body({ text }) {
  const lines = text.split("\n").length;
  const long = lines > FOLD_LINES || text.length > 2400;
  const [all, setAll] = useState(false);
  return html`<p class=${`body${long && !all ? " folded" : ""}`} dir="auto">${text}</p>${long && html`<button type="button" class="fold" aria-expanded=${all ? "true" : "false"} onClick=${() => setAll(!all)}><${Icon} name=${all ? "down" : "right"} />${all ? t("fold.less") : t("fold.all", { n: lines })}</button>`}`;
}

function Mail({ entry, last }) {
  const [rich, setRich] = useState(false);
  const subject = entry.subject && entry.subject !== last ? entry.subject : "";
  return html`<div class=${`card${entry.kind === "reply" ? " ours" : ""}`}>
    <div class="meta"><b class="cut">${author(entry)}</b>${entry.account && html`<span class="cut">${t(entry.kind === "reply" ? "mail.from" : "mail.to", { address: entry.account })}</span>`}<${Time} ms=${entry.at_ms} /></div>
    ${subject && html`<p class="md cut sbj">${subject}</p>`}
    ${rich ? html`<iframe class="rich" sandbox="" title=${t("mail.formatted")} referrerpolicy="no-referrer" src=${entry.html_url}></iframe>` : html`<${Body} text=${entry.text} />`}
    <div class="line">
      <${Files} list=${entry.attachments} />
      ${entry.quoted && !rich && html`<${Fold} label=${t("fold.quoted", { n: entry.quoted.split("\n").length })} text=${entry.quoted} />`}
      ${entry.signature && !rich && html`<${Fold} label=${t("fold.signature")} text=${entry.signature} />`}
      ${entry.html_url && html`<button type="button" class="fold" aria-pressed=${rich ? "true" : "false"} onClick=${() => setRich(!rich)}><${Icon} name="file" />${t(rich ? "mail.plain" : "mail.rich")}</button>`}
      ${entry.kind === "reply" && html`<${Delivery} entry=${entry} us="end" />`}
    </div></div>`;
}

const Bubble = ({ entry, named }) => html`
  ${named && entry.kind === "message" && html`<span class="bm"><span class="st">${entry.author}</span><${Time} ms=${entry.at_ms} /></span>`}
  <p class=${`b${entry.kind === "reply" ? " us" : ""}`} dir="auto" title=${full(entry.at_ms)}>${entry.text}</p>
  ${entry.attachments.length > 0 && html`<span class=${entry.kind === "reply" ? "files us" : "files"}><${Files} list=${entry.attachments} /></span>`}
  <${Delivery} entry=${entry} />`;

/** "answered after 0:09, 4:38": what a call or visit came to, from its events. */
function contactSum(entries) {
  const at = (detail) => entries.find((one) => one.detail === detail)?.at_ms;
  const [start, joined, end] = [at("contact_started"), at("contact_connected"), at("contact_ended")];
  const parts = [];
  if (at("contact_not_connected") && !joined) parts.push(t("contact.missed"));
  if (start && joined) parts.push(t("contact.after", { time: watch(joined - start) }));
  if (joined && end) parts.push(t("contact.length", { time: watch(end - joined) }));
  if (joined && !end) parts.push(t("contact.going"));
  if (!joined && end) parts.push(t("contact.unanswered"));
  if (at("contact_abandoned")) parts.push(contactText(entries.find((one) => one.detail === "contact_abandoned")).toLowerCase());
  return parts.join(", ");
}
function contactText(entry) {
  const kind = iconOf(entry.icon) === "visit" ? "visit" : "call";
  const key = `contact.${kind}.${entry.detail}`;
  const text = t(key);
  return text === key ? entry.text || term("contact", entry.detail) : text;
}
// The engine's sentence is English; where a tag says it all, the reader's own language is better.
export function systemText(entry) {
  const key = `sys.${entry.detail}`;
  const text = t(key, { name: entry.author, ref: entry.quoted });
  return text === key || (!entry.author && t(key).includes("{name}")) ? entry.text || term("sys", entry.detail.replaceAll(".", " ")) : text;
}

/** Neighbouring chat lines share one tile; everything else stands alone. */
function runs(entries) {
  const out = [];
  for (const entry of entries) {
    const talk = (entry.kind === "message" || entry.kind === "reply") && iconOf(entry.icon) !== "mail";
    const last = out.at(-1);
    // The events of one call stand in one line, where the call began; a second call begins a second line.
    if (entry.kind === "contact" && entry.detail !== "contact_started") {
      const begun = out.findLast((run) => run.entries[0].kind === "contact" && run.entries[0].detail === "contact_started");
      if (begun && !begun.over) { begun.entries.push(entry); begun.over = !["contact_connected", "contact_not_connected"].includes(entry.detail); continue; }
    }
    if (talk && last?.talk && last.icon === entry.icon) last.entries.push(entry);
    else out.push({ talk, icon: entry.icon, entries: [entry], key: entry.entry_id });
  }
  return out;
}

function Event({ run, subject }) {
  const entry = run.entries[0];
  if (run.talk) {
    return html`<li class="ev"><${Channel} icon=${run.icon} /><div class="bub">${run.entries.map((one, n) => html`<${Bubble} key=${one.entry_id} entry=${one} named=${n === 0 || run.entries[n - 1].kind !== "message" || one.at_ms - run.entries[n - 1].at_ms > 3e5} />`)}</div></li>`;
  }
  if (entry.kind === "message" || entry.kind === "reply") return html`<li class="ev"><${Channel} icon=${entry.icon} /><${Mail} entry=${entry} last=${subject} /></li>`;
  if (entry.kind === "note") return html`<li class="ev"><span class="ch ch-note"><${Icon} name="lock" /></span><div class="noted"><div class="meta"><b>${t("note.title")}</b><span class="cut">${author(entry)}</span><${Time} ms=${entry.at_ms} /></div><p dir="auto">${entry.text}</p></div></li>`;
  if (entry.kind === "contact") return html`<li class="ev"><${Channel} icon=${entry.icon} /><div><div class="meta"><b>${contactText(entry)}</b><span class="cut num">${[entry.account, contactSum(run.entries)].filter(Boolean).join(", ")}</span><${Time} ms=${entry.at_ms} /></div>${entry.text && contactText(entry) !== entry.text && html`<p class="t2 ct">${entry.text}</p>`}</div></li>`;
  const transfer = entry.detail.startsWith("handoff") || entry.detail === "transferred";
  if (transfer) return html`<li class="ev"><span class="ch"><${Icon} name="transfer" /></span><div class="hand"><span class="grow" title=${entry.text}>${systemText(entry)}${entry.quoted && html`<q class="t2">${entry.quoted}</q>`}</span><${Time} ms=${entry.at_ms} /></div></li>`;
  return html`<li class="ev"><span class="node"></span><div class="sys"><span title=${entry.quoted || entry.text}>${systemText(entry)}</span><${Time} ms=${entry.at_ms} /></div></li>`;
}

function Pending({ entry }) {
  const edit = () => {
    const text = takeBack(entry.key);
    const kept = loadDraft(entry.reference, entry.kind);
    saveDraft(entry.reference, entry.kind, kept ? `${text}\n${kept}` : text);
    mode.value = { ...mode.value, [entry.reference]: entry.kind };
    document.querySelector(".comp textarea")?.focus();
  };
  const state = entry.state === "failed" ? html`<${Icon} name="alert" /><span>${t("delivery.dead")}: ${entry.error}</span>` : html`<span>${t(`delivery.${entry.state}`)}</span>`;
  const foot = html`<span class=${`bm us${entry.state === "failed" ? " bad" : ""}`}>${state}${entry.state === "failed" && html`<button type="button" class="link" onClick=${() => deliver(entry.key)}>${t("again")}</button>`}${entry.state !== "sending" && html`<button type="button" class="link" onClick=${edit}>${t("edit")}</button>`}</span>`;
  return html`<li class="ev pend">${entry.kind === "note" ? html`<span class="ch ch-note"><${Icon} name="lock" /></span><div class="bub"><div class="noted wide"><p>${entry.text}</p></div>${foot}</div>`
    : html`<${Channel} icon=${conv.value.reply_icon} /><div class="bub"><p class="b us">${entry.text}</p>${foot}</div>`}</li>`;
}

export function Thread({ plain = false }) {
  const { entries, reference, subject } = conv.value;
  const [shown, setShown] = useState(PAGE);
  const box = useRef(null);
  useEffect(() => { setShown(PAGE); if (box.current) box.current.scrollTop = 0; }, [reference]);
  const mine = outbox.value.filter((one) => one.reference === reference);
  // What I just said is to be seen, wherever I had scrolled to.
  useEffect(() => { if (mine.length && box.current) box.current.scrollTop = 0; }, [mine.length]);
  const part = entries.slice(-shown);
  return html`<div class=${`thread${plain ? " plain" : ""}`} ref=${box} tabindex="0" role="log" aria-live="off" aria-label=${t("thread")}><ol>
    ${entries.length > part.length && html`<li class="more"><button type="button" class="btn" onClick=${() => setShown(shown + PAGE)}>${t("thread.older", { n: entries.length - part.length })}</button></li>`}
    ${runs(part).map((run) => html`<${Event} key=${run.key} run=${run} subject=${subject} />`)}
    ${mine.map((entry) => html`<${Pending} key=${entry.key} entry=${entry} />`)}
  </ol></div>`;
}
