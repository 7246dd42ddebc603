// The drawing: made once for the screen it is on, then only its numbers and states change.
import { byId, el, mark, number, say, svg } from "./dom.js";
import { TALL, WIDE } from "./layout.js";
import { Motion } from "./motion.js";
import { t } from "./strings.js";

const NARROW = "(max-width: 44rem)";
const DOTS = 18;
const GROWS_FROM = 20;
const PARTS = ["nginx", "flask", "asyncapp", "queue", "pyworker", "asyncworker", "mongo", "dead"];

export class Picture {
  constructor() {
    this.narrow = matchMedia(NARROW);
    this.narrow.addEventListener("change", () => this.draw());
    this.states = {};
    this.waiting = [];
    for (const name of PARTS) byId("words").append(el("li", { "data-part": name }));
    this.draw();
  }

  draw() {
    const layout = this.narrow.matches ? TALL : WIDE;
    this.nodes = {};
    this.labels = {};
    this.root = svg("svg", { viewBox: layout.box.join(" "), class: layout.name, focusable: "false" }, defs());
    const paths = {};
    for (const [name, edge] of Object.entries(layout.edges)) {
      paths[name] = svg("path", { d: edge.d, class: name === "death" ? "edge dying" : "edge", "marker-end": `url(#${name === "death" ? "tip-dead" : "tip"})` });
      this.root.append(paths[name]);
    }
    const layer = svg("g", { class: "messages" });
    this.root.append(layer);
    for (const [name, place] of Object.entries(layout.nodes)) this.root.append(this.node(name, place));
    for (const [name, edge] of Object.entries(layout.edges)) {
      if (!edge.at) continue;
      this.labels[name] = svg("text", { x: edge.at[0], y: edge.at[1], class: "rate", "data-edge": name });
      this.root.append(this.labels[name]);
    }
    byId("picture").replaceChildren(this.root);
    this.motion = new Motion(layer, paths);
    if (this.last) this.show(this.last);
  }

  node(name, place) {
    const { x, y, w, h } = place;
    const middle = x + w / 2;
    const lines = { group: svg("g", { class: `node ${place.side || ""} ${place.shape || ""}`, "data-part": name, "data-state": "unknown" }) };
    const text = (at, kind, words = "") => {
      const made = svg("text", { x: middle, y: at, class: kind }, words);
      lines.group.append(made);
      return made;
    };
    lines.group.append(...outline(place));
    if (place.shape === "word") text(y + h / 2 + 7, "title", t("part.client"));
    else if (place.shape === "grave") {
      lines.count = text(y + h / 2 + 1, "title count");
      text(y + h - 9, "small", t("part.dead"));
    } else if (place.shape === "queue") this.queueLines(lines, place, text);
    else {
      text(y + h * 0.36 + (place.shape === "store" ? 10 : 0), "title", t(`part.${name}`));
      lines.note = text(y + h * 0.62 + (place.shape === "store" ? 12 : 0), "small");
      lines.badge = text(y + h * 0.87 + (place.shape === "store" ? 8 : 0), "badge");
    }
    this.nodes[name] = lines;
    return lines.group;
  }

  queueLines(lines, { x, y, w, h }, text) {
    text(y + 26, "title", t("part.queue"));
    const columns = [["ready", x + w * 0.28], ["unacked", x + w * 0.72]];
    for (const [name, at] of columns) {
      lines[name] = svg("text", { x: at, y: y + 68, class: `figure ${name}`, "data-figure": name }, "0");
      lines.group.append(lines[name], svg("text", { x: at, y: y + 88, class: "small" }, t(`note.${name}`)));
      lines[`${name}Dots`] = dots(at - 40, y + 103, name);
      lines.group.append(...lines[`${name}Dots`]);
    }
    lines.badge = text(y + h + 18, "badge halo");
  }

  show(snapshot) {
    this.last = snapshot;
    const { parts } = snapshot;
    for (const name of ["nginx", "flask", "asyncapp"]) this.part(name, parts[name], t(`note.${name}`));
    for (const name of ["pyworker", "asyncworker"]) this.part(name, parts[name], processes(parts[name]));
    this.part("mongo", parts.mongo, t("note.stored", { n: number(parts.mongo.stored) }));
    this.queue(snapshot);
    this.graves(snapshot);
    this.rates(snapshot);
    if (snapshot.counted) this.motion.start(snapshot);
  }

