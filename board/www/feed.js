// Snapshots of the lab, as the board sends them. Silence is told as well.
const SILENCE_MS = 3000;

export class Feed {
  constructor(url, { onSnapshot, onSilence }) {
    this.url = url;
    this.tell = { onSnapshot, onSilence };
    this.heard = performance.now();
    this.open();
    setInterval(() => this.watch(), 500);
    // A page that nobody sees asks for nothing, and costs the lab nothing.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
  }

  open() {
    if (this.source && this.source.readyState !== EventSource.CLOSED) return;
    this.source = new EventSource(this.url);
    this.source.addEventListener("message", (event) => {
      this.heard = performance.now();
      this.tell.onSnapshot(JSON.parse(event.data));
    });
  }

  close() {
    this.source.close();
  }

  watch() {
    if (document.hidden || performance.now() - this.heard < SILENCE_MS) return;
    this.tell.onSilence();
    // After an answer that is an error, a browser does not try again by itself.
    this.open();
  }
}
