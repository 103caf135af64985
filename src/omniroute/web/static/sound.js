// Soft notes made on the spot, the tab's title and notifications. Browsers let sound begin after a gesture only.
import { effect } from "./ui.js";
import { t } from "./i18n.js";
import { sounds } from "./settings.js";
import { desk, link, unreadCount } from "./state.js";

let audio = null;
const wake = () => { audio ??= new AudioContext(); if (audio.state === "suspended") audio.resume().catch(() => {}); };
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wake, { once: true, passive: true });

function note(frequency, after, length, volume = 0.06) {
  if (!audio || !sounds.value) return;
  const start = audio.currentTime + after;
  const tone = audio.createOscillator(), gain = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = frequency;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(volume, start + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  tone.connect(gain).connect(audio.destination);
  tone.start(start);
  tone.stop(start + length + 0.05);
}

// The second note tells the channel apart without looking.
const second = { mail: 587.3, chat: 659.3, phone: 784, visit: 698.5 };
export const offerSound = (icon) => { note(523.3, 0, 0.35); note(second[icon] ?? 659.3, 0.18, 0.5); };
export const messageSound = () => { if (!document.hasFocus()) note(880, 0, 0.25, 0.03); };
export const breachSound = () => note(196, 0, 0.7);

export const mayNotify = () => "Notification" in window && Notification.permission === "granted";
export const canAsk = () => "Notification" in window && Notification.permission === "default";
export const ask = () => Notification.requestPermission();
export function notify(title, body, onClick) {
  if (!mayNotify() || document.hasFocus()) return;
  const shown = new Notification(title, { body, tag: "omniroute" });
  shown.onclick = () => { window.focus(); shown.close(); onClick?.(); };
}

effect(() => {
  if (!desk.value) return;
  const offer = desk.value.offers[0];
  const count = unreadCount.value;
  const base = t("title");
  const mark = link.value.up || !link.value.tried ? "" : "⚠ ";
  document.title = mark + (offer ? t("title.offer", { name: offer.item.customer }) : count ? `(${count}) ${base}` : base);
});
