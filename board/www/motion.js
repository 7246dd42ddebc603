// Messages that travel. Of many only some are drawn: the numbers say how many there are.
import { svg } from "./dom.js";

const MOST = 90;
const AT_ONCE = 10;
const STEPS = 40;
const EDGE_MS = 420;
const SPREAD_MS = 1400;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Motion {
  constructor(layer, paths) {
    this.layer = layer;
    this.points = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, sampled(path)]));
    this.moving = [];
    this.frame = this.frame.bind(this);
  }

  start({ apis, parts }) {
    if (still.matches || document.hidden) return;
    this.send(apis.flask.rate, "sync", ["in", "flask", "flaskQueue"]);
    this.send(apis.async.rate, "async", ["in", "asyncapp", "asyncQueue"]);
    this.send(parts.pyworker.rate, "sync", ["queuePy", "pyStore"]);
    this.send(parts.asyncworker.rate, "async", ["queueAsync", "asyncStore"]);
    this.send(parts.pyworker.dead_rate + parts.asyncworker.dead_rate, "grave", ["death"]);
  }

  send(rate, side, edges) {
    const count = Math.min(AT_ONCE, rate > 0 ? Math.max(1, Math.round(rate)) : 0, MOST - this.moving.length);
    const now = performance.now();
    for (let number = 0; number < count; number += 1) {
      const dot = svg("circle", { r: 6.5, class: `message ${side}`, visibility: "hidden" });
      this.layer.append(dot);
      this.moving.push({ dot, edges, from: now + (number * SPREAD_MS) / count });
    }
    if (count > 0 && !this.running) {
      this.running = true;
      requestAnimationFrame(this.frame);
    }
  }

  frame(now) {
    this.moving = this.moving.filter((one) => this.moved(one, now));
    this.running = this.moving.length > 0;
    if (this.running) requestAnimationFrame(this.frame);
  }

  moved({ dot, edges, from }, now) {
    const way = (now - from) / EDGE_MS;
    if (way < 0) return true;
    if (way >= edges.length) {
      dot.remove();
      return false;
    }
    const points = this.points[edges[Math.floor(way)]];
    const [x, y] = points[Math.floor((way % 1) * STEPS)];
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    dot.removeAttribute("visibility");
    return true;
  }
}

function sampled(path) {
  const length = path.getTotalLength();
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const point = path.getPointAtLength((length * step) / STEPS);
    return [point.x, point.y];
  });
}
