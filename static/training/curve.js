// The live loss curve of a run: asks for new figures while the run is active, and draws them.
import uPlot from "uplot";

const POLL_MILLISECONDS = 2000;
const HEIGHT = 320;

const place = document.getElementById("curve");
const words = place.dataset;
const points = new Map(); // by step, so that a step told twice is drawn once
let baseline = null;
let plot = null;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function take({ points: told, baseline: unigram }) {
  told.step.forEach((step, i) => {
    const known = points.get(step) ?? { train: null, validation: null };
    points.set(step, {
      train: told.train_loss[i] ?? known.train,
      validation: told.validation_loss[i] ?? known.validation,
    });
  });
  baseline = unigram ?? baseline;
}

function columns() {
  const steps = [...points.keys()].sort((a, b) => a - b);
  return [
    steps,
    steps.map((step) => points.get(step).train),
    steps.map((step) => points.get(step).validation),
    steps.map(() => baseline),
  ];
}

function settings() {
  const line = colour("--line");
  const ink = colour("--ink-soft");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const loss = (_, value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  return {
    width: place.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [
      { ...axis, values: (_, steps) => steps.map((step) => (Number.isInteger(step) ? step.toLocaleString() : "")) },
      { ...axis, size: 56 },
    ],
    series: [
      { label: words.stepLabel, value: (_, step) => (step === null ? "–" : step.toLocaleString()) },
      { label: words.trainLabel, stroke: colour("--curve-train"), width: 1.5, spanGaps: true, points: { show: false }, value: loss },
      {
        label: words.validationLabel,
        stroke: colour("--curve-validation"),
        width: 2.5,
        spanGaps: true,
        points: { show: true, size: 7, fill: colour("--curve-validation") },
        value: loss,
      },
      { label: words.baselineLabel, stroke: ink, width: 1.5, dash: [6, 5], points: { show: false }, value: loss },
    ],
  };
}

function draw() {
  if (!points.size) return;
  place.querySelector("[data-empty]")?.remove();
  if (plot) plot.setData(columns());
  else plot = new uPlot(settings(), columns(), place);
}

async function poll() {
  const after = points.size ? Math.max(...points.keys()) : 0;
  let active = true;
  try {
    const answer = await fetch(`${words.metrics}?after=${after}`, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const told = await answer.json();
      take(told);
      draw();
      active = told.active;
    }
  } catch {
    // the server is away for a moment; the next look finds it again
  }
  if (active) setTimeout(poll, POLL_MILLISECONDS);
}

new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
// Colours are part of the drawing: another scheme needs another one.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  plot?.destroy();
  plot = null;
  draw();
});
poll();
