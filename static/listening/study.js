// The pages of a study: clips, one question, the next page.
import { Clips, fetchSounds, post } from "./clips.js";

const page = document.querySelector("[data-study]");

function start() {
  const at = (name) => page.querySelector(`[data-${name}]`);
  const words = page.dataset;
  const clips = new Clips([...page.querySelectorAll("[data-clip]")], words.heard);
  const scales = [...page.querySelectorAll("[data-scale]")];
  const offset = words.method === "mushra" ? 1 : 0; // the open reference is heard, not rated
  let busy = true;

  // What was said, by place; null while something is missing.
  function values() {
    if (words.method === "pairs") {
      const said = page.querySelector("[name=pair]:checked")?.value;
      return said ? { left: [1, 0], right: [0, 1], tie: [0.5, 0.5] }[said] : null;
    }
    if (words.method === "acr") {
      const said = page.querySelector("[name=grade]:checked")?.value;
      return said ? [Number(said)] : null;
    }
    const shown = scales.slice(0, clips.total.length - offset);
    return shown.every((scale) => scale.dataset.touched) ? shown.map((scale) => Number(scale.value)) : null;
  }

  function update() {
    at("send").disabled = busy || !clips.isHeard || values() === null;
  }

  function say(text) {
    at("said").textContent = text;
    at("said").classList.toggle("problem", Boolean(text));
  }

  async function next() {
    busy = true;
    update();
    try {
      const told = await post(words.next, {});
      if (told.end) {
        location.reload();
        return;
      }
      clips.load(told, await fetchSounds(told.clips));
      for (const box of page.querySelectorAll("[name=pair], [name=grade]")) box.checked = false;
      scales.forEach((scale, place) => {
        scale.value = 50;
        delete scale.dataset.touched;
        scale.closest("[data-stimulus]").hidden = place >= told.clips.length - offset;
        scale.closest("[data-stimulus]").querySelector("[data-value]").textContent = "–";
      });
      at("number").textContent = `${told.number} / ${told.of}`;
      at("training").hidden = !told.training;
      at("loading").hidden = true;
      at("question").hidden = false;
      page.querySelector("[data-play]").focus();
      say("");
    } catch (error) {
      say(error.message);
    } finally {
      busy = false;
      update();
    }
  }

  async function answer() {
    const given = values();
    if (busy || given === null) return;
    busy = true;
    update();
    clips.silence();
    try {
      await post(words.answer, { ...clips.take(), values: given });
      await next();
    } catch (error) {
      say(error.message);
      busy = false;
      update();
    }
  }

  clips.addEventListener("heard", update);
  page.addEventListener("input", (event) => {
    if (event.target.matches("[data-scale]")) {
      event.target.dataset.touched = "1";
      event.target.closest("[data-stimulus]").querySelector("[data-value]").textContent = event.target.value;
    }
    update();
  });
  at("send").addEventListener("click", answer);
  next();
}

// The volume check: the same tone left, then right.
function tone(button) {
  const audio = new AudioContext();
  const sound = audio.createOscillator();
  const gain = audio.createGain();
  const side = audio.createStereoPanner();
  gain.gain.value = 0.1;
  side.pan.value = Number(button.dataset.tone);
  sound.frequency.value = 440;
  sound.connect(gain).connect(side).connect(audio.destination);
  sound.start();
  sound.stop(audio.currentTime + 1.2);
  sound.addEventListener("ended", () => audio.close());
}

for (const button of document.querySelectorAll("[data-tone]")) button.addEventListener("click", () => tone(button));
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    navigator.clipboard?.writeText(field.value);
  });
}
if (page) start();
