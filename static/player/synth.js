// Sound made in the browser from notes, by spessasynth with the site's own soundfont; loaded when it is first
// asked for. Two ways to use it:
//
//   import { loadSynth, SynthEngine } from "musicgen/synth";
//   const synth = await loadSynth();            one for all; call it from a click, so that it may sound
//   synth.program(channel, program)             heard at once; channel 9 is drums
//   synth.note({ channel: 0, pitch: 60, velocity: 80, at: synth.now + 0.1, length: 0.5 })   times in seconds
//   synth.silence()                             stop what sounds; synth.volume = 0…1; synth.level() → 0…1 now
//   player.useEngine(new SynthEngine(synth, events))   plays a song's MIDI in the place of its sound file

const REVERB_TAIL = 0.4; // seconds after the last note in which it still sounds
const LOUDNESS = 1.6; // brings the soundfont near to the −23 LUFS of the sound files
const TICK_MILLISECONDS = 100;

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

  note({ channel = 0, pitch, velocity = 80, at = this.now, length = 0.5 }) {
    const key = Math.round(pitch);
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
