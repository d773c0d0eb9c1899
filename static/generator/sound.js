// What every player of the site shares: which file to play, how loud, and that only one sounds.

const VOLUME_KEY = "musicgen.volume";

// The first of these [{url, type}] that this browser says it can play; the last if it is unsure of all.
export function chooseSound(audio, sounds) {
  return (sounds.find((sound) => audio.canPlayType(sound.type)) ?? sounds.at(-1))?.url ?? "";
}

export function rememberedVolume() {
  try {
    const stored = Number.parseFloat(localStorage.getItem(VOLUME_KEY));
    return stored >= 0 && stored <= 1 ? stored : 1;
  } catch {
    return 1; // a browser that keeps nothing for us plays at full volume
  }
}

export function rememberVolume(volume) {
  try {
    localStorage.setItem(VOLUME_KEY, String(volume));
  } catch {
    // Not kept: the next page starts at full volume again.
  }
}

export function clock(seconds) {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// Whatever starts to sound silences what sounded before.
document.addEventListener(
  "play",
  (event) => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
  },
  true,
);
