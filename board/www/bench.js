// The experiment: ./lab bench work, run by the agent; what it has found is drawn.
import { why } from "./ask.js";
import { byId, say } from "./dom.js";
import { SIDES, curves } from "./curves.js";
import { t } from "./strings.js";

const EVERY_MS = 1500;

export function begin(agent) {
  byId("bench").addEventListener("click", async () => {
    const answer = await agent.post("/bench", {});
    if (answer.ok) follow(agent);
    else say(byId("benched"), why(answer));
  });
}

async function follow(agent) {
  const { ok, body } = await agent.get("/bench");
  if (ok && body.state === "done") {
    draw(body.points);
    return;
  }
  say(byId("benched"), t(ok && body.state === "failed" ? "bench.failed" : "bench.running", { line: body.line || "…" }));
  if (body.state !== "failed") setTimeout(() => follow(agent), EVERY_MS);
}

function draw(points) {
  say(byId("benched"), t("bench.done"));
  const series = Object.fromEntries(SIDES.map((side) => [side, points.filter((one) => one.side === side).map((one) => [one.at, one.rate])]));
  const places = points.map((one) => one.at);
  const axis = { from: Math.min(...places), to: Math.max(...places), beneath: "", ticks: [...new Set(places)] };
  byId("result").replaceChildren(curves(t("bench.axis"), series, axis));
}
