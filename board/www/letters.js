// The dead letters: asked for when their number changes, never in the feed.
import { get, post, why } from "./ask.js";
import { byId, el, number, say } from "./dom.js";
import { t } from "./strings.js";

const SURE_MS = 4000;

export class Letters {
  constructor(open) {
    this.open = open;
    this.count = null;
    byId("letters").append(el("li", { class: "none" }, t("dead.none")));
    byId("requeue-all").addEventListener("click", () => this.settle("requeue", "all"));
    byId("purge-all").addEventListener("click", () => this.purgeAll());
  }

  show(count) {
    say(byId("dead-count"), number(count));
    for (const id of ["requeue-all", "purge-all"]) byId(id).disabled = !count;
    if (count === this.count || this.asking) return;
    this.count = count;
    this.ask();
  }

  async ask() {
    this.asking = true;
    const answer = await get("/board/dead");
    this.asking = false;
    if (!answer.ok) {
      say(byId("settled"), why(answer));
      this.count = null;
      return;
    }
    this.list(answer.body);
  }

  list({ letters, total }) {
    const lines = letters.map((letter) => this.line(letter));
    if (!lines.length) lines.push(el("li", { class: "none" }, t("dead.none")));
    if (total > letters.length) lines.push(el("li", { class: "none" }, t("dead.more", { n: number(total - letters.length) })));
    byId("letters").replaceChildren(...lines);
  }

  line(letter) {
    const open = (event) => {
      event.preventDefault();
      this.open(letter.id);
    };
    const title = letter.id ? el("a", { href: `/tasks/${letter.id}`, onclick: open }, letter.text) : el("span", {}, letter.text);
    const act = (what) => el("button", { type: "button", class: what === "purge" ? "small grave" : "small", "aria-label": `${t(`dead.${what}`)}: ${letter.text}`,
      "data-act": what, onclick: () => this.settle(what, [letter.key]) }, t(`dead.${what}`));
    return el("li", { "data-key": letter.key }, title,
      el("small", {}, t("dead.reason", { reason: letter.reason, n: letter.attempts })),
      el("span", { class: "row" }, act("requeue"), act("purge")));
  }

  // What is deleted is gone: the first press asks.
  purgeAll() {
    const button = byId("purge-all");
    if (button.dataset.sure) {
      this.calm();
      this.settle("purge", "all");
      return;
    }
    button.dataset.sure = "asked";
    say(button, t("dead.sure"));
    setTimeout(() => this.calm(), SURE_MS);
  }

  calm() {
    delete byId("purge-all").dataset.sure;
    say(byId("purge-all"), t("dead.purgeAll"));
  }

  async settle(what, keys) {
    const answer = await post(`/board/dead/${what}`, { keys });
    say(byId("settled"), answer.ok ? t(`dead.${what}.done`, { n: number(answer.body.done) }) : why(answer));
    this.count = null;
  }
}
