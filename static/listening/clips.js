// The sounds of one question: fetched whole under addresses that say nothing, played one at a time,
// and measured: how long each was heard, and how often it was started.

const REPORT_SECONDS = 4;

export class RefusedError extends Error {
  constructor(message, status, retrySeconds) {
    super(message);
    this.status = status;
    this.retrySeconds = retrySeconds;
  }
}

export async function post(address, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    keepalive: true,
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const wait = Number.parseInt(answer.headers.get("Retry-After"), 10);
    throw new RefusedError(told.problem ?? `HTTP ${answer.status}`, answer.status, Number.isFinite(wait) ? wait : 0);
  }
  return told;
}

// Every sound is fetched whole before the first is offered: how soon one comes must tell nothing.
export async function fetchSounds(addresses) {
  const blobs = await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok) throw new RefusedError(`HTTP ${answer.status}`, answer.status, 0);
      return answer.blob();
    }),
  );
  return blobs.map((blob) => URL.createObjectURL(blob));
}

export class Clips extends EventTarget {
  // places: elements with [data-play] (a button), [data-bar] (a progress) and an <audio>, in the order of the clips.
  constructor(places, heardAddress) {
    super();
    this.heardAddress = heardAddress;
    this.question = null;
    this.places = places;
    places.forEach((place, position) => {
      const audio = place.querySelector("audio");
      place.querySelector("[data-play]").addEventListener("click", () => this.toggle(position));
      audio.addEventListener("play", () => this.#started(position));
      audio.addEventListener("pause", () => this.#stopped(position));
      audio.addEventListener("ended", () => this.#stopped(position));
      audio.addEventListener("timeupdate", () => this.#moved(position));
      audio.addEventListener("waiting", () => this.#count(position, null));
      audio.addEventListener("playing", () => this.#count(position, performance.now()));
      place.querySelector("[data-bar]").addEventListener("click", (event) => this.#seek(position, event));
    });
  }

  load(question, sounds) {
    this.silence();
    for (const url of this.sounds ?? []) URL.revokeObjectURL(url);
    this.question = question;
    this.sounds = sounds;
    this.total = sounds.map(() => 0);
    this.pending = { heard: sounds.map(() => 0), plays: sounds.map(() => 0) };
    this.since = sounds.map(() => null);
    this.places.forEach((place, position) => {
      place.hidden = position >= sounds.length;
      const audio = place.querySelector("audio");
      if (position < sounds.length) audio.src = sounds[position];
      place.querySelector("[data-bar]").value = 0;
      place.classList.remove("is-heard");
    });
    this.dispatchEvent(new Event("heard"));
  }

  toggle(position) {
    const audio = this.places[position]?.querySelector("audio");
    if (!this.question || !audio?.src) return;
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  // Space: stop what sounds, or go on with what sounded last.
  toggleLast() {
    this.toggle(this.last ?? 0);
  }

  silence() {
    for (const place of this.places) place.querySelector("audio").pause();
  }

  get isHeard() {
    return Boolean(this.question) && this.total.every((seconds) => seconds >= this.question.least);
  }

  // What was heard and not reported yet; it goes with the answer.
  take() {
    this.since.forEach((_, position) => this.#add(position));
    const taken = this.pending;
    this.pending = { heard: this.sounds.map(() => 0), plays: this.sounds.map(() => 0) };
    return { trial: this.question.trial, ...taken };
  }

  #started(position) {
    this.last = position;
    this.places.forEach((place, other) => {
      if (other !== position) place.querySelector("audio").pause();
      place.classList.toggle("is-sounding", other === position);
    });
    this.pending.plays[position] += 1;
    this.#label(position, true);
  }

  #stopped(position) {
    this.#count(position, null);
    this.places[position].classList.remove("is-sounding");
    this.#label(position, false);
    this.#report();
  }

  #label(position, playing) {
    const button = this.places[position].querySelector("[data-play]");
    button.setAttribute("aria-pressed", String(playing));
  }

  #moved(position) {
    const audio = this.places[position].querySelector("audio");
    if (Number.isFinite(audio.duration)) {
      this.places[position].querySelector("[data-bar]").value = audio.currentTime / audio.duration;
    }
    if (!audio.paused) this.#count(position, performance.now());
    if (this.pending?.heard.reduce((sum, seconds) => sum + seconds, 0) >= REPORT_SECONDS) this.#report();
  }

  #count(position, now) {
    if (!this.question || position >= this.total.length) return;
    this.#add(position);
    this.since[position] = now;
    this.places[position].classList.toggle("is-heard", this.total[position] >= this.question.least);
    this.dispatchEvent(new Event("heard"));
  }

  #add(position) {
    if (this.since[position] === null) return;
    const now = performance.now();
    const seconds = Math.min(1, (now - this.since[position]) / 1000); // a page that slept heard nothing
    this.since[position] = now;
    this.total[position] += seconds;
    this.pending.heard[position] += seconds;
  }

  #report() {
    if (!this.question || !this.pending.heard.some((seconds) => seconds > 0)) return;
    const told = this.take();
    post(this.heardAddress, told).catch(() => {
      // Not reported: it goes along with the next report, or with the answer.
      if (this.question?.trial !== told.trial) return;
      told.heard.forEach((seconds, position) => (this.pending.heard[position] += seconds));
      told.plays.forEach((count, position) => (this.pending.plays[position] += count));
    });
  }

  #seek(position, event) {
    const audio = this.places[position].querySelector("audio");
    const box = event.currentTarget.getBoundingClientRect();
    if (Number.isFinite(audio.duration)) audio.currentTime = ((event.clientX - box.left) / box.width) * audio.duration;
  }
}

// Keys work everywhere on the page but where somebody types.
export function onKeys(actions) {
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select");
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (!action || typing) return;
    // A button with the focus does what it always does.
    if ((event.key === "Enter" || event.key === " ") && event.target.closest?.("button, a, summary, [role=button]")) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  document.addEventListener("keydown", listen, true); // before the player, whose keys some of these are
  return () => document.removeEventListener("keydown", listen, true);
}
