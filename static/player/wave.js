// A waveform on a canvas from stored peaks, with what has been played in another colour and a marked passage.
//
//   const wave = new Wave(canvas, { onSeek: (share) => … });   wave.peaks = [0…1, …];   wave.draw(share, loop)
// `share` is 0 to 1 of the whole; `loop` is a pair of shares, or null.

const BAR = 3; // CSS pixels from one bar to the next, the gap included
const GAP = 1;

export class Wave {
  constructor(canvas, { onSeek }) {
    this.canvas = canvas;
    this.peaks = [];
    this.share = 0;
    this.loop = null;
    this.stop = new AbortController();
    const options = { signal: this.stop.signal };
    let held = false;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      onSeek(Math.min(Math.max(0, (event.clientX - box.left) / box.width), 1));
    };
    canvas.addEventListener("pointerdown", (event) => {
      held = true;
      canvas.setPointerCapture(event.pointerId);
      at(event);
    }, options);
    canvas.addEventListener("pointermove", (event) => held && at(event), options);
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (held = false), options);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.again(), options);
    this.sized = new ResizeObserver(() => this.again());
    this.sized.observe(canvas);
  }

  destroy() {
    this.stop.abort();
    this.sized.disconnect();
  }

  again() {
    this.draw(this.share, this.loop);
  }

  draw(share, loop = null) {
    [this.share, this.loop] = [share, loop];
    const { canvas, peaks } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [played, ahead, now] = [colour("--accent"), colour("--wave"), colour("--sounding")];
    if (loop) {
      pen.globalAlpha = 0.2;
      pen.fillStyle = now;
      pen.fillRect(loop[0] * width, 0, (loop[1] - loop[0]) * width, height);
      pen.globalAlpha = 1;
    }
    const bars = Math.floor(width / BAR);
    for (let i = 0; i < bars; i += 1) {
      const from = Math.floor((i / bars) * peaks.length);
      const until = Math.max(from + 1, Math.floor(((i + 1) / bars) * peaks.length));
      let peak = 0;
      for (let j = from; j < until && j < peaks.length; j += 1) peak = Math.max(peak, peaks[j]);
      const tall = Math.max(2, peak * height * 0.94);
      pen.fillStyle = i / bars < share ? played : ahead;
      pen.beginPath();
      pen.roundRect(i * BAR, (height - tall) / 2, BAR - GAP, tall, 1);
      pen.fill();
    }
    pen.fillStyle = now;
    pen.fillRect(Math.min(width - 2, share * width), 0, 2, height);
  }
}
