// The agent on this computer, which ./lab up starts: asked directly, so that only who sits here can use it.
import { get, post } from "./ask.js";

const HERE = ["localhost", "127.0.0.1"];

export class Agent {
  async known() {
    this.settings ||= (await get("/board/settings")).body;
    return this.settings;
  }

  // Why there is none: elsewhere (this is another computer), off, compose (started without ./lab up), none (it does not
  // answer); empty where it answers.
  async missing() {
    const { controls, agent } = await this.known();
    if (!agent) {
      delete this.settings;
      return "none";
    }
    if (!HERE.includes(location.hostname)) return "elsewhere";
    if (!controls) return "off";
    if (!agent.token) return "compose";
    return (await this.get("/agent")).ok ? "" : "none";
  }

  async get(path) {
    const { agent } = await this.known();
    return this.asked(agent, path, { headers: { "X-Lab-Token": agent.token } });
  }

  async post(path, body) {
    const { agent } = await this.known();
    return post(`${base(agent)}${path}`, body, { "X-Lab-Token": agent.token });
  }

  async asked(agent, path, options) {
    try {
      const answer = await fetch(`${base(agent)}${path}`, { ...options, cache: "no-store" });
      return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
    } catch {
      return { ok: false, status: 0, body: {} };
    }
  }
}

// The same name as the page's: to a browser, another port of it is the same site, and another name is not.
const base = ({ port }) => `http://${location.hostname}:${port}`;
