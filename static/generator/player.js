// The player of a song: our own <audio> element, a waveform drawn from stored peaks, and controls.
import WaveSurfer from "wavesurfer";

import { chooseSound, clock, rememberVolume, rememberedVolume } from "./sound.js";

const STEP_SECONDS = 5;
const LEAP_SECONDS = 15;

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.controls = root.querySelector("[data-controls]");
    this.button = root.querySelector("[data-toggle]");
    this.wave = root.querySelector("[data-wave]");
    this.elapsed = root.querySelector("[data-elapsed]");
    this.volume = root.querySelector("[data-volume]");
    this.problem = root.querySelector("[data-problem]");
    this.seconds = Number.parseFloat(root.dataset.seconds);
    this.peaks = JSON.parse(root.querySelector("script[type='application/json']").textContent);

    const sources = [...this.audio.querySelectorAll("source")];
    const sounds = sources.map((source) => ({ url: source.src, type: source.type }));
    for (const source of sources) source.remove();
    this.audio.src = chooseSound(this.audio, sounds);
    this.audio.controls = false;
    this.audio.hidden = true;
    this.controls.hidden = false;
    this.audio.volume = rememberedVolume();
    this.volume.value = this.audio.volume;

    this.draw();
    this.listen();
    this.showTime();
  }

  draw() {
    this.surfer = WaveSurfer.create({
      container: this.wave,
      media: this.audio,
      peaks: [this.peaks],
      duration: this.seconds,
      height: "auto",
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      cursorWidth: 2,
      dragToSeek: true,
      hideScrollbar: true,
      cspNonce: document.body.dataset.cspNonce,
      ...this.colours(),
    });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.surfer.setOptions(this.colours()));
  }

  // A canvas knows no CSS variables: it is told what they are now.
  colours() {
    const style = getComputedStyle(this.root);
    return {
      waveColor: style.getPropertyValue("--wave").trim(),
      progressColor: style.getPropertyValue("--accent").trim(),
      cursorColor: style.getPropertyValue("--ink").trim(),
    };
  }

  listen() {
    this.button.addEventListener("click", () => this.toggle());
    this.wave.addEventListener("keydown", (event) => this.seekByKey(event));
    this.volume.addEventListener("input", () => {
      this.audio.volume = this.volume.valueAsNumber;
      rememberVolume(this.audio.volume);
    });
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.showState());
    for (const name of ["timeupdate", "seeking", "seeked"]) this.audio.addEventListener(name, () => this.showTime());
    this.audio.addEventListener("error", () => {
      this.problem.hidden = false;
    });
    this.audio.addEventListener("playing", () => {
      this.problem.hidden = true;
    });
  }

  async play() {
    try {
      await this.audio.play();
    } catch (error) {
      // The browser wants a click first: the button is where it is expected.
      if (error.name === "NotAllowedError") this.button.focus();
    }
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.duration());
  }

  duration() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : this.seconds;
  }

  seekByKey(event) {
    const now = this.audio.currentTime;
    const targets = {
      ArrowRight: now + STEP_SECONDS,
      ArrowUp: now + STEP_SECONDS,
      ArrowLeft: now - STEP_SECONDS,
      ArrowDown: now - STEP_SECONDS,
      PageUp: now + LEAP_SECONDS,
      PageDown: now - LEAP_SECONDS,
      Home: 0,
      End: this.duration(),
    };
    if (!(event.key in targets) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.seek(targets[event.key]);
  }

  showState() {
    const playing = !this.audio.paused && !this.audio.ended;
    this.root.classList.toggle("is-playing", playing);
    this.button.setAttribute("aria-label", playing ? this.button.dataset.pause : this.button.dataset.play);
  }

  showTime() {
    const now = this.audio.currentTime;
    this.elapsed.textContent = clock(now);
    this.wave.setAttribute("aria-valuenow", String(Math.round(now)));
    this.wave.setAttribute("aria-valuetext", `${clock(now)} / ${clock(this.duration())}`);
  }
}

const players = [...document.querySelectorAll("[data-player]")].map((root) => new Player(root));
const first = players[0];

if (first) {
  // Space plays and arrows seek wherever the page has no other use for them.
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("a, button, input, select, textarea, summary, audio, [contenteditable]");
    if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      first.toggle();
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      first.seekByKey(event);
    }
  });
  // Whoever waited for this song to be composed hears it now; reloading the page does not start it again.
  const address = new URL(location.href);
  if (address.searchParams.has("listen")) {
    address.searchParams.delete("listen");
    history.replaceState(null, "", address);
    first.button.focus();
    first.play();
  }
}
