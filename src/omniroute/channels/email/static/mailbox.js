// Shows new letters as they come. Text goes in as text nodes only; the page works without this file.
const list = document.getElementById("letters");
const empty = document.getElementById("empty");
const state = document.getElementById("state");
const RETRY_MS = [500, 1000, 2000, 5000];
let failures = 0;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function letter(message) {
  const item = element("li");
  const article = element("article");
  const facts = element("p", "", "facts");
  const source = element("a", "Source");
  source.href = `mailbox/${message.n}.eml`;
  facts.append(element("span", `${message.sender} → ${message.to}`), element("span", message.date), source);
  article.append(element("h2", message.subject || "No subject"), facts, element("pre", message.text));
  item.append(article);
  return item;
}

async function refresh() {
  const answer = await fetch("mailbox.json");
  if (!answer.ok) return;
  const messages = await answer.json();
  list.replaceChildren(...messages.map(letter));
  empty.hidden = messages.length > 0;
}

function connect() {
  const url = new URL("mailbox/changes", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    failures = 0;
    state.textContent = "Letters that OmniRoute sent. New ones appear by themselves.";
    refresh();
  });
  socket.addEventListener("message", refresh);
  socket.addEventListener("close", () => {
    state.textContent = "Not connected. Trying again…";
    setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  });
}

connect();
