// What is ordered: the lines with their total, how far other departments are, and the dialog that changes the lines.
import { html, useState } from "../ui.js";
import { setOrder } from "../hands.js";
import { lang, t } from "../i18n.js";
import { dialog } from "../state.js";
import { close, DialogFoot, sendKey, useCommand } from "./form.js";
import { Dialog, Icon } from "./parts.js";

const LINES_MAX = 200;
const EMPTY = { sku: "", text: "", quantity: "1", price: "" };
const CODE = /^[A-Z]{3}$/;
/** Decimal places of a currency (ISO 4217). */
function places(currency) {
  try { return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits; } catch { return 2; }
}
/** Whole minor units as a text without a rounding: 123450 of EUR is 1234.50. */
function plain(minor, digits) {
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  return (minor < 0n ? "-" : "") + (digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text);
}
/** An amount in the words of the reader's language. */
function money(minor, currency, digits) {
  if (!CODE.test(currency)) return plain(minor, digits);
  return new Intl.NumberFormat(lang.value, { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(plain(minor, digits));
}
/** The minor units that a text means, or null: "12,5" of EUR is 1250. */
function minorOf(text, digits) {
  const found = /^(-?)(\d{1,13})(?:[.,](\d+))?$/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
  if (!found || (found[3] ?? "").length > digits) return null;
  const minor = BigInt(found[2] + (found[3] ?? "").padEnd(digits, "0"));
  return found[1] ? -minor : minor;
}
const count = (text) => (/^\d{1,7}$/.test(text.trim()) ? BigInt(text.trim()) : null);

export function Order({ view }) {
  const order = view.order;
  if (!order) return null;
  const tasks = order.tasks_done + order.tasks_open;
  const may = order.editable && view.actions.includes("complete");
  return html`<section class="sec"><div class="sec-h"><h2>${t("order")}</h2>${may && html`<button type="button" class="btn ghost" onClick=${() => { dialog.value = { kind: "order", view }; }}>${t("order.change")}</button>`}</div>
    ${order.lines.length > 0 && html`<table class="order"><tbody>${order.lines.map((one, n) => html`<tr key=${n}><td title=${one.sku}>${one.text}</td><td class="num">${one.quantity} × ${money(BigInt(one.unit_minor), order.currency, order.digits)}</td></tr>`)}</tbody>
      <tfoot><tr><th scope="row">${t("order.total")}</th><td class="num">${money(order.lines.reduce((sum, one) => sum + BigInt(one.quantity) * BigInt(one.unit_minor), 0n), order.currency, order.digits)}</td></tr></tfoot></table>`}
    ${order.editable && !order.lines.length && html`<p class="t3">${t("order.none")}</p>`}
    ${tasks > 0 && html`<p class="t2">${t("order.tasks", { done: order.tasks_done, all: tasks })}${order.tasks_late > 0 && html` <span class="chip bad">${t("order.late", { n: order.tasks_late })}</span>`}</p>`}</section>`;
}

export function OrderDialog({ view }) {
  const { order } = view;
  const [currency, setCurrency] = useState(order.currency || "EUR");
  const [lines, setLines] = useState(order.lines.length ? order.lines.map((one) => ({ sku: one.sku, text: one.text, quantity: String(one.quantity), price: plain(BigInt(one.unit_minor), order.digits) })) : [EMPTY]);
  const cmd = useCommand();
  const digits = places(currency);
  const read = lines.map((one) => ({ quantity: count(one.quantity), unit: minorOf(one.price, digits) }));
  const whole = read.every((one) => one.quantity && one.unit !== null);
  const total = whole ? read.reduce((sum, one) => sum + one.quantity * one.unit, 0n) : null;
  const put = (n, name) => (event) => { setLines(lines.map((one, m) => (m === n ? { ...one, [name]: event.target.value } : one))); cmd.setError(""); };
  const submit = (event) => {
    event.preventDefault();
    if (!CODE.test(currency)) { cmd.setError(t("order.bad.currency")); return; }
    const bad = lines.findIndex((one, n) => !one.text.trim() || !read[n].quantity || read[n].unit === null);
    if (bad >= 0) { cmd.setError(t("order.bad.line", { n: bad + 1, places: digits })); return; }
    const body = { currency, lines: lines.map((one, n) => ({ sku: one.sku.trim(), text: one.text.trim(), quantity: Number(read[n].quantity), unit_minor: Number(read[n].unit) })) };
    cmd.run((key) => setOrder(view.reference, body, key));
  };
  const cell = (one, n, name, label, more) => html`<td><input aria-label=${`${label}, ${n + 1}`} value=${one[name]} onInput=${put(n, name)} ...${more} /></td>`;
  return html`<${Dialog} title=${t("order")} onClose=${close} busy=${cmd.busy}><form onSubmit=${submit} onKeyDown=${sendKey}>
    <label class="field cur"><span class="lg">${t("order.currency")}</span><input value=${currency} maxlength="3" autocapitalize="characters" data-first onInput=${(event) => { setCurrency(event.target.value.toUpperCase()); cmd.setError(""); }} /></label>
    <div class="field lines"><table class="order edit"><thead><tr><th scope="col">${t("order.sku")}</th><th scope="col">${t("order.text")}</th><th scope="col">${t("order.quantity")}</th><th scope="col">${t("order.price")}</th><th></th></tr></thead>
      <tbody>${lines.map((one, n) => html`<tr key=${n}>${cell(one, n, "sku", t("order.sku"), { maxlength: 64 })}${cell(one, n, "text", t("order.text"), { maxlength: 500, dir: "auto" })}${cell(one, n, "quantity", t("order.quantity"), { inputmode: "numeric", class: "num" })}${cell(one, n, "price", t("order.price"), { inputmode: "decimal", class: "num" })}
        <td><button type="button" class="btn ghost ico" title=${t("order.remove")} aria-label=${`${t("order.remove")}, ${n + 1}`} onClick=${() => setLines(lines.filter((_, m) => m !== n))}><${Icon} name="close" /></button></td></tr>`)}</tbody>
      <tfoot><tr><th scope="row" colspan="3"><button type="button" class="btn" disabled=${lines.length >= LINES_MAX} onClick=${() => setLines([...lines, EMPTY])}>${t("order.add")}</button></th><td class="num" aria-live="polite"><b>${total === null ? "" : money(total, currency, digits)}</b></td><td></td></tr></tfoot></table></div>
    <${DialogFoot} busy=${cmd.busy} error=${cmd.error} label=${t("order.save")} /></form><//>`;
}
