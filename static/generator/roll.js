// A piano roll on a canvas: notes that are there, or that arrive one by one while a network composes.
//
//   import { PianoRoll } from "musicgen/roll";
//   const roll = new PianoRoll(canvas, { onSeek: (seconds) => …, onSelect: ([from, to] | null) => … });
//   roll.show(notes)                         what /songs/<id>/notes/ answers:
//                                              {seconds, bars: [ms], pedal: [[ms, ms]], parts:
//                                               [{program, name, drums, notes: [ms, ms, pitch, velocity, …]}]}
//   roll.add(start, length, pitch, velocity, {program, drums})   one more note, times in seconds
//   roll.setTime(seconds, isPlaying)         moves the playhead; keeps it in view while it plays
//   roll.zoom(factor)                        2 shows half as much time around the playhead; 1/2 twice as much
//   roll.select(from, to) / roll.select(null)  marks a passage (a loop, a passage to be composed again)
//   roll.wholeSeconds = 60                   how much time an empty roll shows before notes arrive
//   roll.legend()                            [{name, colour}], an entry each instrument
//   roll.destroy()                           stop listening to the window; call it when the page goes
//
// The canvas takes its size from CSS. A click calls onSeek; dragging while `roll.selecting` is true, or with
// Shift held, calls onSelect; a wheel turns sideways, with Ctrl it zooms. Pitches may have decimals (cents).
// Colours come from the CSS variables --roll-1 … --roll-8 and the site's own.

const KEYBOARD_WIDTH = 46; // CSS pixels
const PEDAL_HEIGHT = 7;
const NARROWEST_SECONDS = 1;
const COLOURS = 8;
const FEWEST_ROWS = 24; // a roll never shows less than two octaves
const BLACK = new Set([1, 3, 6, 8, 10]);
const FIELDS = 4; // numbers a note: start, length, pitch, velocity

export class PianoRoll {
  constructor(canvas, { onSeek = null, onSelect = null, keyboard = true, wholeSeconds = 20 } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onSeek = onSeek;
    this.onSelect = onSelect;
    this.side = keyboard ? KEYBOARD_WIDTH : 0;
    this.wholeSeconds = wholeSeconds;
    this.selecting = false;
    this.selection = null;
    this.time = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.stop = new AbortController();
    this.clear();
    this.listen();
  }

  // --- what is shown ----------------------------------------------------------------------

  clear() {
    this.parts = [];
    this.bars = [];
    this.pedal = [];
    this.seconds = 0;
    this.low = 48;
    this.high = 72;
    this.from = 0;
    this.shown = null; // seconds in view; null: all
    this.redraw();
  }

  show({ seconds, parts, bars = [], pedal = [] }) {
    this.clear();
    this.seconds = seconds;
    this.bars = bars.map((milliseconds) => milliseconds / 1000);
    this.pedal = pedal.map(([from, to]) => [from / 1000, to / 1000]);
    for (const part of parts) {
      const into = this.partFor(part);
      for (let i = 0; i < part.notes.length; i += FIELDS) {
        const [start, length, pitch, velocity] = part.notes.slice(i, i + FIELDS);
        this.keep(into, start / 1000, length / 1000, pitch, velocity);
      }
    }
    this.redraw();
  }

  add(start, length, pitch, velocity, part = {}) {
    this.keep(this.partFor(part), start, length, pitch, velocity);
    this.redraw();
  }

  partFor({ program = 0, name = "", drums = false }) {
    let part = this.parts.find((one) => one.program === program && one.drums === drums && (!name || one.name === name));
    if (!part) {
      part = { program, name, drums, notes: [], longest: 0, colour: (this.parts.length % COLOURS) + 1 };
      this.parts.push(part);
    }
    return part;
  }

  keep(part, start, length, pitch, velocity) {
    part.notes.push({ start, end: start + length, pitch, velocity });
    part.longest = Math.max(part.longest, length);
    this.seconds = Math.max(this.seconds, start + length);
    if (!part.drums || this.parts.length === 1) {
      this.low = Math.min(this.low, Math.floor(pitch) - 2);
      this.high = Math.max(this.high, Math.ceil(pitch) + 2);
    }
  }

  legend() {
    const colours = this.colours();
    return this.parts.map((part) => ({ name: part.name, colour: colours.parts[part.colour - 1], number: part.colour }));
  }

  // --- view -------------------------------------------------------------------------------

  get whole() {
    return Math.max(this.seconds, this.seconds ? NARROWEST_SECONDS : this.wholeSeconds);
  }

