// Texts by key. t("offer.waits", {time}) reads the chosen language, falls back to English, then to the key's own words.
import { signal } from "./ui.js";
import { keepWord, word } from "./settings.js";
import en from "./i18n/en.js";
import ru from "./i18n/ru.js";

const tables = { en, ru };
export const languages = [["en", "English"], ["ru", "Русский"]];

function initial() {
  const kept = word("lang", "");
  if (kept in tables) return kept;
  for (const wish of navigator.languages ?? [navigator.language]) {
    const short = wish.slice(0, 2).toLowerCase();
    if (short in tables) return short;
  }
  return "en";
}

export const lang = signal(initial());
document.documentElement.lang = lang.value;

export function setLang(value) {
  lang.value = value;
  keepWord("lang", value);
  document.documentElement.lang = value;
}

const plurals = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") };

export function t(key, params) {
  let text = tables[lang.value][key] ?? en[key];
  if (text === undefined) return key;
  if (typeof text === "object") text = text[plurals[lang.value].select(params.n)] ?? text.other;
  return params ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole)) : text;
}

/** A code of the configuration (disposition, kind, reason): its translation, or the code as words. */
export function term(group, code) {
  const key = `${group}.${code}`;
  const text = tables[lang.value][key] ?? en[key];
  if (typeof text === "string") return text;
  const words = String(code).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const formats = new Map();
function format(options) {
  const key = lang.value + JSON.stringify(options);
  if (!formats.has(key)) {
    // Day before month and a 24 hour clock: these screens are read over shoulders in many countries.
    formats.set(key, new Intl.DateTimeFormat(lang.value === "en" ? "en-GB" : lang.value, options));
  }
  return formats.get(key);
}
const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** 14:58 today, "Mon 18:42" within a week, else "5 Nov". */
export function when(ms, now = Date.now()) {
  if (!ms) return "";
  const date = new Date(ms);
  const time = format({ hour: "2-digit", minute: "2-digit" }).format(date);
  if (sameDay(date, new Date(now))) return time;
  if (Math.abs(now - ms) < 6 * 86400e3) return `${format({ weekday: "short" }).format(date)} ${time}`;
  return day(ms, now);
}
export function day(ms, now = Date.now()) {
  const date = new Date(ms);
  const options = { day: "numeric", month: "short" };
  if (date.getFullYear() !== new Date(now).getFullYear()) options.year = "numeric";
  return format(options).format(date).replace(/\.$| г\.$/, "");
}
export const full = (ms) => format({ dateStyle: "full", timeStyle: "short" }).format(new Date(ms));
export const exact = (ms) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(ms));

export function size(bytes) {
  const units = t("units.bytes").split(" ");
  let value = bytes, step = 0;
  while (value >= 1000 && step < units.length - 1) { value /= 1000; step += 1; }
  return `${new Intl.NumberFormat(lang.value, { maximumFractionDigits: value < 10 && step ? 1 : 0 }).format(value)} ${units[step]}`;
}
