// Dark or light: as the system wants it, until somebody says otherwise.
import { byId } from "./dom.js";

const KEY = "tasklab-theme";

export function begin() {
  const known = localStorage.getItem(KEY);
  if (known) document.documentElement.dataset.theme = known;
  byId("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  });
}
