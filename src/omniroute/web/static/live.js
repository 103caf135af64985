// The WebSocket: one whole desk a frame, so a lost frame is healed by the next one. Reconnects with back-off.
import { link } from "./state.js";
import { now } from "./clocks.js";

const PING_MS = 20000, SILENCE_MS = 45000, RETRY_MAX_MS = 15000;
let socket = null, tries = 0, heard = 0, timer = 0, stopped = false, handlers = {};

function down() {
  if (link.value.up || !link.value.tried) link.value = { up: false, since: now(), tried: true };
}

function open() {
  clearTimeout(timer);
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events`;
  const mine = (socket = new WebSocket(url));
  heard = Date.now();
  mine.onopen = () => { tries = 0; heard = Date.now(); };
  mine.onmessage = (event) => {
    heard = Date.now();
    let frame;
    try { frame = JSON.parse(event.data); } catch { return; }
    if (!link.value.up) {
      // Only a frame proves that the other side is well; an open socket may belong to a proxy.
      link.value = { up: true, since: now(), tried: true };
      handlers.up?.();
    }
    handlers[frame.type]?.(frame);
  };
  mine.onclose = (event) => {
    if (mine !== socket || stopped) return;
    down();
    if (event.code === 4401) { location.assign("/login"); return; }
    const wait = Math.min(RETRY_MAX_MS, 500 * 2 ** tries) * (0.7 + Math.random() * 0.6);
    tries += 1;
    timer = setTimeout(open, wait);
  };
}

export function startLive(given) {
  handlers = given;
  open();
  setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heard > SILENCE_MS) socket.close();
    else if (Date.now() - heard > PING_MS) socket.send('{"type":"ping"}');
  }, 5000);
  addEventListener("online", retryNow);
  addEventListener("offline", down);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) retryNow(); });
}
export function retryNow() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  tries = 0;
  open();
}
export function stopLive() { stopped = true; clearTimeout(timer); socket?.close(); }
