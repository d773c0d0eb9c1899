// The player at the foot of every page: its buttons, its waveform, its list; the play buttons of pages; the keys.
import { clock, player } from "musicgen/player";

import { Wave } from "musicgen/wave";

const STEP_SECONDS = 5; // arrows
const LEAP_SECONDS = 10; // J and L
const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
const KEYS_OFF = "musicgen.keys-off";

const bar = document.querySelector("[data-player]");
const part = (name) => bar.querySelector(`[data-${name}]`);
const words = bar.dataset;
const toggle = part("toggle");
const slider = part("seek");
const wave = new Wave(part("wave"), { onSeek: (share) => player.seek(share * player.duration) });
const queue = document.getElementById("player-queue");
const help = document.getElementById("player-help");
let loopStart = null; // A is set, B is not yet
let details = {}; // peaks of the track that plays

// --- the bar --------------------------------------------------------------------------------

function label(button, text) {
  button.setAttribute("aria-label", text);
  button.title = text;
}

function showChange() {
  const { track } = player;
  bar.hidden = !track;
  if (!track) {
    document.title = document.title.replace(/^▶ /, "");
    markButtons();
    return;
  }
  const title = part("title");
  title.textContent = track.title;
  title.href = track.page;
  part("by").textContent = track.by;
  bar.classList.toggle("is-playing", player.playing);
  label(toggle, player.playing ? words.pause : words.play);
  part("previous").disabled = false;
  part("next").disabled = !player.list[player.index + 1];
  part("shuffle").setAttribute("aria-pressed", String(player.shuffled));
  part("problem").hidden = !player.problem;
  part("volume").value = player.volume;
  part("rate").value = String(player.rate);
  const loop = part("loop");
  loop.setAttribute("aria-pressed", String(Boolean(player.loop) || loopStart !== null));
  label(loop, player.loop ? words.loopClear : loopStart === null ? words.loopFrom : words.loopTo);
  part("loop-words").textContent = player.loop ? "A–B" : loopStart === null ? "A" : "B";
  part("count").textContent = String(player.list.length);
  showQueue();
  markButtons();
  loadDetails(track);
  showSession(track);
}

function showTime() {
  const { track, time, duration } = player;
  if (!track) return;
  const share = duration ? time / duration : 0;
  wave.draw(share, player.loop && duration ? player.loop.map((seconds) => seconds / duration) : null);
  part("time").textContent = `${clock(time)} / ${clock(duration)}`;
  slider.setAttribute("aria-valuemax", String(Math.round(duration)));
  slider.setAttribute("aria-valuenow", String(Math.round(time)));
  slider.setAttribute("aria-valuetext", `${clock(time)} / ${clock(duration)}`);
  if ("mediaSession" in navigator && duration) {
    navigator.mediaSession.setPositionState({ duration, position: Math.min(time, duration), playbackRate: player.rate });
  }
}

async function loadDetails(track) {
  if (details.id === track.id) return;
  details = { id: track.id };
  wave.peaks = [];
  try {
    const answer = await fetch(track.more);
    if (!answer.ok || details.id !== track.id) return;
    details = { id: track.id, ...(await answer.json()) };
    wave.peaks = details.peaks;
    showTime();
  } catch {
    // without its peaks the waveform is a line; the music plays all the same
  }
}

function showQueue() {
  const list = queue.querySelector("ol");
  list.replaceChildren(
    ...player.list.map((track, index) => {
      const item = document.createElement("li");
      const play = document.createElement("button");
      play.type = "button";
      play.className = "queue-song";
      play.textContent = track.title;
      if (index === player.index) play.setAttribute("aria-current", "true");
      play.addEventListener("click", () => player.go(index));
      item.append(play);
      if (index !== player.index) {
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "icon-button";
        remove.textContent = "×";
        label(remove, `${words.remove} ${track.title}`);
        remove.addEventListener("click", () => player.remove(index));
        item.append(remove);
      }
      return item;
    }),
  );
}

function showSession(track) {
  const session = navigator.mediaSession;
  if (!session) return;
  session.playbackState = player.playing ? "playing" : "paused";
  if (session.metadata?.title === track.title) return;
  session.metadata = new MediaMetadata({
    title: track.title,
    artist: track.by,
    album: "musicgen",
    artwork: [{ src: new URL(track.picture, location.href).href, sizes: "1200x630", type: "image/png" }],
  });
}

function turnLoop() {
  if (player.loop) {
    loopStart = null;
    player.setLoop(null);
  } else if (loopStart === null) {
    loopStart = player.time;
  } else {
    const from = Math.min(loopStart, player.time);
    const to = Math.max(loopStart, player.time);
    loopStart = null;
    player.setLoop([from, to]);
  }
  showChange();
}

