// A song on its page: the piano roll and the waveform, both following the one player of the site.
import { clock, player } from "musicgen/player";
import { PianoRoll } from "musicgen/roll";
import { Wave } from "musicgen/wave";

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function begin(stage) {
  const button = stage.querySelector("[data-track]");
  const track = JSON.parse(button.dataset.track);
  const time = stage.querySelector("[data-time]");
  const isOurs = () => player.track?.id === track.id;

  function seek(seconds) {
    if (isOurs()) player.seek(seconds);
    else player.play(track, [track], seconds);
  }

  const roll = new PianoRoll(stage.querySelector("[data-roll]"), {
    onSeek: seek,
    onSelect: (passage) => isOurs() && player.setLoop(passage),
  });
  const wave = new Wave(stage.querySelector("[data-wave]"), { onSeek: (share) => seek(share * (player.duration || track.seconds)) });

  function show() {
    const seconds = isOurs() ? player.time : 0;
    const whole = isOurs() ? player.duration : track.seconds;
    roll.setTime(seconds, isOurs() && player.playing);
    wave.draw(whole ? seconds / whole : 0, isOurs() && player.loop ? player.loop.map((one) => one / whole) : null);
    time.textContent = `${clock(seconds)} / ${clock(whole)}`;
  }

  function showChange() {
    const loop = isOurs() ? player.loop : null;
    roll.select(loop?.[0] ?? null, loop?.[1]);
    show();
  }

  for (const zoom of stage.querySelectorAll("[data-zoom]")) {
    zoom.addEventListener("click", () => roll.zoom(Number(zoom.dataset.zoom)));
  }
  player.addEventListener("time", show);
  player.addEventListener("change", showChange);
  // Without its notes or its peaks a song is still to be heard.
  json(stage.dataset.notes).then((notes) => {
    roll.show(notes);
    stage.querySelector("[data-legend]").replaceChildren(
      ...roll.legend().map(({ name, number }) => {
        const item = document.createElement("li");
        item.textContent = name;
        item.dataset.colour = number;
        return item;
      }),
    );
    showChange();
  }).catch(() => stage.querySelector(".stage-roll").remove());
  json(stage.dataset.more).then(({ peaks }) => {
    wave.peaks = peaks;
    show();
  }).catch(() => {});
  return () => {
    player.removeEventListener("time", show);
    player.removeEventListener("change", showChange);
    roll.destroy();
    wave.destroy();
  };
}

// The recording, or the notes played in the browser with an instrument of the listener's choice.
function offerSound(stage) {
  const choice = stage.querySelector("[data-sound-choice]");
  if (!choice || !("AudioWorkletNode" in window)) return;
  const sound = choice.querySelector("[data-sound]");
  const instrument = choice.querySelector("[data-instrument]");
  const state = choice.querySelector("[data-sound-state]");
  const program = () => (instrument.value === "" ? null : Number(instrument.value));

  function show() {
    sound.value = player.engine.name;
    choice.querySelector("[data-instrument-choice]").hidden = player.engine.name !== "synth";
    instrument.value = player.engine.instrument ?? "";
  }

  sound.addEventListener("change", async () => {
    if (sound.value === "file") {
      await player.useEngine(null);
      show();
      return;
    }
    state.textContent = state.dataset.loading;
    try {
      const { loadSynth, SynthEngine } = await import("musicgen/synth");
      const engine = new SynthEngine(await loadSynth(), player.events);
      await player.useEngine(engine);
      if (!player.track) stage.querySelector("[data-track]").click();
      state.textContent = "";
    } catch {
      await player.useEngine(null);
      state.textContent = state.dataset.failed;
    }
    show();
  });
  instrument.addEventListener("change", () => player.engine.setInstrument?.(program()));
  choice.hidden = false;
  show();
}

// Whoever waited for this song to be composed hears it now; reloading the page does not start it again.
function playIfAsked(content) {
  const address = new URL(location.href);
  if (!address.searchParams.has("listen")) return;
  address.searchParams.delete("listen");
  history.replaceState(history.state, "", address);
  content.querySelector("[data-stage] [data-track]")?.click();
}

export function start(content) {
  const stages = [...content.querySelectorAll("[data-stage]")];
  const stops = stages.map(begin);
  stages.forEach(offerSound);
  playIfAsked(content);
  return () => stops.forEach((stop) => stop());
}
