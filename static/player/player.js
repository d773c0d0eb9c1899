// The one player of the site: what sounds, what comes next, how loud and how fast. It knows no page and draws
// nothing; static/player/bar.js shows it, and any page may import it:
//
//   import { player } from "musicgen/player";
//   player.play(track, list)      track: {id, title, by, page, seconds, sounds: [{url, type}], more}; list: what follows
//   player.toggle() .next() .previous() .seek(seconds) .hush()
//   player.track .time .duration .playing .list .index .loop .returns .rate .volume .shuffled .engine
//   player.addEventListener("change" | "time", …)      "change": another song, state or setting
//
// Whatever else on a page makes sound calls player.hush() when it begins; an <audio> of a page does so by itself.

const STORE = "musicgen.player";
const SETTINGS = "musicgen.sound";
const HEARD_SECONDS = 5; // after so much listening a song counts as heard
const LEAST_TIMER_MILLISECONDS = 10;
const RESTART_SECONDS = 3; // "previous" goes to the start of a song that is farther than this

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing for us forgets
  }
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The server's rendition in an <audio>; `static/player/synth.js` has the other engine with the same interface.
class FileEngine {
  constructor(events) {
    this.name = "file";
    this.audio = new Audio();
    this.audio.preload = "metadata";
    this.audio.preservesPitch = true;
    for (const name of ["play", "pause", "ended", "waiting", "playing"]) this.audio.addEventListener(name, events.state);
    for (const name of ["timeupdate", "seeked", "durationchange"]) this.audio.addEventListener(name, events.time);
    this.audio.addEventListener("ended", events.ended);
    this.audio.addEventListener("error", () => this.audio.getAttribute("src") && events.failed());
  }

  async load(track) {
    const sound = track.sounds.find(({ type }) => this.audio.canPlayType(type)) ?? track.sounds.at(-1);
    this.audio.src = sound?.url ?? "";
  }

  play() {
    return this.audio.play();
  }

  pause() {
    this.audio.pause();
  }

  unload() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  get time() {
    return this.audio.currentTime;
  }

  set time(seconds) {
    this.audio.currentTime = seconds;
  }

  get duration() {
    return this.audio.duration;
  }

  set volume(volume) {
    this.audio.volume = volume;
  }

  set rate(rate) {
    this.audio.defaultPlaybackRate = rate;
    this.audio.playbackRate = rate;
  }
}

class Player extends EventTarget {
  constructor() {
    super();
    const kept = read(localStorage, SETTINGS);
    this.volume_ = kept.volume >= 0 && kept.volume <= 1 ? kept.volume : 1;
    this.rate_ = 1;
    this.list = [];
    this.index = -1;
    this.order = []; // the list as it was before it was shuffled
    this.shuffled = false;
    this.loop = null;
    this.returns = 0; // how often the passage has begun again
    this.problem = false;
    this.events = {
      state: () => this.tell(),
      time: () => this.tick(),
      ended: () => this.ended(),
      failed: () => this.fail(),
    };
    this.engine = new FileEngine(this.events);
    this.files = this.engine;
    this.engine.volume = this.volume_;
  }

  get track() {
    return this.list[this.index] ?? null;
  }

  get playing() {
    return this.engine.playing;
  }

  get time() {
    return this.track ? (this.pending ?? this.engine.time) : 0;
  }

  get duration() {
    const known = this.engine.duration;
    return Number.isFinite(known) && known > 0 ? known : (this.track?.seconds ?? 0);
  }

  // --- what plays ---------------------------------------------------------------------------

  play(track, list = [track], at = 0) {
    if (this.track?.id === track.id && !at) {
      if (list.length > 1) this.setList(list, track);
      this.resume();
      return;
    }
    this.setList(list, track);
    this.start(at);
  }

  setList(list, track) {
    this.order = list;
    this.list = this.shuffled ? [track, ...mixed(list.filter((one) => one.id !== track.id))] : [...list];
    this.index = Math.max(0, this.list.findIndex((one) => one.id === track.id));
  }

  start(at = 0, { paused = false } = {}) {
    this.problem = false;
    this.loop = null;
    this.heard = 0;
    this.lastTick = null;
    this.pending = at || null;
    this.engine.load(this.track).then(() => {
      this.engine.rate = this.rate_;
      this.engine.volume = this.volume_;
      if (this.pending) this.engine.time = this.pending;
      if (!paused) this.resume();
      this.tell();
    }, this.events.failed);
    this.tell();
  }

  async resume() {
    if (!this.track) return;
    try {
      await this.engine.play();
    } catch (error) {
      // Overtaken by the next click, or the browser wants a click first: the bar shows that it is paused.
      if (error.name === "NotSupportedError") this.fail();
    }
    this.tell();
  }

  hush() {
    if (this.playing) this.engine.pause();
    this.tell();
  }

  toggle() {
    if (this.playing) this.engine.pause();
    else this.resume();
  }

  go(index, options) {
    if (!this.list[index]) return;
    this.index = index;
    this.start(0, options);
  }

  next() {
    this.go(this.index + 1);
  }

