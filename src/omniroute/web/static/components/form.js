// What every dialog with a command shares: the key that stays over retries, the error in its place, the two buttons.
import { html, useRef, useState } from "../ui.js";
import { explainError } from "../actions.js";
import { newKey } from "../api.js";
import { t } from "../i18n.js";
import { dialog } from "../state.js";

export const close = () => { dialog.value = null; };
/** Busy and error of a form whose key stays the same over retries of one intention. */
export function useCommand() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const key = useRef(newKey());
  const run = async (work) => {
    if (busy) return;
    setBusy(true);
    setError("");
    try { await work(key.current); close(); } catch (problem) {
      setError(explainError(problem));
      if (problem.status !== 0) key.current = newKey();
      setBusy(false);
    }
  };
  return { busy, error, run, setError };
}
export const DialogFoot = ({ busy, error, label, danger }) => html`<footer class="dlg-f"><span class="grow bad-t" role="alert">${error}</span><button type="button" class="btn tall" onClick=${close}>${t("cancel")}</button><button type="submit" class=${`btn tall ${danger ? "stop" : "main"}`} disabled=${busy}>${label} <kbd>Ctrl ↵</kbd></button></footer>`;
export const sendKey = (event) => { if ((event.ctrlKey || event.metaKey) && event.code === "Enter") { event.preventDefault(); event.stopPropagation(); event.currentTarget.requestSubmit(); } };
