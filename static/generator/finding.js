// Narrowing a list of songs: a choice is followed at once, without its button.
export function start(content) {
  const form = content.querySelector("[data-finding]");
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
}
