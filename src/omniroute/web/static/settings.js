// What one person prefers in this browser. Storage may be refused: then the value lives as long as the page.
import { signal } from "./ui.js";

export function load(key, fallback) {
  try {
    const raw = localStorage.getItem("omniroute." + key);
    return raw === null ? fallback : JSON.parse(raw);
  } catch { return fallback; }
}
export function save(key, value) {
  try {
    if (value === null || value === undefined) localStorage.removeItem("omniroute." + key);
    else localStorage.setItem("omniroute." + key, JSON.stringify(value));
    return true;
  } catch { return false; }
}

// Language and theme are plain words, because theme.js reads one of them before the modules load.
function word(key, fallback) {
  try { return localStorage.getItem("omniroute." + key) || fallback; } catch { return fallback; }
}
function keepWord(key, value) {
  try { localStorage.setItem("omniroute." + key, value); } catch { /* kept for this page only */ }
}

export const theme = signal(word("theme", "auto"));
export const sounds = signal(load("sounds", true));
export const letters = signal(load("letters", true));

export function setTheme(value) {
  theme.value = value;
  keepWord("theme", value);
  if (value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}
export function setSounds(on) { sounds.value = on; save("sounds", on); }
export function setLetters(on) { letters.value = on; save("letters", on); }
export { word, keepWord };
