// Lines on one axis. One side is a full line, the other a broken one: colour alone tells nobody anything.
import { number, svg } from "./dom.js";
import { t } from "./strings.js";

const W = 310;
const H = 112;
const LEFT = 6;
const RIGHT = 90;
const TOP = 22;
const BOTTOM = 18;
export const SIDES = ["flask", "async"];

// series: by side, a list of [x, y]; y may be null, where there is nothing to measure.
export function curves(title, series, { from, to, beneath, ticks = [] }) {
  const highest = nice(Math.max(1, ...SIDES.flatMap((side) => series[side].map(([, y]) => y ?? 0))));
  const x = (value) => LEFT + ((value - from) / (to - from || 1)) * (W - LEFT - RIGHT);
  const y = (value) => H - BOTTOM - (value / highest) * (H - TOP - BOTTOM);
  const label = `${title}. ${SIDES.map((side) => `${t(`sides.${side}`)}: ${last(series[side]) ?? "–"}`).join(". ")}`;
  const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "chart", role: "img", "aria-label": label });
  for (const value of [0, highest]) {
    root.append(svg("path", { d: `M${LEFT} ${y(value)}H${W - RIGHT}`, class: "grid" }),
      svg("text", { x: W - RIGHT + 4, y: y(value) + 4, class: "tick" }, number(value)));
  }
  root.append(svg("text", { x: LEFT, y: 13, class: "caption" }, title), svg("text", { x: LEFT, y: H - 3, class: "tick" }, beneath));
  for (const tick of ticks) root.append(svg("text", { x: x(tick), y: H - 3, class: "tick middle" }, number(tick)));
  for (const side of SIDES) root.append(svg("path", { d: path(series[side], x, y), class: `curve ${side}` }));
  root.append(...names(series, y));
  return root;
}

function names(series, y) {
  const ends = SIDES.map((side) => ({ side, at: y(last(series[side]) ?? 0) }));
  const [first, second] = ends.sort((one, other) => one.at - other.at);
  // Two names at one height would stand on each other.
  if (second.at - first.at < 13) first.at = second.at - 13;
  return ends.map(({ side, at }) => svg("text", { x: W - RIGHT + 36, y: Math.max(12, at + 4), class: `name ${side}` }, t(`sides.${side}`)));
}

const last = (points) => points.findLast(([, y]) => y !== null)?.[1] ?? null;

function path(points, x, y) {
  let pen = "M";
  return points.map(([at, value]) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    // A single point is a line of no length, which a round end makes a dot.
    const drawn = `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
    return drawn;
  }).join("");
}

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= value);
}
