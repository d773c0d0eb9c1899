// Play buttons on cards, and the small player at the foot of the page that they start.
import { chooseSound, clock, rememberedVolume } from "./sound.js";

class MiniPlayer {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.link = root.querySelector("[data-title]");
    this.button = root.querySelector("[data-toggle]");
    this.seek = root.querySelector("[data-seek]");
    this.elapsed = root.querySelector("[data-elapsed]");
    this.problem = root.querySelector("[data-problem]");
    this.card = null;

    this.button.addEventListener("click", () => this.toggle());
    root.querySelector("[data-close]").addEventListener("click", () => this.close());
    this.seek.addEventListener("input", () => {
      this.audio.currentTime = this.seek.valueAsNumber;
    });
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.showState());
    for (const name of ["timeupdate", "durationchange", "seeked"]) this.audio.addEventListener(name, () => this.showTime());
    this.audio.addEventListener("error", () => {
      this.problem.hidden = !this.audio.getAttribute("src");
    });
  }

  start(card) {
    if (card === this.card) {
      this.toggle();
      return;
    }
    this.mark(false);
    this.card = card;
    this.root.hidden = false;
    this.problem.hidden = true;
    this.link.textContent = card.dataset.title;
    this.link.href = card.dataset.page;
    this.seek.value = 0;
    this.seek.max = card.dataset.seconds;
    this.audio.volume = rememberedVolume();
    this.audio.src = chooseSound(this.audio, JSON.parse(card.dataset.sounds));
    this.play();
  }

  play() {
    // A start that is overtaken by the next click, or refused, leaves the button as it is.
    this.audio.play().catch(() => this.showState());
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  close() {
    this.audio.pause();
    this.mark(false);
    this.card?.focus();
    this.card = null;
    this.audio.removeAttribute("src");
    this.audio.load();
    this.root.hidden = true;
  }

  mark(playing) {
    if (!this.card) return;
    this.card.classList.toggle("is-playing", playing);
    this.card.setAttribute("aria-label", playing ? this.card.dataset.pauseLabel : this.card.dataset.playLabel);
  }

  showState() {
    const playing = !this.audio.paused && !this.audio.ended;
    this.root.classList.toggle("is-playing", playing);
    this.button.setAttribute("aria-label", playing ? this.button.dataset.pause : this.button.dataset.play);
    this.mark(playing);
  }

  showTime() {
    const total = Number.isFinite(this.audio.duration) ? this.audio.duration : Number.parseFloat(this.seek.max);
    this.seek.max = total;
    this.seek.value = this.audio.currentTime;
    this.elapsed.textContent = `${clock(this.audio.currentTime)} / ${clock(total)}`;
    this.seek.setAttribute("aria-valuetext", this.elapsed.textContent);
  }
}

const root = document.querySelector("[data-mini-player]");
if (root) {
  const player = new MiniPlayer(root);
  for (const card of document.querySelectorAll("[data-sounds]")) {
    card.hidden = false;
    card.addEventListener("click", () => player.start(card));
  }
}
