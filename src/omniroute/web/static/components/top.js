// The bar: search, load, presence, notices, the person.
import { html, useEffect, useRef, useState } from "../ui.js";
import { api } from "../api.js";
import { noticeText, openConversation, explainError, setPresence, signOut } from "../actions.js";
import { day, lang, languages, setLang, t, term, when } from "../i18n.js";
import { setLetters, setSounds, setTheme, letters, sounds, theme } from "../settings.js";
import { ask, canAsk, mayNotify } from "../sound.js";
import { desk, dialog, me } from "../state.js";
import { Channel, Icon, initials, Menu, MenuItem, MenuSwitch, Presence, iconOf, subjectOf } from "./parts.js";

export function Search({ onDone }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(null);
  const [error, setError] = useState("");
  const [at, setAt] = useState(-1);
  const box = useRef(null);
  useEffect(() => {
    const query = text.trim();
    if (query.length < 2) { setFound(null); setError(""); return undefined; }
    let live = true;
    const timer = setTimeout(async () => {
      try {
        const rows = await api.find(query);
        if (live) { setFound(rows); setAt(rows.length ? 0 : -1); setError(""); }
      } catch (problem) { if (live) setError(explainError(problem)); }
    }, 220);
    return () => { live = false; clearTimeout(timer); };
  }, [text]);
  const close = () => { setText(""); setFound(null); setError(""); };
  const pick = (row) => { close(); onDone?.(); openConversation(row.reference); };
  const keys = (event) => {
    if (event.code === "Escape") { if (text) close(); event.currentTarget.querySelector("input").blur(); event.stopPropagation(); }
    if (!found?.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code];
    if (step) { setAt((at + step + found.length) % found.length); event.preventDefault(); }
    if (event.code === "Enter" && found[at]) { pick(found[at]); event.preventDefault(); }
  };
  const gone = (event) => { if (!box.current?.contains(event.relatedTarget)) setFound(null); };
  const open = found !== null || error;
  return html`<search class="find-root" ref=${box} onKeyDown=${keys} onFocusOut=${gone}>
    <label class="find"><${Icon} name="search" cls="i16" /><span class="sr">${t("find")}</span>
      <input type="search" role="combobox" autocomplete="off" spellcheck=${false} maxlength="100" placeholder=${t("find.hint")} value=${text} aria-expanded=${open ? "true" : "false"} aria-controls="found"
        aria-activedescendant=${at >= 0 && found?.[at] ? `found-${at}` : undefined} onInput=${(event) => setText(event.target.value)} /><kbd>/</kbd></label>
    ${open && html`<div class="found" id="found" role="listbox" aria-label=${t("find")}>
      ${error ? html`<p class="t2 pad">${error}</p>` : !found.length ? html`<p class="t2 pad">${t("find.none")}</p>`
        : found.map((row, n) => html`<button type="button" key=${row.reference} id=${`found-${n}`} role="option" aria-selected=${n === at ? "true" : "false"} tabindex="-1" onClick=${() => pick(row)}>
          <${Channel} icon=${row.icon} /><span class="cut grow">${row.customer && html`<b class="md">${row.customer}</b> `}${subjectOf(row.subject, row.icon)}</span><span class="ref">${row.reference}</span><span class="t-s">${term("stage", row.stage)}, ${day(row.at_ms)}</span></button>`)}
    </div>`}
  </search>`;
}

export function LoadBar() {
  const { me: mine, load } = desk.value;
  const cells = [];
  for (const share of load) for (let n = 0; n < share.units; n += 1) cells.push(`b-${iconOf(share.icon)}`);
  for (let n = 0; n < mine.offered_units; n += 1) cells.push("b-held");
  while (cells.length < mine.capacity_units) cells.push("b-off");
  const shown = cells.slice(0, 40);
  const parts = load.filter((share) => share.units).map((share) => `${term("channel", share.icon)} ${share.units}`).join(", ");
  const label = t("load.title", { used: mine.load_units, of: mine.capacity_units }) + (parts ? `: ${parts}` : "") + (mine.offered_units ? `. ${t("load.held", { n: mine.offered_units })}` : "");
  return html`<div class="load" title=${label}><span>${t("load")}</span>
    <svg class="bar" viewBox=${`0 0 ${Math.max(1, shown.length) * 10} 10`} preserveAspectRatio="none" role="img" aria-label=${label}>${shown.map((cls, n) => html`<rect key=${n} class=${cls} x=${n * 10 + 0.5} y=".5" width="8" height="9" rx="1.5" />`)}</svg><span class="num st">${mine.load_units}/${mine.capacity_units}</span></div>`;
}

/** Whether nothing of its own is said against a channel; being away in all comes on top. */
const onChannel = (instance) => (desk.value.me.channels[instance] ?? "available") === "available";

