// One slider over the steps: it shows and plays what was composed at each from the same seed, alone or in turn,
// and marks the step in the charts. Without scripts all steps stand below each other with their sounds.
export function start(content) {
  const turns = content.querySelector("[data-turns]");
  if (!turns) return undefined;
  const at = (name) => turns.querySelector(`[data-${name}]`);
  const parts = [...content.querySelectorAll("[data-step]")];
  const slider = at("steps");
  const seeds = at("seeds");
  const button = at("turn");
  let place = 0;
  let running = false; // the steps are played one after the other

  const soundOf = (part) => part.querySelector(`[data-sound="${seeds.value}"] audio`);
  const begins = (part) => Boolean(soundOf(part));

  function show() {
    const now = parts[place];
    slider.value = place;
    slider.setAttribute("aria-valuetext", now.dataset.words);
    at("now-step").textContent = now.dataset.words;
    at("now-place").textContent = `${place + 1} / ${parts.length}`;
    for (const part of parts) part.hidden = part !== now;
    for (const dot of content.querySelectorAll("[data-dot]")) dot.classList.toggle("is-now", dot.dataset.dot === now.dataset.step);
    button.disabled = !parts.some(begins);
  }

  function label() {
    button.classList.toggle("is-playing", running);
    button.setAttribute("aria-label", running ? button.dataset.pause : button.dataset.play);
  }

  function silence() {
    for (const audio of content.querySelectorAll("[data-step] audio")) audio.pause();
  }

  function stop() {
    running = false;
    silence();
    label();
  }

  // Plays the step that is shown, or the next that has a sound; at the end it stops.
  function play() {
    silence();
    while (place < parts.length && !begins(parts[place])) place += 1;
    if (place >= parts.length) {
      place = parts.length - 1;
      show();
      stop();
      return;
    }
    show();
    running = true;
    label();
    const audio = soundOf(parts[place]);
    audio.currentTime = 0;
    audio.play().catch(stop);
  }

  function onward(audio) {
    if (!running || audio !== soundOf(parts[place])) return;
    if (place + 1 < parts.length) {
      place += 1;
      play();
    } else stop();
  }

  function go(next) {
    place = Math.min(Math.max(0, next), parts.length - 1);
    if (running) play();
    else {
      silence();
      show();
    }
  }

  for (const part of parts) {
    for (const audio of part.querySelectorAll("audio")) {
      audio.addEventListener("ended", () => onward(audio));
      audio.addEventListener("timeupdate", () => {
        const most = Number(at("length").value);
        if (most && audio.currentTime >= most) onward(audio);
      });
      // Stopped by its own controls, or because something else sounds: no longer in turn.
      audio.addEventListener("pause", () => {
        if (running && audio === soundOf(parts[place]) && !audio.ended) stop();
      });
    }
  }
  const known = [...new Set(parts.flatMap((part) => [...part.querySelectorAll("[data-sound]")].map((sound) => sound.dataset.sound)))];
  seeds.replaceChildren(...known.sort((a, b) => a - b).map((seed) => new Option(seed, seed)));
  seeds.closest("label").hidden = known.length < 2;
  slider.addEventListener("input", () => go(Number(slider.value)));
  seeds.addEventListener("change", () => (running ? play() : show()));
  button.addEventListener("click", () => {
    if (running) {
      stop();
      return;
    }
    if (place === parts.length - 1 || !parts.slice(place).some(begins)) place = 0;
    play();
  });
  turns.hidden = false;
  content.classList.add("has-turns");
  show();
  return () => {
    running = false;
    content.classList.remove("has-turns");
  };
}
