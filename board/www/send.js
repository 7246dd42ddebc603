// Sending tasks: as any client does it, through nginx to the API, a few at the same time.
import { post, why } from "./ask.js";
import { byId, say } from "./dom.js";
import { t } from "./strings.js";

const AT_ONCE = 6;
const TOLD_EVERY_MS = 200;

export function begin() {
  byId("title").value = t("send.usual");
  byId("send-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { to, count } = event.submitter.dataset;
    send(to, Number(count));
  });
  for (const button of document.querySelectorAll("[data-poison]")) {
    button.addEventListener("click", () => poison(button.dataset.poison));
  }
}

function task() {
  return { title: byId("title").value, work: { io_ms: Number(byId("io").value) || 0, cpu_ms: Number(byId("cpu").value) || 0 } };
}

async function send(to, count) {
  const told = { n: count, done: 0, refused: 0, why: "", begun: 0, spoken: 0 };
  const body = task();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, () => stream(to, body, told)));
  const words = told.refused ? "send.refused" : "send.done";
  say(byId("sent"), t(words, { ...told, to: t(`sides.${to}`) }));
}

async function stream(to, body, told) {
  while (told.begun < told.n) {
    told.begun += 1;
    const answer = await post(`/${to}/tasks`, body, {});
    if (answer.status === 202) told.done += 1;
    else Object.assign(told, { refused: told.refused + 1, why: why(answer) });
    if (performance.now() - told.spoken > TOLD_EVERY_MS) {
      told.spoken = performance.now();
      say(byId("sent"), t("send.some", told));
    }
  }
}

async function poison(kind) {
  const answer = await post("/board/poison", { kind });
  say(byId("sent"), answer.ok ? t("poison.done") : why(answer));
}
