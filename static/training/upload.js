// Sends files piece by piece (tus), then the form. What was sent is kept through cut connections,
// closed pages and restarts of the server. Without this script the form works as it is.
/* global tus */

// Of the page that is shown: its form, and what stands in it. `start` fills them.
let form;
let words;
let files;
let problem;
let progress;
let bar;
let text;
let number;
let spoken;
let send;
let abort;
let pause;
let resume;

function enter(content) {
  form = content.querySelector("form[data-upload]");
  words = form.dataset;
  files = form.querySelector("input[type=file]");
  problem = form.querySelector("[data-problem]");
  progress = form.querySelector("[data-progress]");
  bar = progress.querySelector("progress");
  text = progress.querySelector("[data-progress-text]");
  number = progress.querySelector("[data-progress-number]");
  spoken = progress.querySelector("[data-progress-spoken]");
  send = form.querySelector("button[type=submit]");
  abort = form.querySelector("[data-abort]");
  pause = form.querySelector("[data-pause]");
  resume = form.querySelector("[data-resume]");
}

const PIECE_BYTES = 8 * 1024 * 1024; // a request for each: short enough for any proxy's patience
const AT_ONCE = 3; // files
const RETRY_MILLISECONDS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000];

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

let running = []; // uploads on their way
let waiting = []; // of files that have not begun
let done = []; // their addresses
let sentBytes = new Map(); // by file
let total = 0;
let said = 0;
let state = "idle";

function become(next) {
  state = next;
  const isUnderWay = next !== "idle";
  progress.hidden = !isUnderWay;
  abort.hidden = !isUnderWay;
  pause.hidden = next !== "sending";
  resume.hidden = next !== "paused";
  send.disabled = isUnderWay;
  send.setAttribute("aria-busy", String(next === "sending" || next === "storing"));
  if (next === "sending") text.textContent = words.sending;
  if (next === "paused") text.textContent = words.paused;
  if (next === "storing") text.textContent = words.storing;
}

function showBytes() {
  const loaded = [...sentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const percent = total ? Math.floor((100 * loaded) / total) : 0;
  bar.value = percent;
  number.textContent = `${inUnits(loaded)} / ${inUnits(total)}`;
  if (percent >= said + SPOKEN_STEP) {
    said = percent;
    spoken.textContent = `${percent} %`;
  }
}

function cookieToken() {
  return form.elements.namedItem("csrfmiddlewaretoken").value;
}

function refusalOf(error) {
  const answer = error.originalResponse;
  const kind = answer?.getHeader("Content-Type") ?? "";
  return answer && kind.startsWith("text/plain") ? answer.getBody() : words.lost;
}

function uploadOf(file) {
  const upload = new tus.Upload(file, {
    endpoint: words.endpoint,
    chunkSize: PIECE_BYTES,
    uploadDataDuringCreation: true,
    removeFingerprintOnSuccess: false, // it is whole there until the dataset is made of it
    retryDelays: RETRY_MILLISECONDS,
    metadata: { filename: file.name },
    headers: { "X-CSRFToken": cookieToken() },
    onProgress(loaded) {
      sentBytes.set(file, loaded);
      showBytes();
    },
    onError(error) {
      running = running.filter((one) => one !== upload);
      waiting.unshift(file);
      hold();
      show(refusalOf(error));
    },
    onSuccess() {
      running = running.filter((one) => one !== upload);
      sentBytes.set(file, file.size);
      showBytes();
      done.push(upload.url.replace(/\/$/, "").split("/").pop());
      next();
    },
  });
  upload.file_ = file;
  return upload;
}

async function next() {
  while (state === "sending" && running.length < AT_ONCE && waiting.length) {
    const file = waiting.shift();
    const upload = uploadOf(file);
    running.push(upload);
    const [known] = await upload.findPreviousUploads();
    if (!running.includes(upload)) return;
    if (known) upload.resumeFromPreviousUpload(known);
    upload.start();
  }
  if (state === "sending" && !running.length && !waiting.length) finish();
}

function hold() {
  for (const upload of running) {
    upload.abort();
    waiting.unshift(upload.file_);
  }
  running = [];
  if (state === "sending") become("paused");
}

async function finish() {
  become("storing");
  const here = form;
  const said = new FormData(form);
  said.delete(files.name);
  for (const id of done) said.append("received", id);
  let answer = {};
  let status = 0;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: said,
      headers: { Accept: "application/json" },
    });
    status = response.status;
    answer = await response.json();
  } catch {
    // the server is away, or a proxy answered in its place
  }
  if (form !== here) return; // another page is shown by now
  if (status === 201) {
    tus.defaultOptions.urlStorage.findAllUploads().then(async (all) => {
      await Promise.all(all.map((one) => tus.defaultOptions.urlStorage.removeUpload(one.urlStorageKey)));
      window.location.assign(answer.location);
    });
    return;
  }
  become("idle");
  if (answer.errors) showFieldErrors(answer.errors);
  else show(answer.problem ?? words.lost);
}

function choose() {
  show(tooMuch());
  const name = form.elements.namedItem("name");
  if (name && !name.value && files.files.length === 1) name.value = files.files[0].name.replace(/\.[^.]+$/, "");
}

async function submit(event) {
  event.preventDefault();
  clearFieldErrors();
  const refusal = tooMuch();
  show(refusal);
  if (refusal || state !== "idle") return;
  waiting = [...files.files];
  done = [];
  sentBytes = new Map();
  total = waiting.reduce((sum, file) => sum + file.size, 0);
  said = 0;
  bar.value = 0;
  number.textContent = "";
  become("sending");
  try {
    await library();
  } catch {
    become("idle");
    show(words.lost);
    return;
  }
  next();
}

function stopAll() {
  for (const upload of running) upload.abort(true).catch(() => {});
  running = [];
  waiting = [];
  become("idle");
}

// The library is no module: it is loaded once, whichever page needs it first.
let loading = null;

function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = words.library;
    script.onload = resolve;
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error(`${script.src} cannot be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

export function start(content) {
  enter(content);
  become("idle");
  const stop = new AbortController();
  library().catch(() => {}); // asked for again when it is needed
  files.addEventListener("change", choose);
  form.addEventListener("submit", submit);
  pause.addEventListener("click", () => {
    hold();
    resume.focus();
  });
  resume.addEventListener("click", () => {
    show("");
    become("sending");
    next();
    pause.focus();
  });
  abort.addEventListener("click", stopAll);
  // A page that is left in the middle goes on when the same file is chosen again; say so first, whether
  // the next page is loaded or would be put in.
  window.addEventListener("beforeunload", (event) => {
    if (state === "sending") event.preventDefault();
  }, { signal: stop.signal });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && state === "sending") link.dataset.full = "";
  }, { signal: stop.signal, capture: true });
  return () => {
    stop.abort();
    hold();
    state = "idle";
  };
}
