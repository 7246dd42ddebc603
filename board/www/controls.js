// Stopping, killing and scaling the workers, through the agent on this computer.
import { Agent } from "./agent.js";
import { why } from "./ask.js";
import { byId, el, mark, say } from "./dom.js";
import { t } from "./strings.js";

const WORKERS = ["pyworker", "asyncworker"];
const ACTIONS = ["stop", "start", "kill", "freeze", "thaw"];
const AGAIN_MS = 3000;
const LATEST_MS = 60000;

export class Controls {
  constructor() {
    this.agent = new Agent();
    this.counts = Object.fromEntries(WORKERS.map((worker) => [worker, 1]));
    byId("controls").append(...WORKERS.map((worker) => this.worker(worker)));
    this.look();
  }

  worker(name) {
    const button = (action, label, act) => el("button", { type: "button", disabled: true, "data-action": action,
      "aria-label": t("workers.of", { action: label, worker: name }), onclick: act }, ACTIONS.includes(action) ? label : action);
    const scale = (step) => () => this.act(name, "scale", { count: Math.max(1, this.counts[name] + step) });
    return el("div", { class: `worker ${name === "pyworker" ? "sync" : "async"}`, role: "group", "aria-label": name, "data-worker": name },
      el("p", { class: "name" }, el("strong", {}, t(`part.${name}`)), " ", el("span", { class: "state" })),
      el("div", { class: "row" },
        ...ACTIONS.map((action) => button(action, t(`workers.${action}`), () => this.act(name, action, {}))),
        button("−", t("workers.less"), scale(-1)), el("output", {}, "1"), button("+", t("workers.more"), scale(+1))));
  }

  // The agent may come and go, with ./lab up and ./lab down.
  async look() {
    const missing = await this.agent.missing();
    for (const one of byId("controls").querySelectorAll("button")) one.disabled = Boolean(missing);
    byId("bench").disabled = Boolean(missing);
    for (const one of ["controls", "bench"]) byId(one).hidden = missing === "off";
    if (missing) say(byId("agent"), t(`workers.${missing}`));
    else if (this.missing) say(byId("agent"), "");
    this.missing = missing;
    this.pause = missing ? Math.min(LATEST_MS, (this.pause || AGAIN_MS) * 2) : AGAIN_MS;
    setTimeout(() => this.look(), this.pause);
  }

  show(parts) {
    for (const one of byId("controls").children) {
      const told = parts[one.dataset.worker];
      this.counts[one.dataset.worker] = told.known;
      say(one.querySelector("output"), String(told.known));
      mark(one, "data-state", told.state);
      say(one.querySelector(".state"), told.state === "ready" ? "" : t(`state.${told.state}`, { why: told.why }));
    }
  }

  async act(worker, action, more) {
    say(byId("agent"), t("workers.doing", { action: action === "scale" ? `→ ${more.count}` : t(`workers.${action}`), worker }));
    const answer = await this.agent.post(`/workers/${worker}/${action}`, more);
    say(byId("agent"), answer.ok ? answer.body.done : why(answer));
  }
}
