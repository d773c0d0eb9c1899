// The score of a song, drawn when somebody asks for it; a marker in it follows the player.
import { player } from "musicgen/player";

let library = null; // the promise of OpenSheetMusicDisplay, which is no module

function load(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.opensheetmusicdisplay);
    script.onerror = () => {
      library = null;
      reject(new Error(address));
    };
    document.head.append(script);
  });
  return library;
}

// When each place of the score sounds: measures begin at the bars of the notes, and between them time runs evenly.
function clockOf(score, bars, seconds) {
  const measures = score.Sheet.SourceMeasures;
  const starts = measures.map((measure) => measure.AbsoluteTimestamp.RealValue);
  const last = measures.at(-1);
  const whole = last.AbsoluteTimestamp.RealValue + last.Duration.RealValue;
  const fits = Math.abs(bars.length - measures.length) <= 1 && bars.length > 1;
  return (place) => {
    if (!fits) return (place / whole) * seconds;
    let i = starts.length - 1;
    while (i > 0 && starts[i] > place) i -= 1;
    const from = (bars[i] ?? seconds * 1000) / 1000;
    const to = (bars[i + 1] ?? seconds * 1000) / 1000;
    const length = (starts[i + 1] ?? whole) - starts[i];
    return from + (length ? ((place - starts[i]) / length) * (to - from) : 0);
  };
}

function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function begin(section) {
  const part = (name) => section.querySelector(`[data-${name}]`);
  const paper = part("score-paper");
  const state = part("score-state");
  const show = part("show-score");
  let score = null;
  let times = []; // [{seconds, steps}]: what the marker shows from when on
  let shown = -1;
  let gone = false;

  async function draw() {
    show.disabled = true;
    state.textContent = state.dataset.loading;
    try {
      const [osmd, xml, notes] = await Promise.all([
        load(section.dataset.library),
        fetch(section.dataset.score).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status))),
        fetch(section.dataset.notes).then((answer) => answer.json()),
      ]);
      if (gone) return;
      paper.hidden = false;
      score = new osmd.OpenSheetMusicDisplay(paper, {
        backend: "svg",
        autoResize: true,
        drawTitle: false,
        drawingParameters: "compacttight",
        followCursor: false,
      });
      await score.load(xml);
      score.zoom = paper.clientWidth < 500 ? 0.6 : 0.8;
      score.render();
      score.cursor.show();
      timePlaces(notes);
      follow();
      state.textContent = "";
      show.hidden = true;
      for (const name of ["score-svg", "score-print"]) part(name).hidden = false;
    } catch {
      show.disabled = false;
      paper.hidden = true;
      state.textContent = state.dataset.failed;
    }
  }

  function timePlaces(notes) {
    const clock = clockOf(score, notes.bars, notes.seconds);
    const { cursor } = score;
    times = [];
    cursor.reset();
    while (!cursor.Iterator.EndReached) {
      times.push(clock(cursor.Iterator.currentTimeStamp.RealValue));
      cursor.next();
    }
    cursor.reset();
    shown = 0;
  }

  function follow() {
    if (!score || player.track?.id !== Number(section.dataset.song)) return;
    let wanted = times.findIndex((seconds) => seconds > player.time + 0.02);
    wanted = (wanted === -1 ? times.length : wanted) - 1;
    if (wanted < 0 || wanted === shown) return;
    if (wanted < shown) {
      score.cursor.reset();
      shown = 0;
    }
    while (shown < wanted) {
      score.cursor.next();
      shown += 1;
    }
    keepInView();
  }

  function keepInView() {
    const marker = score.cursor.cursorElement;
    const top = marker.offsetTop;
    if (top < paper.scrollTop || top + marker.offsetHeight > paper.scrollTop + paper.clientHeight) paper.scrollTop = top - 20;
  }

  show.hidden = false;
  show.addEventListener("click", draw);
  part("score-svg").addEventListener("click", () => {
    const drawn = paper.querySelector("svg").cloneNode(true);
    drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    save(`${section.dataset.name}-score.svg`, new XMLSerializer().serializeToString(drawn), "image/svg+xml");
  });
  part("score-print").addEventListener("click", () => {
    document.documentElement.classList.add("prints-score");
    print();
    document.documentElement.classList.remove("prints-score");
  });
  player.addEventListener("time", follow);
  return () => {
    gone = true;
    player.removeEventListener("time", follow);
    score?.setOptions({ autoResize: false });
  };
}

export function start(content) {
  const stops = [...content.querySelectorAll("[data-score]")].map(begin);
  return () => stops.forEach((stop) => stop());
}
