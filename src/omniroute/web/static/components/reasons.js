// The core's reasons, terms and waiting, in the reader's language; the engine's own sentences are English.
import { now, span, watch } from "../clocks.js";
import { exact, lang, t, term } from "../i18n.js";
import { deptName, desk, queueTitle } from "../state.js";

/** "presence:away", "skill:french>=6": the core's reasons, in the reader's language. */
export function excludedText(reason) {
  const [head, rest = ""] = reason.split(/:(.*)/s);
  return term("excluded", head).replace("{rest}", head === "presence" ? term("presence", rest).toLowerCase() : rest);
}
export const counted = (counts) => Object.entries(counts).map(([reason, count]) => `${count} ${excludedText(reason)}`).join(", ");

/** A term is an integer for the engine; times and shares are written as people read them. */
export function termText(name, value) {
  if (name.endsWith("since_ms")) return value > 1e12 ? exact(value) : value ? value : "–";
  if (name.startsWith("minus_")) return -value;
  if (name.endsWith("permille")) return `${value / 10} %`;
  return value;
}
const relative = (name, value, at) => (name.endsWith("since_ms") ? watch(at - value) : termText(name, value));

/** The first term in which somebody stood behind whoever was chosen. */
function difference(decision, terms) {
  const chosen = decision.candidates.find((one) => one.operator === decision.chosen);
  if (!chosen || decision.trigger === "batch") return t("why.about.batch");
  const n = decision.terms.findIndex((_name, place) => terms[place] !== chosen.terms[place]);
  if (n < 0) return t("why.about.equal", { name: decision.chosen });
  const name = decision.terms[n];
  const label = name.endsWith("since_ms") ? term("term.for", name) : term("term", name);
  return t("why.about.term", { term: label, mine: relative(name, terms[n], decision.at_ms), name: decision.chosen, other: relative(name, chosen.terms[n], decision.at_ms) });
}

/** How one operator stood in one decision, as far as it was recorded. */
export function aboutText(about, decision, operator) {
  if (operator === decision.chosen) return t("why.about.chosen");
  if (about.place) return t("why.about.place", { n: about.place, what: difference(decision, about.terms) });
  if (about.excluded) return t("why.about.excluded", { reason: excludedText(about.excluded) });
  if (decision.trigger === "channel") return t("why.about.channel");
  const rest = { ...decision.excluded };
  for (const one of decision.named) rest[one.reason] -= 1;
  const others = counted(Object.fromEntries(Object.entries(rest).filter(([, count]) => count > 0)));
  const more = decision.eligible > decision.candidates.length;
  const best = more ? t("why.about.best", { best: decision.candidates.length, n: decision.eligible }) : "";
  return [best, others && t(more ? "why.about.or" : "why.about.one", { others })].filter(Boolean).join(", ") || t("why.about.unknown");
}

export const decisionText = (one) => (lang.value === "en" || !one.trigger ? one.sentence : [
  t(`why.came.${one.trigger}`),
  one.trigger !== "channel" && t(one.eligible === 1 ? "why.only" : "why.first", { name: one.chosen, n: one.eligible, policy: policyText(one.policy) }),
  one.failed_policy && t("why.failed", { name: one.failed_policy }),
].filter(Boolean).join(" "));
export const policyText = (policy) => policy.split("+").map((one) => term("policy", one).toLowerCase()).join(", ");

// ---- why it waits ----
const called = (id) => {
  const queues = desk.value?.departments.flatMap((dept) => dept.queues.map((queue) => [queue.queue_id, [dept.name, queueTitle(queue, dept)].filter(Boolean).join(", ")])) ?? [];
  const person = desk.value?.team.find((one) => one.operator_id === id);
  return new Map(queues).get(id) ?? (person ? person.name : deptName(id));
};
/** "spanish falls away, opens to Sales": the next step of relaxation. */
export function stepText(step) {
  const opened = [...step.departments, ...step.queues, ...step.operators].map(called);
  return [
    ...step.drop.map((skill) => t("wait.drop", { skill })),
    ...step.lower.map((need) => t("wait.lower", { need })),
    opened.length && t("wait.opens", { names: opened.join(", ") }),
  ].filter(Boolean).join(", ");
}
export function waitingParts(view) {
  const counts = Object.fromEntries(Object.entries(view.counts).filter(([reason]) => reason !== "department"));
  const nobody = view.nobody_has.length ? t("wait.nobody.has", { needs: view.nobody_has.join(", ") }) : view.nobody_can ? t("wait.nobody.can") : "";
  const left = (ms) => span(Math.max(0, ms - now()));
  const step = view.next_step && stepText(view.next_step);
  return {
    nobody,
    counts: counted(counts) || (nobody ? "" : t("wait.nobody.works")),
    kept: view.held_for ? t("wait.kept", { name: view.held_for, time: left(view.hold_until_ms) }) : view.kept_free ? t("wait.free", { name: view.kept_free }) : "",
    next: step ? t("wait.next", { time: left(view.next_step.at_ms), what: step }) : "",
  };
}

/** "4–9 min": both ends in one unit, rounded outwards. */
function range(low, high) {
  const [unit, key] = high < 120 ? [1, "wait.seconds"] : high < 7200 ? [60, "wait.minutes"] : [3600, "wait.hours"];
  const [from, to] = [Math.floor(low / unit), Math.ceil(high / unit)];
  return t(key, { n: from === to ? to : `${from}–${to}` });
}
export function estimateText(item) {
  if (!item.position) return "";
  const place = t("wait.place", { n: item.position });
  return item.wait_percent ? `${place}, ${t("wait.range", { range: range(item.wait_low_s, item.wait_high_s), percent: item.wait_percent })}` : place;
}
