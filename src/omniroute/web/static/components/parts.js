// Small pieces that every pane uses: icons, clocks, menus, dialogs.
import { html, useEffect, useLayoutEffect, useRef } from "../ui.js";
import { measure, span, tick } from "../clocks.js";
import { full, t, term } from "../i18n.js";
import { link, menu } from "../state.js";

const SPRITE = "/static/icons.svg#";
export const Icon = ({ name, cls = "" }) => html`<svg class=${`i ${cls}`} viewBox="0 0 20 20" aria-hidden="true"><use href=${`${SPRITE}i-${name}`} /></svg>`;

// Presence and the state of the connection are drawn here and not from the sprite: they must appear without a network.
const GLYPHS = {
  on: "M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", drain: "M.8 2h8.4L5 9z", away: "M5 1a4 4 0 1 0 4 4H5z",
  off: "M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z",
};
export const Glyph = ({ name, cls }) => html`<svg class=${`ps ${cls}`} viewBox="0 0 10 10" aria-hidden="true"><path d=${GLYPHS[name]} fill-rule="evenodd" /></svg>`;

// A channel plugin names its icon; one that we have no drawing for still gets a tile.
const TILES = { mail: "mail", email: "mail", chat: "chat", webchat: "chat", phone: "phone", visit: "visit" };
/** What a matter is about; a call says nothing of itself. */
export const subjectOf = (subject, icon) => subject || t(iconOf(icon) === "phone" ? "call" : "no.subject");
export const iconOf = (icon) => TILES[icon] ?? "route";
export const Channel = ({ icon }) => html`<span class=${`ch ch-${iconOf(icon)}`} title=${term("channel", icon)}><${Icon} name=${iconOf(icon)} /><span class="sr">${term("channel", icon)}</span></span>`;

export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  if (!words.length) return name.slice(0, 2).toUpperCase();
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

const Pie = ({ percent }) => html`<svg class="pie" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5" /><circle cx="7" cy="7" r="5" pathLength="100" stroke-dasharray=${`${percent} 100`} /></svg>`;

/** A promise as it stands now. `chip` is the header's form with words around the time. */
export function Clock({ clock, chip = false }) {
  const at = tick.value;
  const got = measure(clock, at);
  if (got.state === "none") return null;
  const stale = link.value.tried && !link.value.up ? " stale" : "";
  if (got.state === "paused") return chip ? html`<span class="chip"><${Icon} name="later" />${t("clock.paused")}</span>` : html`<span class="clk" title=${t("clock.paused")}><${Icon} name="later" /></span>`;
  if (got.state === "met") return chip ? html`<span class="chip ok"><${Icon} name="check" />${t("clock.met", { time: span(got.took) })}</span>` : null;
  const title = t("clock.due", { time: full(clock.due_ms) });
  const time = got.state === "bad" ? `−${span(-got.left)}` : span(got.left);
  const mark = got.state === "bad" ? html`<${Icon} name="alert" />` : got.left < 36e5 ? html`<${Pie} percent=${got.percent} />` : null;
  if (!chip) return html`<span class=${`clk ${got.state}${stale}`} title=${title}>${mark}${time}</span>`;
  return html`<span class=${`chip ${got.state === "ok" ? "" : got.state}${stale}`} title=${title}>${mark}<span class="num">${t(got.state === "bad" ? "clock.late" : clock.name === "resolution" || clock.name === "answer" ? `clock.${clock.name}` : "clock.left", { time })}</span></span>`;
}

/** What the customer was told when nobody was in time, and that they have been silent for long. */
export const Marks = ({ item, wide = false }) => html`${item.outcome && html`<span class="chip warn" title=${t(`later.${item.outcome}.what`)}>${term("later", item.outcome)}</span>`}${item.idle && html`<span class="chip" title=${t("idle.what")}><${Icon} name="moon" />${wide ? t("idle") : html`<span class="sr">${t("idle")}</span>`}</span>`}`;

/** Counting up from a moment, or down to one. */
export const Since = ({ ms, format = span }) => html`<span class="num">${format(tick.value - ms)}</span>`;

export function Ring({ from, until }) {
  const left = Math.max(0, Math.min(until - from, until - tick.value));
  const share = Math.round((left / Math.max(1, until - from)) * 100);
  const seconds = Math.ceil(left / 1000);
  return html`<div class=${`ring${seconds > 99 ? " wide" : ""}`}><svg viewBox="0 0 44 44" aria-hidden="true"><circle cx="22" cy="22" r="19" /><circle cx="22" cy="22" r="19" pathLength="100" stroke-dasharray=${`${share} 100`} /></svg><b aria-hidden="true">${seconds > 99 ? span(left) : seconds}</b><span class="sr">${t("offer.left", { n: seconds })}</span></div>`;
}