  part(name, told, note, state = told.state) {
    const lines = this.nodes[name];
    mark(lines.group, "data-state", state);
    if (lines.note) say(lines.note, note);
    const badge = state === "ready" ? "" : t(`state.${state}`, { why: told.why });
    if (lines.badge) say(lines.badge, badge);
    const words = byId("words").querySelector(`[data-part="${name}"]`);
    say(words, t("words", { part: t(`part.${name}`), state: badge || t("state.ready"), more: [note, told.why].filter(Boolean).join(". ") }));
    const before = this.states[name];
    this.states[name] = state;
    if (before && before !== state) say(byId("news"), t("news", { part: t(`part.${name}`), state: badge || t("state.ready") }));
  }

  queue({ parts, queue, retries, counted }) {
    const lines = this.nodes.queue;
    if (counted) this.waiting = [...this.waiting.slice(-3), queue.ready];
    const broker = parts.rabbitmq;
    const state = broker.state === "ready" && this.grows() ? "growing" : broker.state;
    const note = [`${number(queue.ready)} ${t("note.ready")}`, `${number(queue.unacked)} ${t("note.unacked")}`].join(", ");
    this.part("queue", broker, note, state);
    for (const name of ["ready", "unacked"]) {
      say(lines[name], number(queue[name]));
      lines[`${name}Dots`].forEach((dot, place) => mark(dot, "data-on", place < Math.min(queue[name], DOTS)));
    }
    if (retries && state === "ready") say(lines.badge, t("note.retries", { n: number(retries) }));
  }

  grows() {
    const seen = this.waiting;
    return seen.length > 3 && seen.at(-1) >= GROWS_FROM && seen.every((one, place) => !place || one > seen[place - 1]);
  }

  graves({ dead, parts }) {
    const lines = this.nodes.dead;
    say(lines.count, number(dead));
    mark(lines.group, "data-state", dead ? "filled" : "ready");
    say(byId("words").querySelector('[data-part="dead"]'), `${t("part.dead")}: ${number(dead)}`);
    mark(lines.group, "data-broker", parts.rabbitmq.state);
  }

  rates({ apis, parts }) {
    const rates = {
      flask: apis.flask.rate, flaskQueue: apis.flask.rate,
      asyncapp: apis.async.rate, asyncQueue: apis.async.rate,
      queuePy: parts.pyworker.deliveries_rate, queueAsync: parts.asyncworker.deliveries_rate,
      death: parts.pyworker.dead_rate + parts.asyncworker.dead_rate,
    };
    for (const [name, label] of Object.entries(this.labels)) {
      say(label, rates[name] > 0 ? t("note.rate", { n: shortened(rates[name]) }) : "");
    }
  }
}

const shortened = (rate) => (rate < 10 ? String(Math.round(rate * 10) / 10) : number(rate));

function processes(worker) {
  if (worker.ready < worker.known) return t("note.some", { ready: worker.ready, n: worker.known });
  return worker.known === 1 ? t("note.processes.one") : t("note.processes", { n: worker.known });
}

function outline({ x, y, w, h, shape }) {
  if (shape === "word") return [];
  if (shape === "store") {
    const lid = 14;
    const body = `M${x} ${y + lid}c0 ${-lid} ${w} ${-lid} ${w} 0v${h - 2 * lid}c0 ${lid} ${-w} ${lid} ${-w} 0z`;
    return [svg("path", { d: body, class: "body" }), svg("path", { d: `M${x} ${y + lid}c0 ${lid} ${w} ${lid} ${w} 0`, class: "lid" })];
  }
  const radius = shape === "queue" ? 22 : shape === "grave" ? h / 2 : 12;
  return [svg("rect", { x, y, width: w, height: h, rx: radius, class: "body" })];
}

// What waits, one dot a message as far as there is room.
function dots(x, y, kind) {
  return Array.from({ length: DOTS }, (_, place) =>
    svg("circle", { cx: x + (place % 9) * 10, cy: y + Math.floor(place / 9) * 10, r: 3.4, class: `dot ${kind}`, "data-on": "false" }));
}

function defs() {
  const tip = (id) => svg("marker", { id, viewBox: "0 0 10 10", refX: 8.5, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto" },
    svg("path", { d: "M0 0 10 5 0 10z", class: id }));
  return svg("defs", {}, tip("tip"), tip("tip-dead"));
}
