// The board: what is on the page, and what each snapshot of the feed changes.
import { Charts } from "./charts.js";
import * as bench from "./bench.js";
import { Controls } from "./controls.js";
import { byId, mark, say } from "./dom.js";
import { Feed } from "./feed.js";
import { Letters } from "./letters.js";
import { List } from "./list.js";
import { Passport } from "./passport.js";
import { Picture } from "./picture.js";
import * as sending from "./send.js";
import { fill, t } from "./strings.js";
import * as theme from "./theme.js";

fill();
theme.begin();
const picture = new Picture();
const passport = new Passport();
const list = new List((id) => passport.show(id));
const letters = new Letters((id) => passport.show(id));
const charts = new Charts(byId("charts"));
const controls = new Controls();
sending.begin();
bench.begin(controls.agent);
pulse("wait");

// eslint-disable-next-line no-new
new Feed("/board/feed", {
  onSnapshot(snapshot) {
    pulse("live");
    picture.show(snapshot);
    list.show(snapshot);
    letters.show(snapshot.dead);
    controls.show(snapshot.parts);
    if (snapshot.counted) charts.add(snapshot);
  },
  onSilence: () => pulse("lost"),
});
passport.fromAddress();

function pulse(state) {
  say(byId("pulse"), t(`pulse.${state}`));
  mark(byId("pulse"), "data-state", state);
}