export const Presence = ({ value }) => {
  const [glyph, cls] = { available: ["on", "on"], away: ["away", "away"], draining: ["drain", "drain"] }[value] ?? ["off", "off"];
  return html`<${Glyph} name=${glyph} cls=${cls} />`;
};

/** A button with a menu. Arrow keys walk, Escape and a press elsewhere close. */
export function Menu({ id, label, children, cls = "btn", title, up = false }) {
  const root = useRef(null);
  const shown = menu.value === id;
  useEffect(() => {
    if (!shown) return undefined;
    const away = (event) => { if (!root.current?.contains(event.target)) menu.value = ""; };
    addEventListener("pointerdown", away, true);
    root.current?.querySelector("[role^=menuitem]")?.focus();
    return () => removeEventListener("pointerdown", away, true);
  }, [shown]);
  const walk = (event) => {
    if (!shown) return;
    const items = [...root.current.querySelectorAll("[role^=menuitem]")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code];
    if (step) { items[(at + step + items.length) % items.length]?.focus(); event.preventDefault(); }
    if (event.code === "Home" || event.code === "End") { items.at(event.code === "Home" ? 0 : -1)?.focus(); event.preventDefault(); }
    if (event.code === "Escape") { menu.value = ""; root.current.querySelector("button")?.focus(); event.stopPropagation(); }
    if (event.code === "Tab") menu.value = "";
  };
  return html`<div class=${`menu-root${up ? " up" : ""}`} ref=${root} onKeyDown=${walk}>
    <button type="button" class=${cls} title=${title} aria-haspopup="menu" aria-expanded=${shown ? "true" : "false"} data-menu=${id} onClick=${() => { menu.value = shown ? "" : id; }}>${label}</button>
    ${shown && html`<div class="menu" role="menu">${children}</div>`}
  </div>`;
}
export function MenuItem({ onClick, checked, children, href }) {
  const pick = () => { menu.value = ""; document.querySelector(`[data-menu][aria-expanded=true]`)?.focus(); onClick?.(); };
  const mark = checked === undefined ? null : html`<span class="mark">${checked ? html`<${Icon} name="check" />` : null}</span>`;
  if (href) return html`<a role="menuitem" href=${href}>${mark}${children}</a>`;
  return html`<button type="button" role=${checked === undefined ? "menuitem" : "menuitemradio"} aria-checked=${checked === undefined ? undefined : checked ? "true" : "false"} tabindex="-1" onClick=${pick}>${mark}${children}</button>`;
}

/** One switch of a menu; the menu stays, because several are set at once. */
export const MenuSwitch = ({ on, onClick, children }) => html`<button type="button" role="menuitemcheckbox" aria-checked=${on ? "true" : "false"} tabindex="-1" onClick=${onClick}>${children}<span class="switch" aria-hidden="true"><i></i></span></button>`;

/** A modal built on <dialog>: the browser keeps the focus inside and gives it back on closing. */
export function Dialog({ title, onClose, children, cls = "", busy = false }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    box.current.querySelector("[data-first]")?.focus();
    return () => { if (before?.isConnected) before.focus({ preventScroll: true }); };
  }, []);
  return html`<dialog ref=${box} class=${`dlg ${cls}`} aria-label=${title} onCancel=${(event) => { event.preventDefault(); if (!busy) onClose(); }}
      onClick=${(event) => { if (event.target === box.current && !busy) onClose(); }}>
    <div class="dlg-in"><header class="dlg-h"><h2 class="cut grow">${title}</h2><button type="button" class="btn ghost ico" title=${t("close")} onClick=${onClose}><${Icon} name="close" /><span class="sr">${t("close")}</span></button></header>${children}</div>
  </dialog>`;
}

export const Empty = ({ icon = "route", title, children }) => html`<div class="empty"><${Icon} name=${icon} /><h3 class="st">${title}</h3>${children}</div>`;
export const Skeleton = ({ rows = 6 }) => html`<div class="skel" aria-hidden="true">${Array.from({ length: rows }, (_, n) => html`<div class="skel-row" key=${n}><i></i><b></b><b></b></div>`)}</div>`;
export const Failure = ({ text, retry }) => html`<p class="fail" role="alert"><${Icon} name="alert" /><span class="grow">${text}</span><button type="button" class="btn" onClick=${retry}>${t("again")}</button></p>`;