  previous() {
    if (this.time > RESTART_SECONDS || this.index === 0) this.seek(0);
    else this.go(this.index - 1);
  }

  ended() {
    if (this.loop) {
      this.goBack(); // the passage reaches to the very end, or its end was slept through
      this.resume();
    } else if (this.list[this.index + 1]) this.next();
    else this.tell();
  }

  fail() {
    this.problem = true;
    this.tell();
  }

  close() {
    this.engine.unload();
    this.list = [];
    this.index = -1;
    this.tell();
  }

  remove(index) {
    if (index === this.index) return;
    const [gone] = this.list.splice(index, 1);
    this.order = this.order.filter((one) => one.id !== gone.id);
    if (index < this.index) this.index -= 1;
    this.tell();
  }

  enqueue(track) {
    if (!this.track) {
      this.setList([track], track);
      this.start(0, { paused: true });
    } else if (!this.list.some((one) => one.id === track.id)) {
      this.list.push(track);
      this.order = [...this.order, track];
    }
    this.tell();
  }

  // --- how it plays -------------------------------------------------------------------------

  seek(seconds) {
    if (!this.track) return;
    this.pending = null;
    this.lastTick = null;
    this.engine.time = Math.min(Math.max(0, seconds), Math.max(0, this.duration - 0.05));
    this.tick();
  }

  setLoop(loop) {
    this.loop = loop && loop[1] - loop[0] > 0.3 ? loop : null;
    this.returns = 0;
    if (this.loop && (this.time < loop[0] || this.time > loop[1])) this.seek(loop[0]);
    this.watchLoop();
    this.tell();
  }

  goBack() {
    this.engine.time = this.loop[0];
    this.lastTick = null;
    this.returns += 1;
  }

  // An engine tells its time a few times a second, too seldom to end a passage where it ends: a timer is set for
  // that moment. Where timers sleep (a page in the background), the next word of the engine does it.
  watchLoop() {
    clearTimeout(this.loopTimer);
    if (!this.loop || !this.playing) return;
    const left = (this.loop[1] - this.engine.time) / this.rate_;
    if (left <= 0) this.goBack();
    this.loopTimer = setTimeout(() => this.watchLoop(), Math.max(LEAST_TIMER_MILLISECONDS, left * 1000));
  }

  get volume() {
    return this.volume_;
  }

  set volume(volume) {
    this.volume_ = Math.min(Math.max(0, volume), 1);
    this.engine.volume = this.volume_;
    write(localStorage, SETTINGS, { ...read(localStorage, SETTINGS), volume: this.volume_ });
    this.tell();
  }

  get rate() {
    return this.rate_;
  }

  set rate(rate) {
    this.rate_ = rate;
    this.engine.rate = rate;
    this.tell();
  }

  shuffle(on) {
    this.shuffled = on;
    const now = this.track;
    if (now) this.setList(this.order, now);
    this.tell();
  }

  // Goes on with the same song at the same place in another engine; null: the server's sound again.
  async useEngine(engine) {
    const track = this.track;
    const [time, playing] = [this.time, this.playing];
    this.engine.pause();
    this.engine = engine ?? this.files;
    if (!track) return;
    await this.engine.load(track);
    this.engine.volume = this.volume_;
    this.engine.rate = this.rate_;
    this.engine.time = time;
    if (playing) await this.resume();
    this.tell();
  }

  // --- telling ------------------------------------------------------------------------------

  tick() {
    const now = this.engine.time;
    if (this.pending !== null && Math.abs(now - this.pending) < 1) this.pending = null;
    this.watchLoop();
    if (this.playing) {
      const passed = now - (this.lastTick ?? now);
      if (passed > 0 && passed < 2) this.heard += passed;
      this.lastTick = now;
      if (this.heard >= HEARD_SECONDS && this.track.id !== this.reported) {
        this.reported = this.track.id;
        this.dispatchEvent(new Event("heard"));
      }
    }
    this.dispatchEvent(new Event("time"));
  }

  tell() {
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("time"));
  }

  // --- over full loads ----------------------------------------------------------------------

  keep() {
    const { list, index, order, shuffled, rate_: rate } = this;
    write(sessionStorage, STORE, this.track ? { list, index, order, shuffled, rate, time: this.time, playing: this.playing } : {});
  }

  restore() {
    const kept = read(sessionStorage, STORE);
    if (!kept.list?.[kept.index]) return;
    Object.assign(this, { list: kept.list, index: kept.index, order: kept.order ?? kept.list, shuffled: kept.shuffled, rate_: kept.rate ?? 1 });
    this.start(kept.time, { paused: !kept.playing });
  }
}

function mixed(list) {
  const left = [...list];
  for (let i = left.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [left[i], left[j]] = [left[j], left[i]];
  }
  return left;
}

export const player = new Player();
addEventListener("pagehide", () => player.keep());
// Whatever of a page starts to sound silences the player, and the player what sounded of the page.
document.addEventListener("play", () => player.hush(), true);
player.addEventListener("change", () => {
  if (player.playing) for (const audio of document.querySelectorAll("audio, video")) audio.pause();
});
