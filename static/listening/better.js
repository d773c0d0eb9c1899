// One slider over the steps: it shows what was composed at each, and marks it in the charts.
export function start(content) {
  const slider = content.querySelector("[data-steps]");
  if (!slider) return;
  const parts = [...content.querySelectorAll("[data-step]")];
  const show = () => {
    const now = parts[Number(slider.value)];
    for (const part of parts) {
      part.hidden = part !== now;
      if (part !== now) for (const audio of part.querySelectorAll("audio")) audio.pause();
    }
    slider.setAttribute("aria-valuetext", now.dataset.step);
    for (const dot of content.querySelectorAll("[data-dot]")) dot.classList.toggle("is-now", dot.dataset.dot === now.dataset.step);
  };
  slider.addEventListener("input", show);
  show();
}
