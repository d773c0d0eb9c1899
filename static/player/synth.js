// Sound made in the browser from notes, by spessasynth with the site's own soundfont; loaded when it is first
// asked for. Two ways to use it:
//
//   import { loadSynth, SynthEngine } from "musicgen/synth";
//   const synth = await loadSynth();            one for all; call it from a click, so that it may sound
//   const voices = new Voices(synth);           deals its channels out by program and tuning
//   voices.note({ program: 0, pitch: 60.5, velocity: 80, at: synth.now + 0.1, length: 0.5 })   times in seconds,
//                                               pitch with its cents as decimals, program −1 is drums
//   voices.instrument = program | null          what all but drums are played with, heard at once
//   synth.silence()                             stop what sounds; synth.volume = 0…1; synth.level() → 0…1 now
//   player.useEngine(new SynthEngine(synth, events))   plays a song's MIDI in the place of its sound file

const REVERB_TAIL = 0.4; // seconds after the last note in which it still sounds
const LOUDNESS = 1.6; // brings the soundfont near to the −23 LUFS of the sound files
const TICK_MILLISECONDS = 100;
const DRUMS = 9; // the channel
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];
const CENTS_APART = 5; // pitches that are nearer than this share a channel, and its bend
const BEND_CENTRE = 8192;
const BEND_CENTS = 200; // of the whole bend, up or down

let shared = null;

export function loadSynth() {
  shared ??= makeSynth().catch((error) => {
    shared = null; // asked again, it tries again
    throw error;
  });
  return shared;
}

async function makeSynth() {
  const addresses = JSON.parse(document.getElementById("synth-addresses").textContent);
  const context = new AudioContext({ latencyHint: "interactive" });
  const [library, font] = await Promise.all([
    import("spessasynth"),
    fetch(addresses.soundfont).then((answer) => {
      if (!answer.ok) throw new Error(`The soundfont: ${answer.status}`);
      return answer.arrayBuffer();
    }),
    context.audioWorklet.addModule(addresses.processor),
  ]);
  const inner = new library.WorkletSynthesizer(context);
  await inner.soundBankManager.addSoundBank(font, "site");
  await inner.isReady;
  return new Synth(context, inner, library);
}

class Synth {
  constructor(context, inner, library) {
    this.context = context;
    this.inner = inner;
    this.library = library;
    this.gain = context.createGain();
    this.meter = context.createAnalyser();
    inner.connect(this.gain);
    this.gain.connect(this.meter);
    this.meter.connect(context.destination);
    this.volume = 1;
  }

  get now() {
    return this.context.currentTime;
  }

  set volume(volume) {
    this.gain.gain.value = volume * LOUDNESS;
  }

  resume() {
    return this.context.resume();
  }

  program(channel, program) {
    this.inner.programChange(channel, program);
  }

  // All notes of a channel are so many cents higher than their keys; a quarter tone is 50.
  tune(channel, cents) {
    const bend = Math.round(BEND_CENTRE + (BEND_CENTRE * cents) / BEND_CENTS);
    this.inner.pitchWheel(channel, Math.min(Math.max(0, bend), 2 * BEND_CENTRE - 1));
  }

  note({ channel = 0, key, velocity = 80, at = this.now, length = 0.5 }) {
    this.inner.noteOn(channel, key, velocity, { time: at });
    this.inner.noteOff(channel, key, { time: at + length });
  }

  silence() {
    this.inner.stopAll(true);
  }

  level() {
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return Math.min(1, Math.max(...samples.map(Math.abs)));
  }
}

// Deals the channels of the synthesizer out to whoever plays notes: one for each program and tuning, because a
// channel has one program and one bend. Where there are more than channels, the one unused for longest is taken.
export class Voices {
  constructor(synth) {
    this.synth = synth;
    this.given = null;
    this.dealt = new Map(); // "program cents" → {channel, program}, the one used last at the end
  }

  get instrument() {
    return this.given;
  }

