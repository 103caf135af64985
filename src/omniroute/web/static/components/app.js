// The whole desk: panes, foot, bottom bar, live regions.
import { html } from "../ui.js";
import { startDesk } from "../boot.js";
import { tick } from "../clocks.js";
import { exact, t, when } from "../i18n.js";
import { letters } from "../settings.js";
import { openConversation } from "../actions.js";
import { retryNow } from "../live.js";
import { conv, desk, dialog, drawer, dropToast, failed, link, openRef, pane, said, savedAt, shouted, tab, toasts } from "../state.js";
import { Dialogs } from "./dialogs.js";
import { List } from "./list.js";
import { Failure, Glyph, Icon, Menu } from "./parts.js";
import { Side } from "./side.js";
import { Talk } from "./talk.js";
import { PersonItems, Search, Top } from "./top.js";

const Key = ({ keys, what }) => html`<span>${keys.split("|").map((key) => html`<kbd>${key}</kbd> `)}${t(`key.${what}`)}</span>`;

function Foot() {
  const { up, since, tried } = link.value;
  const state = conv.value?.item;
  const wrap = state?.mine && state.state === "wrap_up";
  const live = state?.mine && !wrap && conv.value.contact === "connected";
  const keys = wrap ? [[`1–${Math.min(9, desk.value.dispositions.length)}`, "outcome"], ["Ctrl ↵", "finish"]] : live ? [["Alt E", "end"], ["N", "note"], ["T", "transfer"]] : [["J|K", "next"], ["R", "reply"], ["N", "note"], ["T", "transfer"], ["W", "why"]];
  return html`<footer class="foot"><span role="status" class=${up || !tried ? "" : "bad-t"}>${up ? html`<${Glyph} name="on" cls="on" /> ${t("link.up")}` : tried ? html`<${Glyph} name="off" cls="bad" /> ${t("link.down", { time: when(since) })} <button type="button" class="link" onClick=${retryNow}>${t("again")}</button>` : t("link.wait")}</span>
    ${savedAt.value > 0 && html`<span>${t("draft.saved", { time: exact(savedAt.value) })}</span>`}
    <span class="sep"></span>${letters.value && keys.map(([one, what]) => html`<${Key} key=${what} keys=${one} what=${what} />`)}<button type="button" class="link" onClick=${() => { dialog.value = { kind: "keys" }; }}><kbd>?</kbd> ${t("key.all")}</button></footer>`;
}

function Bottom() {
  const go = (name, list) => (event) => { event.currentTarget.blur(); pane.value = name; if (list) tab.value = list; };
  const at = pane.value === "find" ? "find" : tab.value === "mine" ? "work" : "queues";
  const item = (name, icon, label, act) => html`<button type="button" key=${name} aria-current=${at === name ? "true" : undefined} onClick=${act}><${Icon} name=${icon} /><span>${label}</span></button>`;
  return html`<nav class="pnav" aria-label=${t("nav")}>${item("work", "list", t("nav.work"), go("list", "mine"))}${item("queues", "users", t("tab.queues"), go("list", "queues"))}${item("find", "search", t("nav.find"), go("find"))}
    <${Menu} id="me-low" up cls="pnav-b" label=${html`<${Icon} name="user" /><span>${t("nav.me")}</span>`}><${PersonItems} /><//></nav>`;
}

/** The line is gone: what happens to the work, counted down as the engine does. */
function Lease() {
  const { up, since, tried } = link.value;
  const data = desk.value;
  if (up || !tried || !data?.lease_ms || (data.me.presence === "offline" && !data.mine.length)) return null;
  const left = Math.ceil((since + data.lease_ms - tick.value) / 1000);
  return html`<div class="toast bad lease" role="alert"><${Icon} name="alert" /><span class="grow"><b class="st">${t("lease.lost")}</b> <span class="num">${left > 0 ? t("lease.keep", { n: left }) : t("lease.over")}</span></span><button type="button" class="btn" onClick=${retryNow}>${t("again")}</button></div>`;
}

function Toasts() {
  return html`<div class="toasts"><${Lease} />${toasts.value.map((one) => html`<div key=${one.id} class=${`toast${one.bad ? " bad" : ""}`}><${Icon} name=${one.bad ? "alert" : "info"} /><span class="grow">${one.text}</span>
    ${one.reference && html`<button type="button" class="btn" onClick=${() => { dropToast(one.id); openConversation(one.reference); }}>${t("open")}</button>`}
    <button type="button" class="btn ghost ico" title=${t("close")} onClick=${() => dropToast(one.id)}><${Icon} name="close" /><span class="sr">${t("close")}</span></button></div>`)}</div>`;
}

export function App() {
  if (failed.value) return html`<main class="page"><h1>${t("failed.title")}</h1><${Failure} text=${failed.value} retry=${startDesk} /></main>`;
  return html`<div class="desk" data-pane=${pane.value} data-drawer=${drawer.value && openRef.value ? "open" : undefined}>
    ${desk.value ? html`<${Top} />` : html`<header class="top"><span class="logo"><${Icon} name="route" cls="i18" /><span>OmniRoute</span></span></header>`}
    <${List} />
    ${pane.value === "find" && html`<section class="findpane"><${Search} onDone=${() => { pane.value = "talk"; }} /><p class="t3 pad">${t("find.help")}</p></section>`}
    <${Talk} /><${Side} />
    ${desk.value && html`<${Foot} /><${Bottom} />`}
    <${Toasts} /><${Dialogs} />
    <div class="sr" role="status" aria-live="polite">${said.value}</div><div class="sr" role="alert" aria-live="assertive">${shouted.value}</div>
  </div>`;
}
