// The keyboard, by the place of the key and not its letter: shortcuts must live on a Russian layout as well.
import { decide, endContact, goBack } from "./actions.js";
import { openGive, openRequeue, openSnooze, pullFocused } from "./hands.js";
import { letters } from "./settings.js";
import { back, can, conv, desk, dialog, drawer, menu, pane } from "./state.js";
import { setMode } from "./components/composer.js";
import { walkList } from "./components/list.js";
import { openTransfer, openWhy, toggleSide } from "./components/talk.js";

const typing = (node) => Boolean(node?.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])"));

const single = {
  KeyJ: () => walkList(1),
  KeyK: () => walkList(-1),
  KeyR: () => setMode("reply"),
  KeyN: () => setMode("note"),
  KeyT: openTransfer,
  KeyW: openWhy,
  KeyI: () => conv.value && toggleSide(),
  KeyP: () => { menu.value = "presence"; },
  KeyG: pullFocused,
  KeyZ: openSnooze,
  KeyQ: openRequeue,
  KeyO: openGive,
};
const alt = {
  KeyA: () => decideFirst("accept"),
  KeyX: () => decideFirst("decline"),
  KeyE: () => can("end_contact") && conv.value.item && endContact(conv.value.item),
};
function decideFirst(choice) {
  const offer = desk.value?.offers[0];
  if (offer) decide(offer, choice);
}

function escape() {
  if (menu.value) menu.value = "";
  else if (drawer.value) drawer.value = false;
  else if (typing(document.activeElement)) document.activeElement.blur();
  else if (back.value.length || pane.value !== "list") goBack();
}

export function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      // An offer can be taken from anywhere, also out of a dialog or a half-written sentence.
      if (alt[event.code]) { event.preventDefault(); alt[event.code](); }
      return;
    }
    if (dialog.value || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code === "Escape") { escape(); return; }
    if (typing(event.target)) return;
    if (event.code === "Slash") {
      event.preventDefault();
      if (event.shiftKey) dialog.value = { kind: "keys" };
      else find();
      return;
    }
    if (event.shiftKey || !letters.value || menu.value) return;
    const act = single[event.code];
    if (act) { event.preventDefault(); act(); }
  });
}
function find() {
  const there = () => [...document.querySelectorAll(".find input")].find((node) => node.offsetParent);
  // At once where it can be: whoever types on must not type into shortcuts.
  if (!matchMedia("(max-width: 720px)").matches) { there()?.focus(); return; }
  pane.value = "find";
  requestAnimationFrame(() => there()?.focus());
}