  get span() {
    return Math.min(this.shown ?? this.whole, this.whole);
  }

  zoom(factor) {
    const span = Math.min(Math.max(this.span / factor, NARROWEST_SECONDS), this.whole);
    const anchor = this.time >= this.from && this.time <= this.from + this.span ? this.time : this.from + this.span / 2;
    const share = (anchor - this.from) / this.span;
    this.shown = span >= this.whole ? null : span;
    this.scrollTo(anchor - share * span);
  }

  scrollTo(from) {
    this.from = Math.min(Math.max(0, from), Math.max(0, this.whole - this.span));
    this.redraw();
  }

  setTime(seconds, isPlaying = false) {
    this.time = seconds;
    const ahead = (seconds - this.from) / this.span;
    if (isPlaying && this.shown !== null && (ahead < 0 || ahead > (this.still.matches ? 0.95 : 0.5))) {
      // Reduced motion turns pages; otherwise the music moves under a playhead that stands still.
      this.from = Math.min(Math.max(0, seconds - this.span * (this.still.matches ? 0.05 : 0.5)), Math.max(0, this.whole - this.span));
    }
    this.redraw();
  }

  select(from, to) {
    this.selection = from === null ? null : [Math.max(0, Math.min(from, to)), Math.min(this.whole, Math.max(from, to))];
    this.redraw();
  }

  // --- hands ------------------------------------------------------------------------------

