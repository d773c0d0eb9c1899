// Takes on a page: each with its piano roll, heard while it is composed, and what can be done with it.

import { LiveTake } from "musicgen/live";
import { clock, player } from "musicgen/player";
import { notesOf, Playing } from "musicgen/playing";
import { PianoRoll } from "musicgen/roll";

let sounding = null; // one take at a time

// What the server said, without what differs each time although nothing has changed.
function bare(element) {
  return element.outerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");
}

// Where the focus would be in a part that was put in the place of another: the same form's button of the same name.
function sameControl(part, control) {
  const action = control.form?.getAttribute("action");
  const form = [...part.querySelectorAll("form")].find((one) => one.getAttribute("action") === action);
  return [...(form?.elements ?? [])].find((one) => one.name === control.name && one.type === control.type);
}

const CHANGING = ["[data-take-rest]", ".take-head"]; // parts of a take

export class Take {
  constructor(article, { listens = false } = {}) {
    this.article = article;
    this.stop = new AbortController();
    this.state = JSON.parse(article.dataset.state);
    this.button = article.querySelector("[data-toggle]");
    this.clock = article.querySelector("[data-clock]");
    this.roll = new PianoRoll(article.querySelector("[data-roll]"), {
      onSeek: (seconds) => this.seek(seconds),
      wholeSeconds: Number(article.dataset.length) || 20,
    });
    this.playing = new Playing({ onTime: () => this.showTime(), onState: () => this.showState() });
    this.known = null; // the song's notes, asked for once
    this.sent = 0; // forms, so that an answer from before one of them is not shown after it
    this.shown = new Map(CHANGING.map((part) => [part, bare(article.querySelector(part))]));
    article.querySelector("[data-transport]").hidden = false;
    this.button.addEventListener("click", () => this.toggle(), { signal: this.stop.signal });
    article.addEventListener("submit", (event) => this.send(event), { signal: this.stop.signal });
    this.dress();
    if (this.state.song) {
      this.load();
      if (this.state.under_way) this.waitForSound();
    } else if (this.state.under_way) this.listen();
    else article.querySelector("[data-transport]").hidden = true;
    if (listens) this.play();
  }

  close() {
    this.stop.abort();
    this.live?.close();
    this.playing.pause();
    this.roll.destroy();
    if (sounding === this) sounding = null;
  }

  listen() {
    const live = new LiveTake(this.article.dataset);
    this.live = live;
    live.addEventListener("begin", () => {
      const wanted = this.playing.playing;
      if (this.playing.notes.length) this.playing.pause(); // drawn anew: what was heard is not the piece
      this.playing.clear();
      this.roll.clear();
      if (wanted) this.play();
    });
    live.addEventListener("notes", ({ detail }) => {
      for (const [start, length, pitch, velocity, program] of detail.notes) {
        this.roll.add(start, length, pitch, velocity, { program: Math.max(0, program), drums: program < 0 });
      }
      this.playing.add(detail.notes);
    });
    live.addEventListener("state", ({ detail }) => this.tell(detail));
    live.addEventListener("over", () => this.over());
    live.open();
  }

  async over() {
    await this.renew().catch(() => {});
    if (this.state.song) await this.load();
    else this.playing.pause();
    this.playing.finish();
    if (this.state.under_way) this.waitForSound();
  }

