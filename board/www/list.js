// What has been stored since the page was opened, the newest first.
import { byId, el, number, say } from "./dom.js";
import { t } from "./strings.js";

const MOST = 60;

export class List {
  constructor(open) {
    this.open = open;
    this.list = byId("list");
    this.list.append(el("li", { class: "none" }, t("arrived.none")));
  }

  show({ arrivals, parts, sampled }) {
    say(byId("stored"), number(parts.mongo.stored));
    if (!arrivals.length) return;
    this.list.querySelectorAll(".none").forEach((one) => one.remove());
    this.list.prepend(...arrivals.slice(-MOST).reverse().map((task) => this.line(task)));
    if (sampled) this.list.prepend(el("li", { class: "none" }, t("arrived.sampled")));
    while (this.list.childElementCount > MOST) this.list.lastElementChild.remove();
  }

  line(task) {
    const meta = [t("arrived.meta", { source: task.source, worker: task.worker, ms: number(task.waited_ms) })];
    if (task.attempt > 1) meta.push(t("arrived.attempt", { n: task.attempt }));
    const open = (event) => {
      event.preventDefault();
      this.open(task.id);
    };
    return el("li", { class: task.source === "flask" ? "sync" : "async", "data-id": task.id },
      el("a", { href: `/tasks/${task.id}`, onclick: open }, task.title),
      el("small", {}, meta.join(", ")));
  }
}
