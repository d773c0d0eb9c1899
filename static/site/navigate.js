// Going from page to page without stopping the music: the content is taken out of the next page and put into
// this one. Everything works without it too, as plain loads.
//
// A page's own script says `<script type="module" src="…" data-start>` and exports `start(content)`, which is
// called when the page is there, however it was reached, and may return a function that ends what it began.
// A page with a module script without `data-start` is loaded whole when it is entered and when it is left, and
// so is every link with `data-full`, with `download` or to elsewhere.
import htmx from "htmx";

const SLOW_MILLISECONDS = 250; // only then a page on its way is shown to be
const STYLES_MILLISECONDS = 3000; // longer than this no page waits for its style sheets
const SCROLLS = "musicgen.scrolls";

let stops = []; // what ends the modules of the page that is shown
let underWay = null;
let shown = location.pathname + location.search;

const content = () => document.getElementById("content");
const modules = (page) => [...page.querySelectorAll("script[type='module'][src]")].filter((script) => !("site" in script.dataset));
const isWhole = (page) => modules(page).some((script) => !("start" in script.dataset));

async function startModules() {
  const here = content();
  for (const script of modules(document)) {
    const module = await import(script.src);
    if (content() !== here) return; // already elsewhere
    const stop = await module.start?.(here); // a script without `data-start` has none
    if (stop) stops.push(stop);
  }
}

function stopModules() {
  for (const stop of stops) stop();
  stops = [];
}

function samePlace(link) {
  return link.pathname === location.pathname && link.search === location.search;
}

async function styles(page) {
  const known = new Set([...document.querySelectorAll("link[rel='stylesheet']")].map((link) => link.href));
  const wanted = [...page.querySelectorAll("link[rel='stylesheet']")].map((link) => new URL(link.getAttribute("href"), location.href).href);
  const loads = wanted
    .filter((href) => !known.has(href))
    .map((href) => new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href, onload: resolve, onerror: resolve });
      document.head.append(link);
    }));
  await Promise.race([Promise.all(loads), new Promise((resolve) => setTimeout(resolve, STYLES_MILLISECONDS))]);
}

function scrolls() {
  try {
    return JSON.parse(sessionStorage.getItem(SCROLLS)) ?? {};
  } catch {
    return {};
  }
}

function keepScroll() {
  const kept = { ...scrolls(), [history.state?.key ?? "first"]: scrollY };
  sessionStorage.setItem(SCROLLS, JSON.stringify(kept));
}

function take(page, address, { scroll }) {
  stopModules();
  for (const script of modules(document)) script.remove();
  for (const script of modules(page)) {
    const copy = document.createElement("script");
    copy.type = "module";
    copy.src = script.getAttribute("src");
    copy.dataset.start = "";
    document.head.append(copy);
  }
  const next = document.adoptNode(page.getElementById("content"));
  content().replaceWith(next);
  const menu = page.querySelector("[data-site-menu] ul");
  document.querySelector("[data-site-menu]").hidePopover();
  document.querySelector("[data-site-menu] ul").replaceWith(document.adoptNode(menu));
  document.title = page.title;
  const description = "meta[name='description']";
  document.querySelector(description).content = page.querySelector(description)?.content ?? "";
  htmx.process(next);
  document.querySelector("[data-announce]").textContent = page.title;
  const anchor = address.hash ? document.getElementById(decodeURIComponent(address.hash.slice(1))) : null;
  next.focus({ preventScroll: true });
  if (anchor) anchor.scrollIntoView();
  else scrollTo({ top: scroll, behavior: "instant" });
  document.dispatchEvent(new CustomEvent("musicgen:page"));
}

// Shows the page at an address (a URL). Falls back to a plain load wherever something is not as it must be.
export async function go(address, { back = false } = {}) {
  underWay?.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  const slow = setTimeout(() => document.querySelector("[data-load-bar]").removeAttribute("hidden"), SLOW_MILLISECONDS);
  const whole = () => (back ? location.reload() : location.assign(address));
  try {
    const answer = await fetch(address, { signal, headers: { Accept: "text/html", "X-Page": "swap" } });
    const isPage = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
    if (!isPage || answer.status >= 500) return whole();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const root = page.documentElement;
    const isOurs = page.getElementById("content") && page.querySelector("[data-site-menu]");
    if (!isOurs || isWhole(page) || root.lang !== document.documentElement.lang) return whole();
    await styles(page);
    if (signal.aborted) return undefined;
    const arrived = new URL(answer.url);
    arrived.hash = address.hash;
    if (!back) {
      keepScroll();
      history.pushState({ key: crypto.randomUUID() }, "", arrived);
    }
    shown = location.pathname + location.search;
    take(page, arrived, { scroll: back ? (scrolls()[history.state?.key ?? "first"] ?? 0) : 0 });
    await startModules();
  } catch (error) {
    if (error.name !== "AbortError") whole();
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) document.querySelector("[data-load-bar]").setAttribute("hidden", "");
  }
  return undefined;
}

function isOurs(address, element) {
  return (
    address.origin === location.origin &&
    !/^\/(admin|static|api)\//.test(address.pathname) &&
    !("full" in element.dataset) &&
    !element.hasAttribute("download") &&
    !isWhole(document)
  );
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[href]");
  if (!link || (link.target && link.target !== "_self") || !isOurs(link, link)) return;
  if (link.hash && samePlace(link)) return;
  event.preventDefault();
  go(new URL(link.href));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "get") return;
  const address = new URL(event.submitter?.formAction || form.action);
  if (!isOurs(address, form)) return;
  event.preventDefault();
  const filled = [...new FormData(form, event.submitter)].filter(([, value]) => value !== "");
  address.search = new URLSearchParams(filled).toString();
  go(address);
});

addEventListener("popstate", () => {
  if (location.pathname + location.search === shown) return; // only the place on the page changed
  if (isWhole(document)) location.reload();
  else go(new URL(location.href), { back: true });
});
addEventListener("pagehide", keepScroll);
history.scrollRestoration = "manual"; // a page that is put in later than it is asked for is not tall enough yet
if (["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type)) {
  scrollTo({ top: scrolls()[history.state?.key ?? "first"] ?? 0, behavior: "instant" });
}
startModules();
