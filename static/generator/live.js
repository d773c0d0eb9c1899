// A take while it is composed: its notes and its state as they come. An event stream where there is room for one,
// asking again and again where not; whoever listens sees no difference. A page has one stream: a browser keeps six
// connections to a site, in all its tabs, and eight takes that hold one each would let nothing else through.
//
//   const live = new LiveTake({ stream, events });    addresses
//   live.addEventListener("begin" | "notes" | "state" | "over", ({ detail }) => …);
//   live.open(); live.close();
//
// "begin": notes heard before do not count any more. "notes": detail.notes = [[start, length, pitch, velocity,
// program], …], seconds, pitch with decimals, program −1 for drums; none starts before one that came earlier.
// "state": what generator.selectors.take_state gives. "over": nothing more comes.

const POLL_MILLISECONDS = 300;
const WAITING_POLL_MILLISECONDS = 1500; // for a take whose turn has not come
const SLOWEST_POLL_MILLISECONDS = 3000;
const MOST_ERRORS = 3; // in a row; then the stream is given up for asking

let streaming = null; // the take that has the page's stream

export class LiveTake extends EventTarget {
  constructor({ stream, events }) {
    super();
    this.addresses = { stream, events };
    this.offset = "0-0";
    this.errors = 0;
    this.pause = POLL_MILLISECONDS;
    this.closed = false;
    this.streams = "EventSource" in window;
  }

  open() {
    if (!this.streams || streaming) {
      this.poll();
      return;
    }
    streaming = this;
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
    this.leaveStream();
    clearTimeout(this.timer);
  }

  leaveStream() {
    this.source?.close();
    if (streaming === this) streaming = null;
  }

  giveUpStream() {
    this.leaveStream();
    this.streams = false;
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
      this.pause = state.stage === "composing" ? POLL_MILLISECONDS : WAITING_POLL_MILLISECONDS;
      for (const { kind, ...content } of events) if (kind !== "end") this.tell(kind, content);
      this.tell("state", state);
      last = !state.composing;
      if (state.stage === "composing" && this.streams && !streaming) return this.open();
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
