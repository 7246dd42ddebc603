// The way of one task as a waterfall, wherever it is now.
import { get, why } from "./ask.js";
import { byId, el, number, say, svg } from "./dom.js";
import { t } from "./strings.js";

const AGAIN_MS = 1500;
const W = 620;
const ROW = 40;
const NAME = 170;
const END = 84;
const ADDRESS = /^\/tasks\/([^/]+)$/;

export class Passport {
  constructor() {
    this.dialog = byId("passport");
    byId("passport-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.id = null;
      history.replaceState(null, "", "/");
    });
    byId("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.show(byId("find-id").value.trim());
    });
  }

  fromAddress() {
    const found = ADDRESS.exec(location.pathname);
    if (found) this.show(decodeURIComponent(found[1]));
  }

  show(id) {
    this.id = id;
    say(byId("passport-title"), t("passport.title"));
    say(byId("passport-state"), "…");
    byId("way").replaceChildren();
    byId("facts").replaceChildren();
    if (!this.dialog.open) this.dialog.showModal();
    history.replaceState(null, "", `/tasks/${encodeURIComponent(id)}`);
    this.ask(id);
  }

  // Until it is stored or dead there is something to wait for.
  async ask(id) {
    const answer = await get(`/board/tasks/${encodeURIComponent(id)}`);
    if (this.id !== id) return;
    if (answer.ok) this.tell(id, answer.body);
    else say(byId("passport-state"), answer.status === 404 ? t("passport.bad") : why(answer));
    const isOver = answer.status === 404 || ["stored", "dead"].includes(answer.body.state);
    if (!isOver) setTimeout(() => this.id === id && this.ask(id), AGAIN_MS);
  }

  tell(id, body) {
    const words = { n: body.attempts ?? body.ready, reason: body.reason, seconds: (body.delay_ms ?? 0) / 1000 };
    const { state } = body;
    this.dialog.dataset.state = state;
    say(byId("passport-state"), t(`passport.${state}`, words));
    say(byId("passport-title"), body.task?.title ?? body.title ?? t("passport.title"));
    const told = state === "stored" ? stored(body.task) : unstored(body);
    byId("way").replaceChildren(waterfall(told.bars, state));
    const facts = [["fact.id", id], ...told.facts].filter(([, value]) => value !== undefined && value !== null && value !== "");
    byId("facts").replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, t(name)), el("dd", {}, String(value))]));
  }
}

const at = ({ name, host }) => t("fact.at", { name, host });

function stored(task) {
  const { times, producer, worker, attempt, redelivered, request_id: request } = task.passport;
  return {
    bars: [bar("way.accept", times.nginx, times.accepted), bar("way.queue", times.accepted, times.received), bar("way.work", times.received, times.stored)],
    facts: [
      ["fact.attempt", redelivered ? t("fact.redelivered", { n: attempt }) : attempt], ["fact.producer", at(producer)], ["fact.worker", at(worker)],
      ["fact.nginx", times.nginx], ["fact.accepted", times.accepted], ["fact.received", times.received], ["fact.stored", times.stored], ["fact.request", request],
    ],
  };
}

function unstored(body) {
  const end = body.state === "dead" ? body.dead_at : new Date().toISOString();
  const last = body.state === "dead" ? "way.dead" : "way.waiting";
  return {
    bars: [bar("way.accept", body.nginx, body.accepted), bar(last, body.accepted, end)],
    facts: [
      ["fact.attempt", body.attempts], ["fact.producer", body.source && at({ name: body.source, host: body.host })],
      ["fact.nginx", body.nginx], ["fact.accepted", body.accepted], ["fact.dead", body.dead_at], ["fact.request", body.request_id],
    ],
  };
}

function bar(name, from, to) {
  return from && to ? { name: t(name), from: Date.parse(from), to: Date.parse(to) } : null;
}

function waterfall(all, state) {
  const bars = all.filter(Boolean);
  if (!bars.length) return el("p", {}, "");
  const begin = bars[0].from;
  const whole = Math.max(1, bars.at(-1).to - begin);
  const x = (moment) => NAME + ((moment - begin) / whole) * (W - NAME - END);
  const lines = bars.map(({ name, from, to }) => `${name}: ${t("ms", { n: number(to - from) })}`);
  const root = svg("svg", { viewBox: `0 0 ${W} ${bars.length * ROW}`, class: "waterfall", role: "img", "aria-label": lines.join("; "), "data-state": state });
  bars.forEach(({ name, from, to }, place) => {
    const middle = place * ROW + ROW / 2;
    const width = Math.max(4, x(to) - x(from));
    root.append(
      svg("path", { d: `M${NAME} ${middle}H${W - END}`, class: "grid" }),
      svg("text", { x: NAME - 10, y: middle + 5, class: "row-name" }, name),
      svg("rect", { x: x(from), y: middle - 11, width, height: 22, rx: 5, class: `bar step-${place}` }),
      svg("text", { x: Math.min(x(from) + width + 6, W - END + 6), y: middle + 5, class: "row-ms" }, t("ms", { n: number(to - from) })),
    );
  });
  return root;
}