  set instrument(program) {
    this.given = program;
    for (const { channel, program: composed } of this.dealt.values()) this.synth.program(channel, program ?? composed);
  }

  note({ program, pitch, ...rest }) {
    const key = Math.round(pitch);
    if (program < 0) {
      this.synth.note({ channel: DRUMS, key, ...rest });
      return;
    }
    const cents = Math.round(((pitch - key) * 100) / CENTS_APART) * CENTS_APART;
    this.synth.note({ channel: this.channel(program, cents), key, ...rest });
  }

  channel(program, cents) {
    const name = `${program} ${cents}`;
    let voice = this.dealt.get(name);
    this.dealt.delete(name);
    if (!voice) {
      voice = { channel: this.free(), program };
      this.synth.program(voice.channel, this.given ?? program);
      this.synth.tune(voice.channel, cents);
    }
    this.dealt.set(name, voice);
    return voice.channel;
  }

  free() {
    if (this.dealt.size < CHANNELS.length) {
      const taken = new Set([...this.dealt.values()].map(({ channel }) => channel));
      return CHANNELS.find((channel) => !taken.has(channel));
    }
    const [oldest, { channel }] = this.dealt.entries().next().value;
    this.dealt.delete(oldest);
    return channel;
  }

  // Gives the channels back as they were found.
  clear() {
    for (const { channel } of this.dealt.values()) this.synth.tune(channel, 0);
    this.dealt.clear();
  }
}

// The player's engine that plays a song's MIDI file; the same interface as the one of sound files.
export class SynthEngine {
  constructor(synth, events) {
    this.name = "synth";
    this.synth = synth;
    this.events = events;
    this.sequencer = new synth.library.Sequencer(synth.inner);
    this.sequencer.loopCount = 0;
    this.playing = false;
    this.instrument = null;
  }

  async load(track) {
    this.pause();
    const answer = await fetch(track.midi);
    if (!answer.ok) throw new Error(`The MIDI file: ${answer.status}`);
    const loaded = new Promise((resolve) => this.sequencer.eventHandler.addEvent("songChange", "player", resolve));
    this.sequencer.loadNewSongList([{ binary: await answer.arrayBuffer(), fileName: track.title }]);
    const midi = await loaded;
    this.sequencer.pause();
    this.length = midi.duration;
    this.applyInstrument();
  }

  // The instrument that all parts but drums sound with; null: what the piece says.
  setInstrument(program) {
    this.instrument = program;
    this.applyInstrument();
    if (program === null) this.time = this.time; // read again from the file up to here
  }

  applyInstrument() {
    this.synth.inner.midiChannels.forEach((channel, number) => {
      if (number === 9) return;
      channel.setSystemParameter("presetLock", false);
      if (this.instrument === null) return;
      this.synth.program(number, this.instrument);
      channel.setSystemParameter("presetLock", true);
    });
  }

  async play() {
    await this.synth.resume();
    if (this.time >= this.length) this.time = 0;
    this.sequencer.play();
    this.playing = true;
    clearInterval(this.ticking);
    this.ticking = setInterval(() => this.tick(), TICK_MILLISECONDS);
    this.events.state();
  }

  tick() {
    if (this.time >= this.length + REVERB_TAIL || this.sequencer.isFinished) {
      this.pause();
      this.events.ended();
    }
    this.events.time();
  }

  pause() {
    clearInterval(this.ticking);
    if (!this.playing) return;
    this.playing = false;
    this.sequencer.pause();
    this.synth.silence();
    this.events.state();
  }

  unload() {
    this.pause();
  }

  get time() {
    return Math.max(0, Math.min(this.sequencer.currentTime ?? 0, this.length ?? 0));
  }

  set time(seconds) {
    this.sequencer.currentTime = seconds;
    if (!this.playing) this.sequencer.pause();
    this.applyInstrument();
  }

  get duration() {
    return this.length;
  }

  set volume(volume) {
    this.synth.volume = volume;
  }

  set rate(rate) {
    this.sequencer.playbackRate = rate;
  }
}