  listen() {
    const options = { signal: this.stop.signal };
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const share = (event.clientX - box.left - this.side) / Math.max(1, box.width - this.side);
      return Math.min(Math.max(0, this.from + share * this.span), this.whole);
    };
    let begun = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      begun = { seconds: at(event), x: event.clientX, selects: Boolean(this.onSelect) && (this.selecting || event.shiftKey) };
      if (begun.selects) this.canvas.setPointerCapture(event.pointerId);
    }, options);
    this.canvas.addEventListener("pointermove", (event) => {
      if (begun?.selects && Math.abs(event.clientX - begun.x) > 4) this.select(begun.seconds, at(event));
    }, options);
    this.canvas.addEventListener("pointerup", (event) => {
      if (!begun) return;
      if (begun.selects && Math.abs(event.clientX - begun.x) > 4) this.onSelect(this.selection);
      else if (Math.abs(event.clientX - begun.x) <= 8) this.onSeek?.(at(event));
      begun = null;
    }, options);
    this.canvas.addEventListener("pointercancel", () => {
      begun = null;
    }, options);
    this.canvas.addEventListener("wheel", (event) => {
      if (event.ctrlKey) {
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1.25 : 0.8);
      } else if (this.shown !== null && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        this.scrollTo(this.from + (event.deltaX / this.canvas.clientWidth) * this.span);
      }
    }, { ...options, passive: false });
    this.dark.addEventListener("change", () => {
      this.palette = null;
      this.redraw();
    }, options);
    this.sized = new ResizeObserver(() => this.redraw());
    this.sized.observe(this.canvas);
  }

  destroy() {
    this.stop.abort();
    this.sized.disconnect();
    cancelAnimationFrame(this.frame);
    this.gone = true;
  }

  // --- drawing ----------------------------------------------------------------------------

  redraw() {
    if (this.frame || this.gone) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  colours() {
    if (this.palette) return this.palette;
    const style = getComputedStyle(this.canvas);
    const named = (name) => style.getPropertyValue(name).trim();
    this.palette = {
      paper: named("--roll-paper") || named("--paper-raised"),
      shade: named("--roll-shade") || named("--paper-sunken"),
      line: named("--line"),
      soft: named("--ink-soft"),
      playhead: named("--sounding"),
      accent: named("--accent"),
      parts: Array.from({ length: COLOURS }, (_, index) => named(`--roll-${index + 1}`) || named("--accent")),
    };
    return this.palette;
  }

  draw() {
    const { canvas, context: pen } = this;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const colours = this.colours();
    const rows = Math.max(FEWEST_ROWS, this.high - this.low + 1);
    const low = this.low - Math.floor((rows - (this.high - this.low + 1)) / 2);
    const view = {
      width,
      height,
      floor: height - PEDAL_HEIGHT,
      row: (height - PEDAL_HEIGHT) / rows,
      low,
      rows,
      x: (seconds) => this.side + ((seconds - this.from) / this.span) * (width - this.side),
    };
    view.y = (pitch) => view.floor - (pitch - low + 1) * view.row;
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, width, height);
    this.drawGround(view, colours);
    const sounding = this.drawNotes(view, colours);
    this.drawPassage(view, colours);
    this.drawPlayhead(view, colours);
    if (this.side) this.drawKeyboard(view, colours, sounding);
  }

  drawGround(view, colours) {
    const pen = this.context;
    pen.fillStyle = colours.shade;
    for (let pitch = view.low; pitch < view.low + view.rows; pitch += 1) {
      if (BLACK.has(((pitch % 12) + 12) % 12)) pen.fillRect(this.side, view.y(pitch), view.width, view.row);
    }
    pen.fillStyle = colours.line;
    const until = this.from + this.span;
    const visible = this.bars.filter((bar) => bar >= this.from && bar <= until);
    const every = Math.max(1, Math.ceil(visible.length / (view.width / 14)));
    visible.forEach((bar, index) => {
      if (index % every === 0) pen.fillRect(Math.round(view.x(bar)), 0, 1, view.floor);
    });
    for (let pitch = view.low; pitch < view.low + view.rows; pitch += 1) {
      if (pitch % 12 === 0) pen.fillRect(this.side, Math.round(view.y(pitch) + view.row), view.width, 1);
    }
    pen.fillStyle = colours.soft;
    pen.globalAlpha = 0.45;
    for (const [from, to] of this.pedal) {
      if (to < this.from || from > until) continue;
      const left = view.x(from);
      pen.fillRect(left, view.floor + 2, Math.max(1, view.x(to) - left - 1), PEDAL_HEIGHT - 4);
    }
    pen.globalAlpha = 1;
  }

  drawNotes(view, colours) {
    const pen = this.context;
    const sounding = new Map();
    const until = this.from + this.span;
    const thick = Math.max(2, view.row * 0.86);
    for (const part of this.parts) {
      const colour = colours.parts[part.colour - 1];
      for (const note of part.notes) {
        if (note.end < this.from || note.start > until) continue;
        const isSounding = note.start <= this.time && note.end > this.time && this.time > 0;
        if (isSounding) sounding.set(Math.round(note.pitch), colours.playhead);
        const left = view.x(note.start);
        const wide = Math.max(2, view.x(note.end) - left - (this.span < 30 ? 1 : 0.3));
        pen.fillStyle = isSounding ? colours.playhead : colour;
        pen.globalAlpha = isSounding ? 1 : 0.35 + 0.65 * Math.min(1, note.velocity / 110);
        pen.beginPath();
        pen.roundRect(left, view.y(note.pitch) + (view.row - thick) / 2, wide, thick, Math.min(3, thick / 2, wide / 2));
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
    return sounding;
  }

  drawPassage(view, colours) {
    if (!this.selection) return;
    const [from, to] = this.selection.map((seconds) => view.x(seconds));
    const pen = this.context;
    pen.fillStyle = colours.playhead;
    pen.globalAlpha = 0.14;
    pen.fillRect(from, 0, to - from, view.floor);
    pen.globalAlpha = 1;
    pen.fillRect(from, 0, 2, view.floor);
    pen.fillRect(to - 2, 0, 2, view.floor);
  }

  drawPlayhead(view, colours) {
    const x = view.x(this.time);
    if (x < this.side - 1) return;
    this.context.fillStyle = colours.playhead;
    this.context.fillRect(Math.round(x) - 1, 0, 2, view.height);
  }

  drawKeyboard(view, colours, sounding) {
    const pen = this.context;
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, this.side, view.height);
    for (let pitch = view.low; pitch < view.low + view.rows; pitch += 1) {
      const black = BLACK.has(((pitch % 12) + 12) % 12);
      const lit = sounding.get(pitch);
      if (lit || black) {
        pen.fillStyle = lit ?? colours.soft;
        pen.fillRect(0, view.y(pitch) + 0.5, black ? this.side * 0.62 : this.side - 4, Math.max(1, view.row - 1));
      }
      if (pitch % 12 === 0) {
        pen.fillStyle = colours.line;
        pen.fillRect(0, Math.round(view.y(pitch) + view.row), this.side, 1);
        pen.fillStyle = colours.soft;
        pen.font = "10px system-ui, sans-serif";
        pen.textBaseline = "bottom";
        pen.textAlign = "right";
        pen.fillText(`C${pitch / 12 - 1}`, this.side - 7, view.y(pitch) + view.row);
      }
    }
    pen.fillStyle = colours.line;
    pen.fillRect(this.side - 3, 0, 1, view.height);
  }
}
