// Notes played by the site's synthesizer while more of them arrive. It never runs past what is composed: where the
// music is quicker than the network it holds still, and goes on once there is some in hand.
//
//   const playing = new Playing({ onTime, onState });
//   playing.add(notes); playing.finish(); playing.clear();      notes as of static/generator/live.js
//   await playing.play(); playing.pause(); playing.seek(seconds); playing.instrument = program | null
//   playing.time .seconds .playing .starving

import { loadSynth, Voices } from "musicgen/synth";

const TICK_MILLISECONDS = 25;
const AHEAD_SECONDS = 0.2; // notes are given to the synthesizer this long before they sound
const HIDDEN_AHEAD_SECONDS = 1.6; // a page in the background is woken once a second
const GUARD_SECONDS = 0.05; // what is nearer to the end of what is known waits
const IN_HAND_SECONDS = 0.6; // so much must be known before it goes on after holding still
const TAIL_SECONDS = 0.5; // after the last note

export class Playing {
  constructor({ onTime = () => {}, onState = () => {} } = {}) {
    this.onTime = onTime;
    this.onState = onState;
    this.given = null;
    this.voices = null;
    this.clear();
  }

  // Notes heard before do not count any more.
  clear() {
    this.notes = [];
    this.complete = false;
    this.position = 0; // of the music, when `anchor` was the synthesizer's time
    this.anchor = null; // null: still
    this.next = 0; // index of the first note not yet given to the synthesizer
    this.wanted = false;
    this.voices?.clear();
  }

  add(notes) {
    this.notes.push(...notes);
    this.tick();
  }

  finish() {
    this.complete = true;
    this.tick();
  }

  // How far the music is known: later notes may come, earlier ones not.
  get known() {
    return this.complete ? Infinity : (this.notes.at(-1)?.[0] ?? 0);
  }

  get seconds() {
    return this.notes.reduce((end, [start, length]) => Math.max(end, start + length), 0);
  }

  get time() {
    return this.anchor === null ? this.position : this.position + Math.max(0, this.synth.now - this.anchor);
  }

  get playing() {
    return this.wanted;
  }

  get starving() {
    return this.wanted && this.anchor === null;
  }

  get instrument() {
    return this.given;
  }

  set instrument(program) {
    this.given = program;
    if (this.voices) this.voices.instrument = program;
  }

  async play() {
    this.synth = await loadSynth();
    this.synth.volume = 1;
    await this.synth.resume();
    if (this.complete && this.time >= this.seconds) this.position = 0;
    this.next = this.notes.findIndex(([start]) => start >= this.position);
    if (this.next < 0) this.next = this.notes.length;
    this.voices ??= new Voices(this.synth);
    this.voices.clear(); // somebody else may have used them since
    this.voices.instrument = this.given;
    this.wanted = true;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), TICK_MILLISECONDS);
    this.tick();
    this.onState();
  }

  pause() {
    if (!this.wanted) return;
    this.hold();
    this.wanted = false;
    clearInterval(this.timer);
    this.synth.silence();
    this.voices.clear();
    this.onState();
  }

  seek(seconds) {
    const goesOn = this.wanted;
    if (goesOn) this.pause();
    this.position = Math.max(0, Math.min(seconds, this.seconds));
    this.onTime();
    if (goesOn) this.play();
  }

  hold() {
    this.position = this.time;
    this.anchor = null;
  }

  tick() {
    if (!this.wanted) return;
    if (this.anchor === null) {
      const inHand = this.position > 0 ? IN_HAND_SECONDS : GUARD_SECONDS; // the very first note does not wait for more
      if (this.notes.length === 0 && !this.complete) return;
      if (this.known < this.position + inHand) return;
      this.anchor = this.synth.now + 0.01;
      this.onState();
    }
    const now = this.time;
    if (now + GUARD_SECONDS > this.known) {
      this.hold();
      this.onState();
      return;
    }
    const until = now + (document.hidden ? HIDDEN_AHEAD_SECONDS : AHEAD_SECONDS);
    while (this.next < this.notes.length && this.notes[this.next][0] < until) {
      this.give(this.notes[this.next]);
      this.next += 1;
    }
    if (this.complete && now > this.seconds + TAIL_SECONDS) {
      this.pause();
      this.position = 0;
    }
    this.onTime();
  }

  give([start, length, pitch, velocity, program]) {
    const at = Math.max(this.synth.now, this.anchor + start - this.position);
    this.voices.note({ program, pitch, velocity, at, length });
  }
}

// Notes of static/generator/roll.js's format, as this module takes them.
export function notesOf({ parts }) {
  const notes = [];
  for (const part of parts) {
    for (let i = 0; i < part.notes.length; i += 4) {
      const [start, length, pitch, velocity] = part.notes.slice(i, i + 4);
      notes.push([start / 1000, length / 1000, pitch, velocity, part.drums ? -1 : part.program]);
    }
  }
  return notes.sort((one, other) => one[0] - other[0]);
}
