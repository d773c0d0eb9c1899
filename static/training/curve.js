// The live curves of a run, or of several on shared axes: asks for new figures while one is active.
import uPlot from "uplot";

const POLL_MILLISECONDS = 2000;
const HEIGHT = 320;
const DASHES = [[], [8, 4], [2, 4], [10, 3, 2, 3]]; // told apart without seeing colours, too

// Of the page that is shown: its parts, and what is known of its runs. `start` fills them.
let place;
let words;
let canvas;
let chosen;
let smoothing;
let statistics;
let runs = [];
let several = false;
let plot = null;
let drawn = "";

function enter(content) {
  place = content.querySelector("[data-curves]");
  words = place.dataset;
  canvas = place.querySelector(".curve");
  chosen = place.querySelector("[data-panel]");
  smoothing = place.querySelector("[data-smoothing]");
  statistics = place.querySelector("[data-statistics]");
  runs = JSON.parse(words.runs).map((run) => ({
    ...run,
    points: new Map(), // by step, so that a step told twice is drawn once
    machine: new Map(),
    samples: { steps: [], measures: [] },
    baseline: null,
  }));
  several = runs.length > 1;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function merge(into, told) {
  told.step.forEach((step, i) => {
    const known = into.get(step) ?? {};
    for (const [field, values] of Object.entries(told)) {
      if (values[i] !== null && values[i] !== undefined) known[field] = values[i];
    }
    into.set(step, known);
  });
}

function take(run, told) {
  merge(run.points, told.points);
  merge(run.machine, told.machine);
  run.samples = told.samples;
  run.baseline = told.baseline ?? run.baseline;
}

function offerStatistics() {
  const names = new Set([...statistics.children].map((option) => option.value));
  for (const run of runs) {
    for (const { name, label } of run.samples.measures) {
      if (names.has(`measure:${name}`)) continue;
      names.add(`measure:${name}`);
      statistics.append(new Option(label, `measure:${name}`));
    }
  }
  statistics.hidden = !statistics.children.length;
}

// Exponential smoothing that begins without a bias towards 0; gaps stay gaps.
function smoothed(values) {
  const weight = Number(smoothing.value);
  if (!weight) return values;
  let mean = 0;
  let share = 1;
  return values.map((value) => {
    if (value === null || value === undefined) return value;
    mean = weight * mean + (1 - weight) * value;
    share *= weight;
    return mean / (1 - share);
  });
}

// What a panel shows of a run: label, steps, values, and how it is drawn.
function linesOf(run, index) {
  const dash = several ? DASHES[index % DASHES.length] : [];
  const own = several ? colour(`--roll-${(index % 8) + 1}`) : null;
  const called = (label) => (several ? `${run.label} ${label}` : label);
  const from = (table, field, label, stroke, more = {}) => {
    const steps = [...table.keys()].sort((a, b) => a - b).filter((step) => table.get(step)[field] !== undefined);
    const values = smoothed(steps.map((step) => table.get(step)[field]));
    return { label: called(label), steps, values, stroke: own ?? stroke, dash, ...more };
  };
  const train = () => from(run.points, "train_loss", words.trainLabel, colour("--curve-train"));
  const validation = () =>
    from(run.points, "validation_loss", words.validationLabel, colour("--curve-validation"), { dots: true });
  switch (chosen.value) {
    case "loss": {
      const lines = [train(), validation()];
      if (run.baseline !== null) lines.push(level(run, called(words.baselineLabel), run.baseline));
      return lines;
    }
    case "train":
      return [train()];
    case "validation":
      return [validation()];
    case "game":
      return [
        from(run.points, "generator_loss", words.generatorLabel, colour("--curve-train")),
        from(run.points, "discriminator_loss", words.discriminatorLabel, colour("--curve-validation")),
      ];
    case "distance":
      return [from(run.points, "distance", chosen.selectedOptions[0].text, colour("--curve-validation"), { dots: true })];
    case "rate":
      return [from(run.points, "learning_rate", chosen.selectedOptions[0].text, colour("--curve-train"))];
    case "speed": {
      const line = from(run.points, "tokens_per_second", chosen.selectedOptions[0].text, colour("--curve-train"));
      return [{ ...line, values: line.values.map((value) => value || null) }];
    }
    case "machine":
      return [
        from(run.machine, "memory_mb", words.memoryLabel, colour("--curve-train")),
        from(run.machine, "cpu_percent", words.cpuLabel, colour("--curve-validation")),
        from(run.machine, "gpu_percent", words.gpuLabel, colour("--ink-soft")),
      ];
    default:
      return measured(run, called, own, dash);
  }
}

function measured(run, called, own, dash) {
  const name = chosen.value.replace("measure:", "");
  const found = run.samples.measures.find((one) => one.name === name);
  if (!found) return [];
  const stroke = own ?? colour("--curve-validation");
  const lines = [
    { label: called(words.samplesLabel), steps: run.samples.steps, values: smoothed(found.values), stroke, dash, dots: true },
  ];
  if (found.mean !== null && found.mean !== undefined) {
    const soft = { stroke: colour("--ink-soft"), dash: [6, 5] };
    lines.push({ ...level(run, called(words.musicLabel), found.mean), ...soft });
    if (found.sd && !several) {
      lines.push({ ...level(run, "", found.mean - found.sd), ...soft, dash: [2, 4], edge: "low" });
      lines.push({ ...level(run, "", found.mean + found.sd), ...soft, dash: [2, 4], edge: "high" });
    }
  }
  return lines;
}

function level(run, label, value) {
  const steps = [...run.points.keys()].sort((a, b) => a - b);
  return { label, steps, values: steps.map(() => value), stroke: colour("--ink-soft"), dash: [6, 5] };
}

function table(lines) {
  const steps = [...new Set(lines.flatMap((line) => line.steps))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const columns = lines.map((line) => {
    const column = new Array(steps.length).fill(null);
    line.steps.forEach((step, i) => {
      column[place.get(step)] = line.values[i] ?? null;
    });
    return column;
  });
  return [steps, ...columns];
}

function settings(lines) {
  const rule = colour("--line");
  const axis = { stroke: colour("--ink-soft"), grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } };
  const shown = (_, value) => (value === null || value === undefined ? "–" : Number(value.toPrecision(4)).toLocaleString());
  const low = lines.findIndex((line) => line.edge === "low") + 1;
  const high = lines.findIndex((line) => line.edge === "high") + 1;
  return {
    width: canvas.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [
      { ...axis, values: (_, steps) => steps.map((step) => (Number.isInteger(step) ? step.toLocaleString() : "")) },
      { ...axis, size: 64 },
    ],
    bands: high ? [{ series: [high, low], fill: `${colour("--accent")}22` }] : [],
    series: [
      { label: words.stepLabel, value: (_, step) => (step === null ? "–" : step.toLocaleString()) },
      ...lines.map((line) => ({
        label: line.label || "±",
        stroke: line.stroke,
        dash: line.dash,
        width: line.dots ? 2.5 : 1.5,
        spanGaps: true,
        points: line.dots ? { show: true, size: 7, fill: line.stroke } : { show: false },
        value: shown,
      })),
    ],
  };
}

function draw() {
  const lines = runs.flatMap(linesOf).filter((line) => line.steps.length);
  const kind = `${chosen.value} ${lines.map((line) => line.label).join("|")}`;
  if (plot && kind !== drawn) {
    plot.destroy();
    plot = null;
  }
  canvas.querySelector("[data-empty]")?.toggleAttribute("hidden", lines.length > 0);
  if (!lines.length) return;
  drawn = kind;
  if (plot) plot.setData(table(lines));
  else plot = new uPlot(settings(lines), table(lines), canvas);
}

function forget() {
  plot?.destroy();
  plot = null;
  drawn = "";
}

async function poll(run) {
  const after = run.points.size ? Math.max(...run.points.keys()) : 0;
  let active = true;
  try {
    const answer = await fetch(`${run.metrics}?after=${after}`, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const told = await answer.json();
      take(run, told);
      active = told.active;
    }
  } catch {
    // the server is away for a moment; the next look finds it again
  }
  if (!runs.includes(run)) return; // another page is shown by now
  offerStatistics();
  draw();
  if (active) setTimeout(poll, POLL_MILLISECONDS, run);
}

export function start(content) {
  if (!content.querySelector("[data-curves]")) return undefined;
  enter(content);
  const stop = new AbortController();
  chosen.addEventListener("change", draw);
  smoothing.addEventListener("input", draw);
  const sizes = new ResizeObserver(() => plot?.setSize({ width: canvas.clientWidth, height: HEIGHT }));
  sizes.observe(canvas);
  // Colours are part of the drawing: another scheme needs another one.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forget();
    draw();
  }, { signal: stop.signal });
  for (const run of runs) poll(run);
  return () => {
    stop.abort();
    sizes.disconnect();
    runs = [];
    forget();
  };
}