toggle.addEventListener("click", () => player.toggle());
part("previous").addEventListener("click", () => player.previous());
part("next").addEventListener("click", () => player.next());
part("shuffle").addEventListener("click", () => player.shuffle(!player.shuffled));
part("loop").addEventListener("click", turnLoop);
part("close").addEventListener("click", () => player.close());
part("help").addEventListener("click", () => help.showModal());
part("volume").addEventListener("input", (event) => (player.volume = event.target.valueAsNumber));
part("rate").addEventListener("change", (event) => (player.rate = Number(event.target.value)));
part("more").addEventListener("click", (event) => {
  const isOpen = bar.classList.toggle("is-open");
  event.currentTarget.setAttribute("aria-expanded", String(isOpen));
});
slider.addEventListener("keydown", (event) => {
  const moves = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 15, PageDown: -15 };
  if (event.key in moves) player.seek(player.time + moves[event.key]);
  else if (event.key === "Home") player.seek(0);
  else if (event.key === "End") player.seek(player.duration);
  else return;
  event.preventDefault();
  event.stopPropagation();
});
player.addEventListener("change", showChange);
player.addEventListener("time", showTime);
player.addEventListener("heard", () => {
  const { track } = player;
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  if (track.heard) fetch(track.heard, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
});

// Between two of the player's own reports the playhead moves as smoothly as the screen does.
(function frame() {
  if (player.playing && !document.hidden) player.dispatchEvent(new Event("time"));
  setTimeout(() => requestAnimationFrame(frame), matchMedia("(prefers-reduced-motion: reduce)").matches ? 250 : 30);
})();

for (const [action, act] of Object.entries({
  play: () => player.resume(),
  pause: () => player.hush(),
  previoustrack: () => player.previous(),
  nexttrack: () => player.next(),
  seekbackward: ({ seekOffset }) => player.seek(player.time - (seekOffset ?? LEAP_SECONDS)),
  seekforward: ({ seekOffset }) => player.seek(player.time + (seekOffset ?? LEAP_SECONDS)),
  seekto: ({ seekTime }) => player.seek(seekTime),
})) {
  navigator.mediaSession?.setActionHandler(action, act);
}

// --- play buttons of pages: <button data-track='{…}'> --------------------------------------------

function tracksOfPage(button) {
  const list = button.closest("[data-track-list]") ?? document.getElementById("content");
  return [...list.querySelectorAll("[data-track]")].map((one) => JSON.parse(one.dataset.track));
}

function markButtons() {
  for (const button of document.querySelectorAll("#content [data-track]")) {
    button.hidden = false;
    const playing = player.playing && JSON.parse(button.dataset.track).id === player.track?.id;
    button.classList.toggle("is-playing", playing);
    if (button.dataset.playLabel) button.setAttribute("aria-label", playing ? button.dataset.pauseLabel : button.dataset.playLabel);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-track]");
  if (button) {
    const track = JSON.parse(button.dataset.track);
    if (player.track?.id === track.id) player.toggle();
    else {
      const list = tracksOfPage(button);
      player.play(track, [...new Map(list.map((one) => [one.id, one])).values()]);
    }
    return;
  }
  const wanted = event.target.closest("[data-enqueue]");
  if (wanted) {
    player.enqueue(JSON.parse(wanted.dataset.enqueue));
    wanted.querySelector("[data-said]")?.removeAttribute("hidden");
  }
});
document.addEventListener("musicgen:page", markButtons);
document.addEventListener("htmx:after:swap", markButtons);

// --- keys -------------------------------------------------------------------------------------------

const keysSwitch = help.querySelector("[data-keys]");
keysSwitch.checked = localStorage.getItem(KEYS_OFF) === null;
keysSwitch.addEventListener("change", () => {
  if (keysSwitch.checked) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "1");
});

function playSomething() {
  if (player.track) player.toggle();
  else document.querySelector("#content [data-track]")?.click();
}

function turnRate(by) {
  const at = RATES.indexOf(player.rate) + by;
  if (RATES[at]) player.rate = RATES[at];
}

const KEYS = {
  " ": playSomething,
  k: playSomething,
  j: () => player.seek(player.time - LEAP_SECONDS),
  l: () => player.seek(player.time + LEAP_SECONDS),
  ArrowLeft: () => player.seek(player.time - STEP_SECONDS),
  ArrowRight: () => player.seek(player.time + STEP_SECONDS),
  n: () => player.next(),
  p: () => player.previous(),
  s: () => player.shuffle(!player.shuffled),
  a: turnLoop,
  "<": () => turnRate(-1),
  ">": () => turnRate(1),
  "?": () => help.showModal(),
};
const NEED_SONG = new Set(["ArrowLeft", "ArrowRight", "a", "j", "l"]);
const BUSY = "input, select, textarea, [contenteditable], [role='slider'], [role='tab'], audio, video, dialog";

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = KEYS[key];
  if (!act || !keysSwitch.checked || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(BUSY)) return;
  if (event.key === " " && event.target.closest("a, button, summary")) return;
  if (NEED_SONG.has(key) && !player.track) return;
  event.preventDefault();
  act();
});

player.restore();
showChange();
