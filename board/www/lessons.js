// A lesson in the browser: its text comes from the board; how far the student is, the agent on this computer knows.
import { Agent } from "./agent.js";
import { byId, el, mark, say } from "./dom.js";
import { fill, t } from "./strings.js";
import * as theme from "./theme.js";

fill();
theme.begin();
const agent = new Agent();
const missing = await agent.missing();
const answer = missing ? { ok: false } : await agent.get("/course");
say(byId("next"), answer.ok ? answer.body.next : t("lessons.alone"));
for (const lesson of answer.ok ? answer.body.lessons : []) {
  const link = el("a", { href: `/lessons/${lesson.name}/`, "aria-label": t(lesson.passed ? "lessons.passed" : "lessons.open", lesson) },
    `${lesson.passed ? "✓ " : ""}${lesson.title}`);
  mark(link, "aria-current", lesson.name === document.body.dataset.lesson ? "page" : "false");
  byId("marks").append(el("li", {}, link));
}
