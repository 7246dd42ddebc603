// Both APIs over the last minutes: how many tasks they accept, and how long that takes.
import { SIDES, curves } from "./curves.js";
import { t } from "./strings.js";

const MINUTES = 5;

export class Charts {
  constructor(place) {
    this.place = place;
    this.seen = [];
  }

  add({ at, apis }) {
    this.seen = [...this.seen.filter((one) => at - one.at < MINUTES * 60), { at, apis }];
    const minutes = Math.min(MINUTES, Math.max(1, Math.ceil((at - this.seen[0].at) / 60)));
    const axis = { from: at - minutes * 60, to: at, beneath: t("sides.minutes", { n: minutes }) };
    const series = (value) => Object.fromEntries(SIDES.map((side) => [side, this.seen.map((one) => [one.at, value(one.apis[side])])]));
    this.place.replaceChildren(
      curves(t("sides.throughput"), series((api) => api.rate), axis),
      curves(t("sides.latency"), series((api) => (api.p95 === null ? null : api.p95 * 1000)), axis),
    );
  }
}
