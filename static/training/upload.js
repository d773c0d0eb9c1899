// Sends the upload form with byte progress. Without this script the form works as it is.

const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const files = form.querySelector("input[type=file]");
const problem = form.querySelector("[data-problem]");
const progress = form.querySelector("[data-progress]");
const bar = progress.querySelector("progress");
const text = progress.querySelector("[data-progress-text]");
const number = progress.querySelector("[data-progress-number]");
const spoken = progress.querySelector("[data-progress-spoken]");
const send = form.querySelector("button[type=submit]");
const abort = form.querySelector("[data-abort]");

const units = ["B", "KB", "MB", "GB"];
const SPOKEN_STEP = 10; // percent between words to a screen reader

function inUnits(bytes) {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
}

function show(message) {
  problem.textContent = message;
  problem.hidden = !message;
  if (message) problem.scrollIntoView({ block: "nearest" });
}

function tooMuch() {
  const chosen = [...files.files];
  if (chosen.length > Number(words.maxFiles)) return words.tooMany;
  const bytes = chosen.reduce((sum, file) => sum + file.size, 0);
  return bytes > Number(words.maxBytes) ? words.tooLarge : "";
}

function clearFieldErrors() {
  for (const list of form.querySelectorAll(".errorlist")) list.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function showFieldErrors(errors) {
  let first = null;
  for (const [name, problems] of Object.entries(errors)) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement)) {
      show(problems.map((one) => one.message).join(" "));
      continue;
    }
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.id = `${field.id}_error`;
    for (const one of problems) {
      const item = document.createElement("li");
      item.textContent = one.message;
      list.append(item);
    }
    field.setAttribute("aria-invalid", "true");
    field.closest(".field").append(list);
    first ??= field;
  }
  first?.focus();
}

function sending(isSending) {
  progress.hidden = !isSending;
  abort.hidden = !isSending;
  send.disabled = isSending;
  send.setAttribute("aria-busy", String(isSending));
}

function ended(request) {
  sending(false);
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // a page instead of an answer: the server or a proxy failed
  }
  if (request.status === 201) {
    window.location.assign(answer.location);
  } else if (answer.errors) {
    showFieldErrors(answer.errors);
  } else {
    show(answer.problem ?? `${words.lost} (${request.status})`);
  }
}

files.addEventListener("change", () => {
  show(tooMuch());
  const name = form.elements.namedItem("name");
  if (!name.value && files.files.length === 1) name.value = files.files[0].name.replace(/\.[^.]+$/, "");
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearFieldErrors();
  const refusal = tooMuch();
  show(refusal);
  if (refusal) return;
  const request = new XMLHttpRequest();
  let said = 0;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const percent = total ? Math.floor((100 * loaded) / total) : 0;
    bar.value = percent;
    text.textContent = loaded < total ? words.sending : words.storing;
    number.textContent = `${inUnits(loaded)} / ${inUnits(total)}`;
    if (percent >= said + SPOKEN_STEP) {
      said = percent;
      spoken.textContent = `${percent} %`;
    }
  });
  request.addEventListener("load", () => ended(request));
  request.addEventListener("error", () => {
    sending(false);
    show(words.lost);
  });
  request.addEventListener("abort", () => sending(false));
  abort.onclick = () => request.abort();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  bar.value = 0;
  text.textContent = words.sending;
  number.textContent = "";
  sending(true);
  request.send(new FormData(form));
});
