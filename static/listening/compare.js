// Blind pairs: one on the page, the next fetched meanwhile, and what it was told after the answer.
import { Clips, fetchSounds, onKeys, post } from "./clips.js";

const page = document.querySelector("[data-compare]");

function start() {
  const at = (name) => page.querySelector(`[data-${name}]`);
  const clips = new Clips([...page.querySelectorAll("[data-clip]")], page.dataset.heard);
  const choices = [...page.querySelectorAll("[data-outcome]")];
  const words = page.dataset;
  let waiting = null; // the next pair, on its way
  let current = null;
  let answered = Number(words.answered);
  let busy = false;

  async function fetchPair() {
    const holding = current ? [current.trial] : [];
    const question = await post(words.next, { holding });
    return { question, sounds: await fetchSounds(question.clips) };
  }

  function say(text, isProblem = false) {
    at("said").textContent = text;
    at("said").classList.toggle("problem", isProblem);
  }

  function show(name) {
    for (const part of ["loading", "question", "reveal"]) at(part).hidden = part !== name;
  }

  function update() {
    for (const choice of choices) choice.disabled = !clips.isHeard || busy;
    at("hint").hidden = clips.isHeard;
  }

  async function next() {
    if (busy) return;
    busy = true;
    show("loading");
    say("");
    try {
      const pair = await (waiting ?? fetchPair());
      waiting = null;
      current = pair.question;
      clips.load(pair.question, pair.sounds);
      for (const box of page.querySelectorAll("[data-reason]")) box.checked = false;
      show("question");
      page.querySelector("[data-play]").focus();
      waiting = fetchPair().catch(() => null);
    } catch (error) {
      waiting = null;
      say(error.message, true);
      at("again").hidden = false;
      at("loading-words").hidden = true;
    } finally {
      busy = false;
      update();
    }
  }

  async function answer(outcome) {
    if (busy || !clips.isHeard) return;
    busy = true;
    update();
    clips.silence();
    const reasons = [...page.querySelectorAll("[data-reason]:checked")].map((box) => box.value);
    try {
      const told = await post(words.answer, { ...clips.take(), outcome, reasons });
      answered += 1;
      document.getElementById("answer-count").textContent = String(answered);
      reveal(told, outcome);
      say(told.said);
    } catch (error) {
      say(error.message, true);
    } finally {
      busy = false;
      update();
    }
  }

  function reveal(told, outcome) {
    told.sides.forEach((side, position) => {
      const place = page.querySelectorAll("[data-side]")[position];
      const chosen = outcome === ["left", "right"][position];
      place.classList.toggle("is-chosen", chosen);
      place.querySelector("[data-chosen]").hidden = !chosen;
      place.querySelector("[data-who]").textContent = side.who;
      const link = place.querySelector("[data-link]");
      const title = place.querySelector("[data-title]");
      link.hidden = !side.address;
      title.hidden = Boolean(side.address);
      link.textContent = title.textContent = side.title;
      if (side.address) link.href = side.address;
    });
    show("reveal");
    at("next-pair").focus();
  }

  async function goOn() {
    if (!at("reveal").hidden || !at("again").hidden) {
      at("again").hidden = true;
      at("loading-words").hidden = false;
      if (waiting && !(await waiting)) waiting = null; // fetched in vain: try again
      await next();
    }
  }

  clips.addEventListener("heard", update);
  for (const choice of choices) choice.addEventListener("click", () => answer(choice.dataset.outcome));
  at("next-pair").addEventListener("click", goOn);
  at("again").addEventListener("click", goOn);
  const open = (action) => () => at("question").hidden || action();
  onKeys({
    a: open(() => clips.toggle(0)),
    b: open(() => clips.toggle(1)),
    " ": open(() => clips.toggleLast()),
    ArrowLeft: open(() => answer("left")),
    ArrowRight: open(() => answer("right")),
    ArrowUp: open(() => answer("tie")),
    ArrowDown: open(() => answer("both_bad")),
    Enter: goOn,
    n: goOn,
  });
  next();
}

if (page) start();