export function PresenceMenu() {
  const { me: mine, away_reasons: reasons, channels } = desk.value;
  const is = (presence, reason = "") => mine.presence === presence && (!reason || mine.reason === reason);
  const label = term("presence", mine.presence);
  const off = channels.filter((one) => !onChannel(one.instance));
  return html`<${Menu} id="presence" cls="btn pres-b" title=${`${t("presence")} (P)`} label=${html`<${Presence} value=${mine.presence} /><span class="cut">${mine.presence === "away" && mine.reason ? term("away", mine.reason) : label}</span>${mine.presence === "available" && off.length > 0 && html`<span class="chans" title=${t("presence.without", { names: off.map((one) => one.title).join(", ") })}>${off.slice(0, 4).map((one) => html`<span key=${one.instance}><${Icon} name=${iconOf(one.icon)} cls="i16" /></span>`)}<span class="sr">${t("presence.without", { names: off.map((one) => one.title).join(", ") })}</span></span>`}<${Icon} name="down" cls="i16" />`}>
    <${MenuItem} checked=${is("available")} onClick=${() => setPresence("available")}><${Presence} value="available" />${term("presence", "available")}<//>
    <${MenuItem} checked=${is("draining")} onClick=${() => setPresence("draining")}><${Presence} value="draining" /><span>${term("presence", "draining")}<small>${t("presence.draining.what")}</small></span><//>
    <hr /><p class="label" id="away-l">${t("presence.away")}</p>
    ${(reasons.length ? reasons : [""]).map((reason) => html`<${MenuItem} key=${reason} checked=${is("away", reason)} onClick=${() => setPresence("away", reason)}><${Presence} value="away" />${reason ? term("away", reason) : term("presence", "away")}<//>`)}
    <hr /><${MenuItem} checked=${is("offline")} onClick=${() => setPresence("offline")}><${Presence} value="offline" />${term("presence", "offline")}<//>
    ${channels.length > 1 && html`<hr /><p class="label">${t("presence.channels")}</p>
      ${channels.map((one) => html`<${MenuSwitch} key=${one.instance} on=${onChannel(one.instance)} onClick=${() => setPresence(onChannel(one.instance) ? "away" : "available", "", one.instance)}><${Channel} icon=${one.icon} /><span class="grow cut">${one.title}</span><//>`)}`}
  <//>`;
}

function Notices() {
  const notices = desk.value.notices;
  if (!notices.length) return null;
  const newest = [...notices].sort((a, b) => b.at_ms - a.at_ms).slice(0, 12);
  return html`<${Menu} id="notices" cls="btn ghost ico notices" title=${t("notices")} label=${html`<${Icon} name="bell" /><span class="sr">${t("notices")}: ${notices.length}</span>`}>
    <p class="label">${t("notices")}</p>
    ${newest.map((one) => html`<${MenuItem} key=${one.notice_id} onClick=${() => one.reference && openConversation(one.reference)}><span class="grow">${noticeText(one)}<small>${one.reference}</small></span><time>${when(one.at_ms)}</time><//>`)}
  <//>`;
}

export function PersonItems() {
  const count = desk.value?.quarantine_count ?? 0;
  return html`
    <p class="label">${t("language")}</p>
    ${languages.map(([code, name]) => html`<${MenuItem} key=${code} checked=${lang.value === code} onClick=${() => setLang(code)}><span lang=${code}>${name}</span><//>`)}
    <hr /><p class="label">${t("theme")}</p>
    ${["auto", "light", "dark"].map((one) => html`<${MenuItem} key=${one} checked=${theme.value === one} onClick=${() => setTheme(one)}>${t(`theme.${one}`)}<//>`)}
    <hr />
    <${MenuItem} checked=${sounds.value} onClick=${() => setSounds(!sounds.value)}>${t("sounds")}<//>
    <${MenuItem} checked=${letters.value} onClick=${() => setLetters(!letters.value)}>${t("letters")}<//>
    ${canAsk() && !mayNotify() && html`<${MenuItem} onClick=${ask}><${Icon} name="bell" />${t("notify.ask")}<//>`}
    <${MenuItem} onClick=${() => { dialog.value = { kind: "keys" }; }}><${Icon} name="bolt" />${t("keys")}<//>
    ${count > 0 && html`<${MenuItem} href="/quarantine"><${Icon} name="alert" /><span class="grow">${t("quarantine")}</span><span class="chip warn num">${count}</span><//>`}
    <hr /><${MenuItem} onClick=${signOut}>${t("sign.out")}<//>`;
}

export function Top() {
  const name = me.value?.name || desk.value.me.name;
  return html`<header class="top">
    <a class="logo" href="/desk"><${Icon} name="route" cls="i18" /><span>OmniRoute</span></a>
    <${Search} />
    <span class="grow"></span>
    <${LoadBar} />
    <${Notices} />
    <${PresenceMenu} />
    <${Menu} id="person" cls="me" label=${html`<span class="av" aria-hidden="true">${initials(name)}</span><span class="md cut">${name}</span>`}><${PersonItems} /><//>
  </header>`;
}