  // The song's own notes: all of them, whatever was missed on the way.
  async load() {
    if (this.state.song.notes === 0 || !this.article.dataset.notes) return;
    this.known ??= fetch(this.article.dataset.notes).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.json();
    });
    try {
      const all = await this.known;
      this.roll.show(all);
      const notes = notesOf(all);
      if (this.playing.notes.length !== notes.length || !this.playing.complete) this.take(notes);
    } catch {
      this.known = null; // asked again by the next press of the button
    }
  }

  take(notes) {
    const { playing } = this;
    const heard = playing.notes.length;
    if (heard && heard <= notes.length && playing.playing) playing.add(notes.slice(heard));
    else playing.notes = notes;
    playing.finish();
  }

  waitForSound() {
    this.timer = setTimeout(async () => {
      if (this.stop.signal.aborted) return;
      await this.renew().catch(() => {}); // the server is away for a moment
      if (this.state.under_way) this.waitForSound();
    }, 1500);
  }

  // --- sound ------------------------------------------------------------------------------

  toggle() {
    if (this.playing.playing) this.playing.pause();
    else this.play();
  }

  async play() {
    if (sounding && sounding !== this) sounding.playing.pause();
    sounding = this;
    player.hush();
    try {
      if (this.state.song) await this.load();
      await this.playing.play();
    } catch {
      this.starve(this.words("silent"));
    }
  }

  seek(seconds) {
    this.playing.seek(seconds);
    if (!this.playing.playing) this.play();
  }

  // --- what is shown ----------------------------------------------------------------------

  words(name) {
    return this.article.querySelector(`[data-words-${name}]`).textContent;
  }

  starve(text) {
    this.article.querySelector("[data-starving]").textContent = text;
  }

  showState() {
    const { playing } = this.playing;
    this.button.setAttribute("aria-pressed", String(playing));
    this.button.querySelector("[data-when-still]").hidden = playing;
    this.button.querySelector("[data-when-playing]").hidden = !playing;
    const waits = this.playing.starving && this.playing.time > 0;
    this.starve(waits ? this.words("starving") : "");
    this.article.dataset.sounds = String(playing && !this.playing.starving);
    this.showTime();
  }

  showTime() {
    this.roll.setTime(this.playing.time, this.playing.playing);
    this.clock.textContent = `${clock(this.playing.time)} / ${clock(this.playing.seconds)}`;
  }

  tell(state) {
    this.state = state;
    const put = (name, text) => {
      const place = this.article.querySelector(`[data-${name}]`);
      if (place && place.textContent !== text) place.textContent = text;
    };
    put("headline", state.headline);
    put("detail", state.detail);
    const bar = this.article.querySelector("[data-bar]");
    if (bar && state.percent) bar.value = state.percent;
    for (const form of this.article.querySelectorAll("[data-needs-notes]")) form.hidden = state.stage !== "composing";
  }

  // --- what is done with it ---------------------------------------------------------------

  // The buttons of a form are pressed without leaving the page, so that the music goes on.
  async send(event) {
    const form = event.target;
    if (!("liveForm" in form.dataset)) return;
    event.preventDefault();
    const button = event.submitter;
    const content = new FormData(form, button);
    button?.setAttribute("aria-busy", "true");
    this.sent += 1;
    const number = this.sent;
    try {
      const answer = await fetch(form.action, { method: "POST", body: content, headers: { "X-Live": "1" } });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const html = await answer.text();
      if (number === this.sent) this.put(html);
    } catch {
      if (this.stop.signal.aborted) return;
      if (!form.isConnected) return location.reload();
      delete form.dataset.liveForm;
      form.requestSubmit(button); // the page that comes says what is wrong
    } finally {
      button?.removeAttribute("aria-busy");
    }
    return undefined;
  }

  async renew() {
    const number = this.sent;
    const answer = await fetch(this.article.dataset.part);
    if (!answer.ok) return;
    const html = await answer.text();
    if (number === this.sent) this.put(html);
  }

  // What has not changed stays: it may have the focus, be open, or be about to be pressed.
  put(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-take]");
    if (!fresh || this.stop.signal.aborted) return;
    for (const name of ["state", "notes"]) if (name in fresh.dataset) this.article.dataset[name] = fresh.dataset[name];
    this.article.classList.toggle("is-away", fresh.classList.contains("is-away"));
    this.state = JSON.parse(this.article.dataset.state);
    for (const name of CHANGING) {
      const part = fresh.querySelector(name);
      const text = bare(part);
      if (text === this.shown.get(name)) continue;
      this.shown.set(name, text);
      const old = this.article.querySelector(name);
      const focus = old.contains(document.activeElement) ? document.activeElement : null;
      old.replaceWith(document.adoptNode(part));
      if (name === "[data-take-rest]") this.dress();
      if (focus) (sameControl(part, focus) ?? this.button).focus();
    }
  }

  dress() {
    const form = this.article.querySelector("[data-instrument]");
    if (!form) return;
    form.querySelector("[data-without-script]").hidden = true;
    const select = form.querySelector("select");
    select.addEventListener("change", () => {
      this.playing.instrument = select.value === "" ? null : Number(select.value);
      form.requestSubmit();
    });
  }
}
