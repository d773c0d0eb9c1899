// What every page needs: htmx, told not to add styles of its own (the policy forbids inline ones), going from page
// to page, and the player.
import "htmx";

import "musicgen/navigate";
import "musicgen/bar";

// A form that is sent twice by an impatient hand is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || form.hasAttribute("data-resend")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  queueMicrotask(() => {
    if (!event.defaultPrevented) form.dataset.sent = "1";
  });
});
// A page that comes back from the browser's memory may send its forms again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
