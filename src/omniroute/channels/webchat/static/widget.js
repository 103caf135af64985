/* The chat widget: one script tag on any page, no dependency, no build.
 *
 *     <script src="https://…/channels/shop/widget.js" async></script>
 *
 * Add data-lang="en" or "ru" to choose the language. It draws into a closed shadow root and touches nothing else of the
 * page. It writes text as text only (no innerHTML, no inline style), so a strict CSP with Trusted Types suffices:
 * script-src and connect-src with our origin.
 *
 * Parts, from top to bottom: texts, memory, thread, wire, view, start. The wire changes the memory and the thread; the
 * view is drawn from both after every change.
 */
(() => {
  "use strict";

  const script = document.currentScript || document.querySelector('script[src$="/widget.js"]');
  if (!script) return;
  const base = new URL(".", script.src).href;
  const key = `omniroute:${base}`;
  const once = Symbol.for(key);
  if (window[once]) return; // a page that includes the script twice gets one chat
  window[once] = true;

  const CHARS_MAX = 8000;
  const QUEUE_MAX = 50; // unsent messages that are kept
  const UNMATCHED_MS = 600_000; // so long a sent message is shown without having come back in the thread
  const BACKOFF_MS = [500, 30_000];
  const SILENT_MS = [25_000, 45_000]; // after the first we ask, after the second the connection counts as lost

  /* ---- texts ---- */

  const TEXTS = {
    en: {
      launch: "Ask us",
      unread: (n) => `Open the chat, ${n} unread`,
      close: "Close, the chat goes on",
      chat: (site) => (site ? `Chat with ${site}` : "Chat"),
      site: "Chat",
      person: "A person answers",
      waiting: "We have your message",
      greeting: "Tell us briefly what it is about. A person answers.",
      name: "Your name (optional)",
      email: "Mail, for the answer if we lose you (optional)",
      emailHint: "name@example.org",
      about: "What is it about?",
      aboutHint: "A sentence is enough",
      start: "Start the chat",
      messages: "Messages",
      reference: "Reference",
      soon: "You can close this window. The answer appears here.",
      message: "Your message",
      write: "Write a message",
      send: "Send",
      offline: "No connection. We try again by ourselves.",
      waits: "waits for the connection",
      busy: "many are writing; sent again shortly",
      sending: "sending",
      sent: "sent",
      failed: "Not sent.",
      tooLong: "Not sent: too long.",
      again: "Try again",
      you: "You",
      said: (name, text) => `${name}: ${text}`,
      place: (number) => `You are number ${number}.`,
      wait: (time) => `Estimated wait: ${time}.`,
      moment: "less than a minute",
      upTo: (most) => (most === 1 ? "up to 1 minute" : `up to ${most} minutes`),
      minutes: (minutes) => (minutes === 1 ? "1 minute" : `${minutes} minutes`),
      between: (least, most) => `${least}-${most} minutes`,
      away: "All operators are away; we answer as soon as we can.",
      outcome_mail: "We cannot answer here in time. We answer you by e-mail.",
      outcome_callback: "We cannot answer here in time. We call you back.",
      outcome_voicemail: "Nobody is free now. Write here what it is about; we answer later.",
      later: "We cannot answer here in time. We come back to you later.",
    },
    ru: {
      launch: "Спросить",
      unread: (n) => `Открыть чат, непрочитанных: ${n}`,
      close: "Закрыть, чат продолжится",
      chat: (site) => (site ? `Чат: ${site}` : "Чат"),
      site: "Чат",
      person: "Отвечает человек",
      waiting: "Сообщение у нас",
      greeting: "Коротко опишите, в чём дело. Ответит человек.",
      name: "Ваше имя (необязательно)",
      email: "Почта для ответа, если связь прервётся (необязательно)",
      emailHint: "name@example.org",
      about: "В чём вопрос?",
      aboutHint: "Достаточно одного предложения",
      start: "Начать чат",
      messages: "Сообщения",
      reference: "Номер обращения",
      soon: "Окно можно закрыть. Ответ появится здесь.",
      message: "Ваше сообщение",
      write: "Напишите сообщение",
      send: "Отправить",
      offline: "Нет связи. Мы сами попробуем ещё раз.",
      waits: "ждёт связи",
      busy: "сейчас много обращений, скоро отправим",
      sending: "отправляется",
      sent: "отправлено",
      failed: "Не отправлено.",
      tooLong: "Не отправлено: слишком длинно.",
      again: "Повторить",
      you: "Вы",
      said: (name, text) => `${name}: ${text}`,
      place: (number) => `Ваше место в очереди: ${number}.`,
      wait: (time) => `Примерное ожидание: ${time}.`,
      moment: "меньше минуты",
      upTo: (most) => `до ${most} мин`,
      minutes: (minutes) => `${minutes} мин`,
      between: (least, most) => `${least}-${most} мин`,
      away: "Сейчас операторов нет на месте; ответим, как только сможем.",
      outcome_mail: "Мы не успеваем ответить здесь. Ответим вам по электронной почте.",
      outcome_callback: "Мы не успеваем ответить здесь. Мы вам перезвоним.",
      outcome_voicemail: "Сейчас все заняты. Напишите здесь, в чём дело; мы ответим позже.",
      later: "Мы не успеваем ответить здесь. Мы свяжемся с вами позже.",
    },
  };
  const wanted = [script.dataset.lang, document.documentElement.lang, navigator.language];
  const lang = wanted.map((tag) => (tag || "").slice(0, 2).toLowerCase()).find((tag) => TEXTS[tag]) || "en";
  const t = TEXTS[lang];

  /* ---- memory: what outlives the page, shared by all tabs; unsent texts above all ---- */

  const memory = (() => {
    const blank = { token: "", name: "", email: "", open: false, started: false, read: 0, heard: [], mine: [] };
    let fallback = null; // where storage is forbidden the chat lives as long as the page
    const load = () => {
      if (fallback) return fallback;
      try {
        const saved = JSON.parse(localStorage.getItem(key) || "{}");
        return { ...blank, ...saved, mine: Array.isArray(saved.mine) ? saved.mine : [] };
      } catch {
        return { ...blank };
      }
    };
    const change = (edit) => {
      const state = load();
      edit(state);
      try {
        localStorage.setItem(key, JSON.stringify(state));
      } catch {
        fallback = state;
      }
      return state;
    };
    return { load, change };
  })();

  const changeMine = (id, edit) => memory.change((state) => state.mine.filter((m) => m.id === id).forEach(edit));

  const newId = () => {
    if (crypto.randomUUID) return crypto.randomUUID(); // exists in secure contexts only
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  };

  /* ---- thread: what the server told, and what it has not told back yet ---- */

  const thread = {
    entries: new Map(), notices: new Map(), waiting: null, reference: "", site: "", greeting: "", charsMax: CHARS_MAX,
  };
  const lastSeen = () => Math.max(0, ...thread.entries.keys());

  /** What the house says, not a person; it comes again at a reload, and then with its exact place. */
  const addNotice = (entry) => {
    const known = thread.notices.get(entry.key);
    if (known && !entry.interaction_id) return false;
    const text = t[`outcome_${entry.outcome}`] || t.later;
    const place = entry.interaction_id || lastSeen();
    const order = known ? known.order : Date.now();
    thread.notices.set(entry.key, { key: entry.key, text, place, order, at: entry.at_ms });
    return true;
  };

  const addEntry = (entry) => {
    if (entry.author === "system") return addNotice(entry);
    if (thread.entries.has(entry.interaction_id)) return false;
    thread.entries.set(entry.interaction_id, entry);
    thread.reference = entry.reference || thread.reference;
    if (entry.client_id) {
      memory.change((state) => {
        state.mine = state.mine.filter((m) => m.id !== entry.client_id);
      });
    }
    return true;
  };

  /** All lines in order. A message of ours stands where it was written until the thread tells its place. */
  const lines = () => {
    const told = [...thread.entries.values()].map((e) => ({
      key: e.client_id ? `c${e.client_id}` : `i${e.interaction_id}`,
      place: e.interaction_id,
      order: 0,
      ours: e.author === "customer",
      name: e.name || "",
      text: e.text,
      at: e.at_ms,
      state: "sent",
    }));
    const mine = memory.load().mine.map((m) => ({
      key: `c${m.id}`, id: m.id, place: m.behind, order: m.at, ours: true, name: "", text: m.text, at: m.at,
      state: m.state, reason: m.reason,
    }));
    const notices = [...thread.notices.values()].map((n) => ({
      key: `s${n.key}`, place: n.place, order: n.order, ours: false, system: true, name: "", text: n.text, at: n.at,
      state: "sent",
    }));
    return [...told, ...mine, ...notices].sort((a, b) => a.place - b.place || a.order - b.order);
  };

  const unread = () => {
    const { read, heard } = memory.load();
    const said = [...thread.entries.values()].filter((e) => e.author !== "customer" && e.interaction_id > read);
    return [...said, ...[...thread.notices.values()].filter((n) => !heard.includes(n.key))];
  };

  /** Minutes rounded outwards, so that what is promised is kept. */
  const waitingTexts = ({ position, low_s = 0, high_s = 0, percent = 0, staffed = true }) => {
    if (!staffed) return [t.away, ""];
    if (!percent) return [t.place(position), ""];
    const [least, most] = [Math.floor(low_s / 60), Math.ceil(high_s / 60)];
    let time = t.between(least, most);
    if (high_s < 60) time = t.moment;
    else if (!least) time = t.upTo(most);
    else if (least === most) time = t.minutes(most);
    return [t.place(position), t.wait(time)];
  };

  const write = (text) => {
    const message = { id: newId(), text, at: Date.now(), behind: lastSeen(), state: "queued" };
    memory.change((state) => {
      state.started = true;
      state.mine = [...state.mine, message].slice(-QUEUE_MAX);
    });
    wire.flush();
    view.draw({ toEnd: true });
  };

  /* ---- wire: one socket, opened again with back-off; one message in flight, so their order holds ---- */

  const wire = (() => {
    const url = `${base.replace(/^http/, "ws")}ws`;
    let socket = null;
    let state = "idle"; // idle, connecting, up, down
    let tries = 0;
    let retryTimer = 0;
    let busyTimer = 0;
    let heardMs = 0;
    let flying = "";
    let sentToken = "";

    const say = (frame) => socket.send(JSON.stringify(frame));

    const connect = () => {
      clearTimeout(retryTimer);
      if (socket) return;
      if (navigator.onLine === false) return lose();
      state = state === "down" ? "down" : "connecting"; // the banner stays until we are really back
      heardMs = Date.now();
      const attempt = new WebSocket(url);
      socket = attempt;
      attempt.onopen = hello;
      attempt.onmessage = (event) => attempt === socket && hear(JSON.parse(event.data));
      attempt.onclose = () => attempt === socket && lose();
    };

    const hello = () => {
      const { token, name, email } = memory.load();
      sentToken = token;
      say({ type: "hello", token, name, email, after: lastSeen() });
    };

    const lose = () => {
      const former = socket;
      socket = null;
      flying = "";
      clearTimeout(busyTimer);
      state = "down";
      if (former) former.close();
      const [first, most] = BACKOFF_MS;
      const pause = Math.min(most, first * 2 ** tries) * (0.5 + Math.random() / 2);
      tries = Math.min(tries + 1, 10);
      clearTimeout(retryTimer);
      retryTimer = setTimeout(connect, pause);
      view.draw();
    };

    const hear = (frame) => {
      heardMs = Date.now();
      const known = { welcome, entry: hearEntry, ack, busy, waiting, error: refused }[frame.type];
      if (known) known(frame);
    };

    const welcome = (frame) => {
      const { token } = memory.load();
      if (token !== sentToken && frame.fresh) return lose(); // another tab became known first: be that visitor
      thread.waiting = null; // it is told again where it still holds
      if (frame.fresh) {
        thread.entries.clear();
        thread.notices.clear();
        thread.reference = "";
      }
      memory.change((saved) => {
        saved.token = frame.token;
        const aged = (m) => m.state === "sent" && (frame.fresh || Date.now() - m.at > UNMATCHED_MS);
        saved.mine = saved.mine.filter((m) => !aged(m));
        if (frame.fresh) {
          saved.read = 0;
          saved.heard = [];
          saved.mine.forEach((m) => (m.behind = 0));
        }
      });
      thread.site = frame.site;
      thread.greeting = frame.greeting;
      thread.charsMax = frame.chars_max;
      thread.reference = frame.reference || thread.reference;
      frame.entries.forEach(addEntry);
      state = "up";
      tries = 0;
      flush();
      view.draw();
    };

    const hearEntry = (frame) => {
      if (addEntry(frame)) view.draw();
    };

    const waiting = (frame) => {
      thread.waiting = frame.position ? frame : null;
      view.draw();
    };

    const ack = (frame) => {
      changeMine(frame.id, (m) => (m.state = "sent"));
      landed();
    };

    const busy = (frame) => {
      changeMine(frame.id, (m) => (m.state = "busy"));
      clearTimeout(busyTimer);
      busyTimer = setTimeout(landed, frame.retry_after_s * 1000);
      view.draw();
    };

    const refused = (frame) => {
      const id = frame.id || flying;
      if (!id) return;
      changeMine(id, (m) => Object.assign(m, { state: "failed", reason: frame.code }));
      landed();
    };

    const landed = () => {
      flying = "";
      flush();
      view.draw();
    };

    const flush = () => {
      if (state !== "up" || flying) return;
      const { mine, name, email } = memory.load();
      const next = mine.find((m) => m.state === "queued" || m.state === "busy");
      if (!next) return;
      flying = next.id;
      say({ type: "message", id: next.id, text: next.text, name, email });
    };

    const watch = () => {
      if (!socket) return;
      const silentMs = Date.now() - heardMs;
      if (silentMs > SILENT_MS[1]) lose();
      else if (silentMs > SILENT_MS[0] && state === "up") say({ type: "ping" });
    };

    setInterval(watch, 10_000);
    addEventListener("offline", () => state !== "idle" && lose());
    addEventListener("online", () => {
      tries = 0;
      if (state !== "idle") connect();
    });
    return { connect, flush, state: () => state };
  })();

  /* ---- view: elements are made, never parsed ---- */

  const ICONS = {
    chat: "M4 4h12a1.5 1.5 0 0 1 1.5 1.5v7A1.5 1.5 0 0 1 16 14H9.5L6 17v-3H4a1.5 1.5 0 0 1-1.5-1.5v-7A1.5 1.5 0 0 1 4 4z",
    down: "m6 8 4 4 4-4",
    send: "M3 10.2 17 3.5 12.8 17l-2.9-5.6zM9.9 11.4 17 3.5",
    check: "m4.5 10.5 3.5 3.5 7.5-8",
    clock: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM10 6v4l2.6 1.8",
    alert: "M10 3.2 17.6 16.5H2.4zM10 8.3v3.7M10 14.2h.01",
    refresh: "M16 6.5A7 7 0 1 0 17 10M16.5 3v3.7h-3.7",
  };

  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "boolean") node.toggleAttribute(name, value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    for (const [k, v] of [["class", "i"], ["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) svg.setAttribute(k, v);
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  const put = (node, text) => {
    if (node.textContent !== text) node.textContent = text; // unchanged text is not announced again
  };

  const clockTime = (ms) => {
    const date = new Date(ms);
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const today = date.toDateString() === new Date().toDateString();
    return date.toLocaleString(lang, today ? time : { day: "numeric", month: "short", ...time });
  };

  const initials = (name) => name.split(/\s+/).filter(Boolean).slice(0, 2).map((w) => [...w][0]).join("").toUpperCase();

  const view = (() => {
    const narrow = matchMedia("(max-width: 480px), (max-height: 480px)");
    const field = (label, control) => el("label", { class: "fld" }, el("span", {}, label), control);

    const title = el("h2", { class: "cut", id: "title" });
    const status = el("p", { class: "cut" });
    const face = el("span", { class: "av", "aria-hidden": "true", hidden: true }, el("span"));
    const closer = el("button", { type: "button", class: "btn ghost ico", "aria-label": t.close }, icon("down"));
    const head = el("header", { class: "head" }, face, el("div", { class: "grow" }, title, status), closer);
    const banner = el("p", { class: "note", role: "status" });

    const greeting = el("p", { class: "lead" });
    const name = el("input", { name: "name", autocomplete: "name", maxlength: "120" });
    const email = el("input", {
      name: "email", type: "email", autocomplete: "email", maxlength: "254", placeholder: t.emailHint,
    });
    const first = el("textarea", { name: "about", required: true, placeholder: t.aboutHint });
    const start = el("button", { type: "submit", class: "btn main" }, el("span", {}, t.start));
    const before = el(
      "form", { class: "body" },
      greeting, field(t.name, name), field(t.email, email), field(t.about, first), start,
    );

    const reference = el("p", { class: "small" }, el("span"));
    const soon = el("p", { class: "small" }, el("span", {}, t.soon));
    const log = el(
      "div", { class: "body log", role: "log", "aria-live": "polite", "aria-label": t.messages, tabindex: "0" },
      reference, soon,
    );
    const queue = el("p", { class: "queue", role: "status" }, el("span"), " ", el("span", { class: "whole" }));
    const text = el("textarea", { rows: "1", "aria-label": t.message, placeholder: t.write });
    const sendButton = el("button", { type: "submit", class: "btn main ico", "aria-label": t.send }, icon("send"));
    const composer = el("form", { class: "write" }, text, sendButton);

    const panel = el(
      "section", { class: "ow", role: "dialog", "aria-labelledby": "title", hidden: true },
      head, banner, before, log, queue, composer,
    );
    const hear = el("p", { class: "hear", role: "status", hidden: true });
    const word = el("span", {}, t.launch);
    const badge = el("span", { class: "badge", "aria-hidden": "true" });
    const launch = el("button", { type: "button", class: "launch", "aria-expanded": "false" });
    const root = el("div", { class: "root", lang }, panel, hear, launch);
    const rows = new Map();

    /* drawing */

    const draw = ({ toEnd = false } = {}) => {
      const all = lines();
      const open = !panel.hidden;
      if (open && !document.hidden) {
        memory.change((state) => {
          state.read = Math.max(state.read, lastSeen());
          state.heard = [...new Set([...state.heard, ...thread.notices.keys()])].slice(-QUEUE_MAX);
        });
      }
      drawHead(all);
      if (wire.state() === "down") {
        if (!banner.firstChild) banner.append(icon("refresh"), el("span", {}, t.offline));
      } else banner.replaceChildren();
      banner.hidden = !banner.firstChild;
      before.hidden = all.length > 0;
      log.hidden = composer.hidden = !all.length;
      const waits = thread.waiting && wire.state() === "up" && all.length > 0;
      const [place, time] = waits ? waitingTexts(thread.waiting) : ["", ""];
      put(queue.firstChild, place);
      put(queue.lastChild, time);
      queue.hidden = !waits;
      put(greeting, thread.greeting || t.greeting);
      first.maxLength = text.maxLength = thread.charsMax;
      sendButton.disabled = !text.value.trim();
      drawLog(all, toEnd);
      drawLaunch(open);
    };

    const drawHead = (all) => {
      const helper = all.filter((line) => !line.ours && line.name).pop();
      put(title, helper ? helper.name : thread.site || t.site);
      put(status, helper ? thread.site || t.site : all.some((l) => l.state === "sent") ? t.waiting : t.person);
      face.hidden = !helper;
      put(face.firstChild, helper ? initials(helper.name) : "");
    };

    const drawLog = (all, toEnd) => {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const keys = new Set(all.map((line) => line.key));
      for (const [k, node] of rows) {
        if (!keys.has(k)) {
          node.remove();
          rows.delete(k);
        }
      }
      put(reference.firstChild, thread.reference ? `${t.reference} ${thread.reference}` : "");
      reference.hidden = !thread.reference;
      let previous = reference;
      let speaker = "";
      for (const line of all) {
        const node = rows.get(line.key) || el("div", { class: line.ours ? "row us" : "row" });
        rows.set(line.key, node);
        drawRow(node, line, speaker);
        if (previous.nextSibling !== node) previous.after(node);
        previous = node;
        speaker = line.ours ? "" : line.name;
      }
      soon.hidden = !all.every((line) => line.ours && line.state === "sent");
      if (previous.nextSibling !== soon) previous.after(soon);
      if (toEnd || atEnd) log.scrollTop = log.scrollHeight;
    };

    const shownState = (line) => {
      if (line.state === "queued") return wire.state() === "up" ? "sending" : "waits";
      return line.state === "busy" && wire.state() !== "up" ? "waits" : line.state;
    };

    const drawRow = (node, line, speaker) => {
      const state = shownState(line);
      const as = [state, line.at, line.name !== speaker].join();
      if (node.dataset.as === as) return; // what has not changed is not touched, so a text is announced once
      node.dataset.as = as;
      if (line.system) {
        node.classList.add("sys");
        const when = el("p", { class: "bm" }, el("time", {}, clockTime(line.at)));
        return node.replaceChildren(el("p", {}, el("span", {}, line.text)), when);
      }
      const bubble = el("p", { class: "b" }, el("span", {}, line.text));
      if (line.ours && node.firstChild) node.lastChild.replaceWith(drawState(line, state));
      else if (line.ours) node.replaceChildren(el("span", { class: "sr" }, t.you), bubble, drawState(line, state));
      else {
        const by = line.name !== speaker ? [el("p", { class: "by" }, el("span", {}, line.name || thread.site))] : [];
        node.replaceChildren(...by, bubble, el("p", { class: "bm" }, el("time", {}, clockTime(line.at))));
      }
    };

    const drawState = (line, state) => {
      const meta = el("p", { class: "bm" });
      if (state === "sent") meta.append(el("time", {}, clockTime(line.at)), icon("check"), el("span", {}, t.sent));
      else if (state === "failed") {
        const again = el("button", { type: "button" }, t.again);
        again.addEventListener("click", () => {
          changeMine(line.id, (m) => Object.assign(m, { state: "queued" }));
          wire.flush();
          draw();
          text.focus();
        });
        meta.classList.add("bad");
        meta.append(icon("alert"), el("span", {}, line.reason === "too_large" ? t.tooLong : t.failed), again);
      } else meta.append(icon("clock"), el("span", {}, t[state]));
      return meta;
    };

    const drawLaunch = (open) => {
      const news = open ? [] : unread();
      const last = news[news.length - 1];
      const round = open || news.length > 0;
      const as = `${open},${news.length}`;
      put(hear, last ? t.said(last.name || thread.site || t.site, last.text.slice(0, 160)) : "");
      hear.hidden = !last;
      if (launch.dataset.as === as) return;
      launch.dataset.as = as;
      launch.classList.toggle("round", round);
      put(badge, String(news.length));
      const parts = [icon(open ? "down" : "chat")];
      if (!round) parts.push(word);
      if (news.length) parts.push(badge);
      launch.replaceChildren(...parts);
      if (round) launch.setAttribute("aria-label", open ? t.close : t.unread(news.length));
      else launch.removeAttribute("aria-label"); // its word is its name
      launch.setAttribute("aria-expanded", String(open));
    };

    /* opening, closing, keys */

    const show = (open, focus = true) => {
      if (memory.load().open !== open) memory.change((state) => (state.open = open));
      panel.hidden = !open;
      root.classList.toggle("open", open);
      panel.toggleAttribute("aria-modal", false);
      if (open && narrow.matches) panel.setAttribute("aria-modal", "true");
      if (open) {
        const saved = memory.load();
        name.value = name.value || saved.name;
        email.value = email.value || saved.email;
        wire.connect();
      }
      draw({ toEnd: open });
      if (focus) (open ? (before.hidden ? text : first) : launch).focus();
    };

    const keepFocus = (event) => {
      const stops = [...panel.querySelectorAll("button:not(:disabled), input, textarea, [tabindex]")];
      const seen = stops.filter((node) => node.getClientRects().length);
      const edge = event.shiftKey ? seen[0] : seen[seen.length - 1];
      if (panel.getRootNode().activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? seen[seen.length - 1] : seen[0]).focus();
    };

    panel.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page's own shortcuts stay out of what is typed here
      if (event.code === "Escape") show(false);
      if (event.code === "Tab" && narrow.matches) keepFocus(event);
    });
    launch.addEventListener("click", () => show(panel.hidden));
    closer.addEventListener("click", () => show(false));

    before.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = first.value.trim();
      if (!said) return first.focus();
      memory.change((state) => Object.assign(state, { name: name.value.trim(), email: email.value.trim() }));
      first.value = "";
      write(said);
      text.focus();
    });
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = text.value.trim();
      if (!said) return text.focus();
      text.value = "";
      keepDraft();
      write(said);
      text.focus();
    });
    text.addEventListener("keydown", (event) => {
      const enter = event.code === "Enter" || event.code === "NumpadEnter";
      if (!enter || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      composer.requestSubmit();
    });

    const keepDraft = () => {
      sendButton.disabled = !text.value.trim();
      try {
        sessionStorage.setItem(`${key}:draft`, text.value);
      } catch (error) {
        console.debug("the draft is not kept over a reload", error);
      }
    };
    text.addEventListener("input", keepDraft);
    document.addEventListener("visibilitychange", () => draw());
    addEventListener("storage", (event) => event.key === key && draw()); // another tab wrote, read or sent

    const mount = (sheet) => {
      const host = document.createElement("omniroute-chat");
      const shadow = host.attachShadow({ mode: "closed" });
      if (sheet) shadow.adoptedStyleSheets = [sheet];
      else shadow.append(el("link", { rel: "stylesheet", href: `${base}widget.css` }));
      shadow.append(root);
      document.body.append(host);
      try {
        text.value = sessionStorage.getItem(`${key}:draft`) || "";
      } catch (error) {
        console.debug("no draft is kept", error);
      }
      show(memory.load().open && !narrow.matches, false); // never cover a phone's page unasked
    };

    return { draw, mount };
  })();

  /* ---- start: the launcher at once, the connection when there is something to say or to hear ---- */

  /** A constructed sheet needs no style-src of the page; an old browser gets a link, which does. */
  const styleSheet = async () => {
    const answer = await fetch(`${base}widget.css`);
    if (!answer.ok) throw new Error(`widget.css: ${answer.status}`);
    return new CSSStyleSheet().replace(await answer.text());
  };
  const ready = async () => {
    view.mount(await styleSheet().catch(() => null));
    if (memory.load().started) wire.connect();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", ready);
  else ready();
})();
