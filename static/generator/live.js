// A take while it is composed: its notes and its state as they come. An event stream where the server has room for
// one, asking again and again where not; whoever listens sees no difference.
//
//   const live = new LiveTake({ stream, events });    addresses
//   live.addEventListener("begin" | "notes" | "state" | "over", ({ detail }) => …);
//   live.open(); live.close();
//
// "begin": notes heard before do not count any more. "notes": detail.notes = [[start, length, pitch, velocity,
// program], …], seconds, pitch with decimals, program −1 for drums; none starts before one that came earlier.
// "state": what generator.selectors.take_state gives. "over": nothing more comes.

const POLL_MILLISECONDS = 300;
const SLOWEST_POLL_MILLISECONDS = 3000;
const MOST_ERRORS = 3; // in a row; then the stream is given up for asking

export class LiveTake extends EventTarget {
  constructor({ stream, events }) {
    super();
    this.addresses = { stream, events };
    this.offset = "0-0";
    this.errors = 0;
    this.pause = POLL_MILLISECONDS;
    this.closed = false;
  }

  open() {
    if (!("EventSource" in window)) {
      this.poll();
      return;
    }
    const source = new EventSource(`${this.addresses.stream}?after=${this.offset}`);
    this.source = source;
    for (const kind of ["begin", "notes", "state"]) {
      source.addEventListener(kind, (event) => {
        this.errors = 0;
        if (event.lastEventId) this.offset = event.lastEventId;
        this.tell(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener("over", () => this.finish());
    source.addEventListener("poll", () => this.giveUpStream());
    source.addEventListener("error", () => {
      this.errors += 1;
      if (source.readyState === EventSource.CLOSED || this.errors >= MOST_ERRORS) this.giveUpStream();
    });
  }

  close() {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.timer);
  }

  giveUpStream() {
    this.source?.close();
    if (!this.closed) this.poll();
  }

  async poll() {
    let last = false;
    try {
      const answer = await fetch(`${this.addresses.events}?after=${this.offset}`, { headers: { Accept: "application/json" } });
      if (answer.status === 404) return this.finish();
      if (!answer.ok) throw new Error(`${answer.status}`);
      const { offset, events, state } = await answer.json();
      if (this.closed) return undefined;
      this.offset = offset;
      this.pause = POLL_MILLISECONDS;
      for (const { kind, ...content } of events) if (kind !== "end") this.tell(kind, content);
      this.tell("state", state);
      last = !state.composing;
    } catch {
      this.pause = Math.min(this.pause * 2, SLOWEST_POLL_MILLISECONDS); // the server is away for a moment
    }
    if (this.closed) return undefined;
    if (last) return this.finish();
    this.timer = setTimeout(() => this.poll(), this.pause);
    return undefined;
  }

  finish() {
    if (this.closed) return;
    this.close();
    this.tell("over", null);
  }

  tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
