// HTTP under /api/v1. Errors become ApiError with the problem's code; a lost connection is status 0.
const BASE = "/api/v1";

export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail || code || `HTTP ${status}`);
    this.status = status;
    this.code = code;
  }
}

// crypto.randomUUID needs a secure context, and desks are opened over plain HTTP in a company's network.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export async function call(method, path, body, key) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["Idempotency-Key"] = key || newKey();
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method, headers, credentials: "same-origin", cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "offline", "");
  }
  if (answer.status === 401 && path !== "/login" && location.pathname !== "/login") {
    location.assign("/login");
  }
  const text = answer.status === 204 ? "" : await answer.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* a proxy's page, not ours */ }
  if (!answer.ok) throw new ApiError(answer.status, data?.code ?? "", data?.detail || data?.title || "");
  return data;
}

const ref = encodeURIComponent;
export const api = {
  login: (login, password) => call("POST", "/login", { login, password }),
  logout: () => call("POST", "/logout"),
  me: () => call("GET", "/me"),
  desk: () => call("GET", "/desk"),
  presence: (presence, reason, channel) => call("PUT", "/presence", { presence, ...(reason ? { reason } : {}), ...(channel ? { channel } : {}) }),
  accept: (offer) => call("POST", `/offers/${offer}/accept`, {}),
  decline: (offer, reason) => call("POST", `/offers/${offer}/decline`, reason ? { reason } : {}),
  people: (department) => call("GET", `/departments/${ref(department)}/people`),
  conversation: (reference) => call("GET", `/conversations/${ref(reference)}`),
  find: (text) => call("GET", `/conversations?q=${ref(text)}`),
  register: (matter, key) => call("POST", "/conversations", matter, key),
  say: (kind, reference, text, key) => call("POST", `/conversations/${ref(reference)}/${kind === "note" ? "notes" : "replies"}`, { text }, key),
  merge: (reference, into, key) => call("POST", `/conversations/${ref(reference)}/merge`, { into }, key),
  split: (reference, messages, key) => call("POST", `/conversations/${ref(reference)}/split`, { messages }, key),
  transfer: (item, body) => call("POST", `/work-items/${item}/transfer`, body),
  cancelHandoff: (handoff) => call("POST", `/handoffs/${handoff}/cancel`, {}),
  declineHandoff: (handoff, reason) => call("POST", `/handoffs/${handoff}/decline`, reason ? { reason } : {}),
  endContact: (item) => call("POST", `/work-items/${item}/end-contact`, {}),
  extendWrapUp: (item) => call("POST", `/work-items/${item}/extend-wrap-up`, {}),
  complete: (item, body, key) => call("POST", `/work-items/${item}/complete`, body, key),
  release: (item) => call("POST", `/work-items/${item}/release`, {}),
  pull: (item) => call("POST", `/work-items/${item}/pull`, {}),
  force: (item, operator, key) => call("POST", `/work-items/${item}/force`, { operator }, key),
  reassign: (item, operator, key) => call("POST", `/work-items/${item}/reassign`, { operator }, key),
  stage: (reference, stage) => call("POST", `/conversations/${ref(reference)}/stage`, { stage }),
  order: (reference, order, key) => call("PUT", `/conversations/${ref(reference)}/order`, order, key),
  fields: (reference, fields) => call("PUT", `/conversations/${ref(reference)}/fields`, { fields }),
  snooze: (item, until, key) => call("POST", `/work-items/${item}/snooze`, { until_ms: until }, key),
  requeue: (item, body, key) => call("POST", `/work-items/${item}/requeue`, body, key),
  explanation: (reference, operator = "") => call("GET", `/conversations/${ref(reference)}/explanation${operator && `?operator=${ref(operator)}`}`),
  quarantine: () => call("GET", "/quarantine"),
};
