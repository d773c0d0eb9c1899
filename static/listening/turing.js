// Human or machine: one clip after the other, the next fetched meanwhile, the score at the end.
import { Clips, fetchSounds, onKeys, post } from "./clips.js";

const page = document.querySelector("[data-turing]");

function start() {
  const at = (name) => page.querySelector(`[data-${name}]`);
  const words = page.dataset;
  const clips = new Clips([at("clip")], words.heard);
  const choices = [...page.querySelectorAll("[data-human]")];
  let round = "";
  let current = null;
  let waiting = null;
  let done = 0;
  let busy = false;

  async function fetchClip() {
    const question = await post(words.next, { round, holding: current ? [current.trial] : [] });
    round = question.round;
    return { question, sounds: await fetchSounds(question.clips) };
  }

  function say(text, isProblem = false) {
    at("said").textContent = text;
    at("said").classList.toggle("problem", isProblem);
  }

  function update() {
    for (const choice of choices) choice.disabled = !clips.isHeard || busy;
    at("hint").hidden = clips.isHeard;
  }

  async function next() {
    busy = true;
    try {
      const clip = await (waiting ?? fetchClip());
      waiting = null;
      current = clip.question;
      clips.load(clip.question, clip.sounds);
      at("knew").checked = false;
      at("loading").hidden = true;
      at("question").hidden = false;
      page.querySelector("[data-play]").focus();
      if (done + 1 < Number(words.clips)) waiting = fetchClip().catch(() => null);
    } catch (error) {
      say(error.message, true);
      at("again").hidden = false;
    } finally {
      busy = false;
      update();
    }
  }

  async function answer(human) {
    if (busy || !clips.isHeard) return;
    busy = true;
    update();
    clips.silence();
    try {
      const told = await post(words.answer, { ...clips.take(), human, knew: at("knew").checked });
      done = told.done;
      at("done").value = done;
      at("number").textContent = String(Math.min(done + 1, told.of));
      say("");
      if (told.end) {
        location.assign(told.end);
        return;
      }
      if (waiting && !(await waiting)) waiting = null;
      await next();
    } catch (error) {
      say(error.message, true);
    } finally {
      busy = false;
      update();
    }
  }

  clips.addEventListener("heard", update);
  for (const choice of choices) choice.addEventListener("click", () => answer(choice.dataset.human === "1"));
  at("again").addEventListener("click", () => {
    at("again").hidden = true;
    say("");
    next();
  });
  const open = (action) => () => at("question").hidden || action();
  onKeys({
    " ": open(() => clips.toggle(0)),
    a: open(() => clips.toggle(0)),
    h: open(() => answer(true)),
    m: open(() => answer(false)),
    ArrowLeft: open(() => answer(true)),
    ArrowRight: open(() => answer(false)),
    k: open(() => (at("knew").checked = !at("knew").checked)),
  });
  next();
}

if (page) start();
