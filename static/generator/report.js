// The nearest passage of a song and of a piece that its network learned from: both drawn, both played alike.
import { player } from "musicgen/player";
import { PianoRoll } from "musicgen/roll";

const FIELDS = 4; // numbers a note: start, length (ms), pitch, velocity
const LEAD_SECONDS = 0.1; // from the click to the first note

function begin(place) {
  const words = place.dataset;
  const passages = JSON.parse(place.querySelector("script").textContent);
  const state = place.querySelector("[data-passage-state]");
  let playing = null; // {stop} of the passage that sounds
  const rolls = [];

  async function play(button, roll, passage) {
    playing?.stop();
    player.hush();
    state.textContent = words.loading;
    let synth;
    let voices;
    try {
      const { loadSynth, Voices } = await import("musicgen/synth");
      synth = await loadSynth();
      voices = new Voices(synth);
      await synth.resume();
    } catch {
      state.textContent = words.failed;
      return;
    }
    state.textContent = "";
    const zero = synth.now + LEAD_SECONDS;
    for (const { notes, program } of passage.parts) {
      for (let i = 0; i < notes.length; i += FIELDS) {
        const [start, length, pitch, velocity] = notes.slice(i, i + FIELDS);
        voices.note({ program, pitch, velocity, at: zero + start / 1000, length: length / 1000 });
      }
    }
    const timer = setInterval(() => {
      roll.setTime(Math.max(0, synth.now - zero), true);
      if (synth.now > zero + passage.seconds) playing?.stop();
    }, 40);
    button.textContent = words.stop;
    playing = {
      button,
      stop() {
        clearInterval(timer);
        synth.silence();
        voices.clear();
        roll.setTime(0);
        button.textContent = words.play;
        playing = null;
      },
    };
  }

  for (const figure of place.querySelectorAll("[data-passage]")) {
    const passage = passages[figure.dataset.passage];
    const button = figure.querySelector("button");
    const roll = new PianoRoll(figure.querySelector("canvas"));
    roll.show(passage);
    rolls.push(roll);
    button.hidden = false;
    button.addEventListener("click", () => (playing?.button === button ? playing.stop() : play(button, roll, passage)));
  }
  return () => {
    playing?.stop();
    for (const roll of rolls) roll.destroy();
  };
}

export function start(content) {
  let stops = [];
  const look = () => {
    for (const place of content.querySelectorAll("[data-passages]:not([data-begun])")) {
      place.dataset.begun = "";
      stops.push(begin(place));
    }
  };
  look();
  document.addEventListener("htmx:after:swap", look); // a report that was made while the page was open
  return () => {
    document.removeEventListener("htmx:after:swap", look);
    stops.forEach((stop) => stop());
    stops = [];
  };
}
