// Asks in the player for stars once most of a song was heard, for each song once, and never who rated it already.
// Whoever says "not now" three times is left alone until the browser is closed.
import htmx from "htmx";

import { player } from "musicgen/player";

const MOST = 0.7; // of the song, really heard
const REFUSALS = 3;
const STORE = "musicgen.rate";

const place = document.querySelector("[data-rate-prompt]");
const at = (name) => place.querySelector(`[data-rate-${name}]`);
let shown = null; // the song that is asked about

function kept() {
  try {
    return { asked: [], refused: 0, ...JSON.parse(sessionStorage.getItem(STORE)) };
  } catch {
    return { asked: [], refused: 0 };
  }
}

function keep(state) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(state));
  } catch {
    // a browser that keeps nothing for us is asked again after the next full load
  }
}

function hide() {
  shown = null;
  place.hidden = true;
  at("stars").replaceChildren();
}

// The page of a song has its stars already; there is one such widget in a document.
const hasStars = () => Boolean(document.querySelector("#content #stars-widget"));

async function ask(track) {
  const answer = await fetch(place.dataset.stars.replace("/0/", `/${track.id}/`));
  if (!answer.ok) return; // not everybody's to rate
  const text = await answer.text();
  const widget = new DOMParser().parseFromString(text, "text/html").getElementById("stars-widget");
  if (!widget || "rated" in widget.dataset || player.track?.id !== track.id) return;
  const title = at("title");
  title.textContent = track.title;
  title.href = `${track.page}#stars`;
  at("stars").replaceChildren(...(hasStars() ? [] : [document.adoptNode(widget)]));
  htmx.process(at("stars"));
  shown = track;
  place.hidden = false;
}

player.addEventListener("time", () => {
  const { track } = player;
  if (!track || !player.duration || (player.heard ?? 0) < MOST * player.duration) return;
  const state = kept();
  if (state.refused >= REFUSALS || state.asked.includes(track.id)) return;
  keep({ ...state, asked: [...state.asked, track.id] });
  ask(track).catch(() => {}); // without a connection there is nothing to keep either
});
player.addEventListener("change", () => {
  const rated = place.querySelector("[data-rated]");
  if (shown && rated && player.track?.id !== shown.id) hide();
});
at("close").addEventListener("click", () => {
  const state = kept();
  if (!place.querySelector("[data-rated]")) keep({ ...state, refused: state.refused + 1 });
  hide();
});
document.addEventListener("musicgen:page", () => {
  if (shown && hasStars()) hide();
});
