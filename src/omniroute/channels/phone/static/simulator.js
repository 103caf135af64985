// The telephone page: places calls over a WebSocket and shows how they stand. It decides nothing: every state shown
// here was told by the server.
import { texts } from "./texts.js";

const CALLS_SHOWN_MAX = 30;
const LOG_LINES_MAX = 200;
const RECONNECT_MS_MAX = 10_000;
const PRESETS = [
  { name: "Anna Lindqvist", from: "+46 8 465 00 412" },
  { name: "Jonas Weber", from: "+49 30 23125 014" },
  { name: "Priya Shah", from: "+44 20 7946 0018" },
  { name: "Мария Соколова", from: "+7 900 000 01 42" },
];

const language = navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
const t = (key, values = {}) => texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const byId = (id) => document.getElementById(id);
const rows = new Map(); // call_id → { row, call, connectedAt, endedAt }
let socket = null;
let attempts = 0;

function translate() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

function showPresets() {
  for (const preset of PRESETS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = preset.name;
    button.addEventListener("click", () => {
      byId("withheld").checked = false;
      byId("from").disabled = false;
      byId("from").value = preset.from;
      byId("name").value = preset.name;
      markPreset();
    });
    byId("presets").append(button);
  }
}

function markPreset() {
  const chosen = PRESETS.findIndex((p) => p.from === byId("from").value && p.name === byId("name").value);
  const usable = !byId("withheld").checked;
  [...byId("presets").children].forEach((button, i) => button.setAttribute("aria-pressed", String(usable && i === chosen)));
}

function showLine(state) {
  byId("line").dataset.state = state;
  byId("line-text").textContent = t({ ready: "lineReady", connecting: "lineConnecting", lost: "lineLost" }[state]);
  byId("call").disabled = state !== "ready";
}

function connect() {
  const url = new URL("simulator/ws", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.addEventListener("message", (message) => receive(JSON.parse(message.data)));
  socket.addEventListener("close", () => {
    showLine("lost");
    // the server hangs up with the connection, so nothing of it may look alive here
    for (const { call } of [...rows.values()]) if (!isOver(call)) showCall({ ...call, state: "lost" });
    attempts += 1;
    setTimeout(connect, Math.min(500 * 2 ** attempts, RECONNECT_MS_MAX));
  });
}

function receive(frame) {
  if (frame.type === "hello") {
    attempts = 0;
    showNumbers(frame.numbers);
    showLine("ready");
  } else if (frame.type === "call") {
    showCall(frame.call);
  } else if (frame.type === "event") {
    log(frame.at_ms, "→", frame.event, frame.call_id, frame.status);
  } else if (frame.type === "order") {
    log(frame.at_ms, "←", frame.outcome ? `${frame.order} ${frame.outcome}` : frame.order, frame.call_id);
  } else if (frame.type === "error") {
    log(Date.now(), "!", frame.code, "");
  }
}

function showNumbers(numbers) {
  const options = numbers.map((number) => new Option(number, number));
  byId("to").replaceChildren(...(options.length ? options : [new Option(t("anyNumber"), "")]));
}

const OPEN = ["ringing", "connected", "diverted"];
const isOver = (call) => !OPEN.includes(call.state);

function stateText(call) {
  if (call.rung && !isOver(call)) return t("ringingOperator", { operator: call.rung });
  if (call.state === "diverted") return t({ voicemail: "toldVoicemail", callback: "toldCallback", mail: "toldMail" }[call.outcome] ?? "diverted");
  if (call.state === "connected") return t("connected", { operator: call.operator });
  if (call.state === "ended" && call.ended_by === "operator") return t("endedByOperator");
  return t(call.state);
}

function makeRow(call) {
  const row = byId("call-row").content.firstElementChild.cloneNode(true);
  row.querySelector("strong").textContent = call.name || call.from || t("unknownCaller");
  row.querySelector(".number").textContent = call.name ? call.from || t("unknownCaller") : "";
  const button = row.querySelector(".hang-up");
  button.textContent = t("hangUp");
  button.addEventListener("click", () => send({ type: "hang_up", call_id: call.call_id }));
  const miss = row.querySelector(".miss");
  miss.textContent = t("miss");
  miss.addEventListener("click", () => send({ type: "miss", call_id: call.call_id }));
  const mail = row.querySelector(".mail");
  mail.querySelector(".tone").textContent = t("tone");
  mail.querySelector("button").textContent = t("leave");
  mail.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = mail.querySelector("textarea").value.trim();
    if (text) send({ type: "voicemail", call_id: call.call_id, text });
  });
  byId("calls").prepend(row);
  return { row, call, connectedAt: 0, endedAt: 0 };
}

function showCall(call) {
  const entry = rows.get(call.call_id) ?? makeRow(call);
  rows.set(call.call_id, entry);
  entry.call = call;
  if (call.state === "connected") entry.connectedAt ||= Date.now();
  if (isOver(call)) entry.endedAt ||= Date.now();
  entry.row.dataset.state = call.state;
  entry.row.toggleAttribute("data-over", isOver(call));
  entry.row.querySelector(".hang-up").hidden = isOver(call);
  entry.row.querySelector(".miss").hidden = isOver(call) || (call.state !== "ringing" && !call.rung);
  entry.row.querySelector(".miss").setAttribute("aria-pressed", String(Boolean(call.unanswered)));
  entry.row.querySelector(".mail").hidden = call.state !== "diverted" || call.outcome !== "voicemail";
  entry.row.querySelector(".state").textContent = stateText(call);
  forgetOldest();
  tick();
}

function forgetOldest() {
  for (const [id, { row, call }] of rows) {
    if (rows.size <= CALLS_SHOWN_MAX) return;
    if (isOver(call)) {
      row.remove();
      rows.delete(id);
    }
  }
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  let open = 0;
  for (const { row, call, connectedAt, endedAt } of rows.values()) {
    if (!isOver(call)) open += 1;
    row.querySelector(".timer").textContent = connectedAt ? duration((endedAt || Date.now()) - connectedAt) : "";
  }
  byId("empty").hidden = rows.size > 0;
  byId("count").textContent = open || "";
  document.title = open ? `(${open}) ${t("title")}` : t("title");
}

function log(atMs, arrow, what, callId, status = "") {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date(atMs).toLocaleTimeString("en-GB");
  line.append(time, cell(arrow), cell(what), cell(callId, "id"), cell(String(status)));
  if (status) line.lastElementChild.dataset.ok = status === 200 ? "yes" : "no";
  byId("log").prepend(line);
  if (byId("log").children.length > LOG_LINES_MAX) byId("log").lastElementChild.remove();
}

function cell(text, className = "") {
  const element = document.createElement("span");
  element.textContent = text;
  element.className = className;
  return element;
}

function send(frame) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

byId("withheld").addEventListener("change", () => {
  byId("from").disabled = byId("withheld").checked;
  markPreset();
});
byId("from").addEventListener("input", markPreset);
byId("name").addEventListener("input", markPreset);
byId("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  const from = byId("withheld").checked ? "" : byId("from").value.trim();
  send({ type: "call", from, name: byId("name").value.trim(), to: byId("to").value });
});

translate();
showPresets();
byId("presets").firstElementChild.click();
showLine("connecting");
setInterval(tick, 1000);
connect();
