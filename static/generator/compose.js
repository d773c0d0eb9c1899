// The pages on which music is composed: the form that asks for it, the passage it begins from, the takes.

import { PianoRoll } from "musicgen/roll";
import { loadSynth } from "musicgen/synth";
import { Take } from "musicgen/takes";

export function start(content) {
  const takes = [];
  const stop = new AbortController();

  function show(section) {
    const articles = [...section.querySelectorAll("[data-take]")];
    const held = articles.find((article) => article.classList.contains("is-held")) ?? articles[0];
    for (const article of articles) {
      takes.push(new Take(article, { listens: article === held && "listens" in section.dataset }));
    }
  }

  function clear() {
    while (takes.length) takes.pop().close();
  }

  for (const section of content.querySelectorAll("[data-takes]")) show(section);
  for (const form of content.querySelectorAll("[data-live-compose]")) {
    const passage = "prompt" in form.dataset ? new Passage(form, content) : null;
    if (passage) stop.signal.addEventListener("abort", () => passage.close());
  }
  const stage = content.querySelector("[data-compose-stage]");
  content.addEventListener("submit", (event) => {
    if (event.target.matches("[data-live-compose]") && stage) ask(event, stage);
  }, { signal: stop.signal });

  async function ask(event, stage) {
    const form = event.target;
    event.preventDefault();
    loadSynth().then((synth) => synth.resume()).catch(() => {}); // in the press of the button, so that it may sound
    const button = form.querySelector("button[type='submit']");
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Live": "1" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (stop.signal.aborted) return;
      const section = page.querySelector("[data-takes]");
      if (answer.ok && section) {
        clear();
        stage.replaceChildren(document.adoptNode(section));
        stage.hidden = false;
        history.replaceState(history.state, "", answer.headers.get("X-Address"));
        show(stage.querySelector("[data-takes]"));
        stage.focus({ preventScroll: true });
        stage.scrollIntoView({ block: "start" });
      } else {
        const fresh = page.querySelector("[data-live-compose]");
        if (!fresh || "prompt" in form.dataset) return form.submit();
        form.parentElement.replaceChildren(...page.body.children);
        content.querySelector(".errorlist, .problem")?.scrollIntoView({ block: "center" });
      }
    } catch {
      form.submit();
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  // So that the first note need not wait for the synthesizer; whoever saves data loads it with the first press.
  const idle = window.requestIdleCallback ?? ((call) => setTimeout(call, 200));
  if (!navigator.connection?.saveData) idle(() => stop.signal.aborted || loadSynth().catch(() => {}));

  return () => {
    stop.abort();
    clear();
  };
}

// The music to begin from, on its piano roll: a click is a place, a drag a passage; the fields say the same.
class Passage {
  constructor(form, content) {
    this.form = form;
    this.abilities = [...content.querySelectorAll("[data-abilities]")];
    this.from = form.querySelector("#id_from_seconds");
    this.to = form.querySelector("#id_to_seconds");
    this.roll = new PianoRoll(form.querySelector("[data-roll]"), {
      onSeek: (seconds) => this.place(seconds),
      onSelect: (passage) => this.passage(passage),
    });
    form.querySelector("[data-with-script]").hidden = false;
    form.addEventListener("change", () => this.show());
    fetch(form.dataset.notes).then((answer) => answer.json()).then((notes) => {
      this.roll.show(notes);
      this.show();
    }).catch(() => {}); // the fields are enough
    this.show();
  }

  close() {
    this.roll.destroy();
  }

  get task() {
    return this.form.querySelector("[name='task']:checked")?.value;
  }

  place(seconds) {
    this.from.value = seconds.toFixed(1);
    this.show();
  }

  passage([from, to]) {
    this.from.value = from.toFixed(1);
    this.to.value = to.toFixed(1);
    this.show();
  }

  show() {
    const fills = this.task === "infill";
    this.roll.selecting = fills;
    this.to.closest(".field").hidden = !fills;
    this.from.closest(".field").hidden = this.task === "accompany";
    const [from, to] = [this.from, this.to].map((field) => (field.value === "" ? null : Number(field.value)));
    if (fills && from !== null && to !== null) this.roll.select(from, to);
    else this.roll.select(null);
    this.roll.setTime(from ?? (this.task === "continue" ? Number(this.form.dataset.seconds) : 0));
    this.refuse();
  }

  // What the chosen network cannot do says why, beside it.
  refuse() {
    const chosen = this.form.querySelector("#id_checkpoint").value || this.form.querySelector("#id_style").value;
    const network = this.abilities.find((one) => one.dataset.checkpoints.split(" ").includes(chosen));
    for (const place of this.form.querySelectorAll("[data-why-not]")) {
      const ability = network?.querySelector(`[data-task='${place.dataset.whyNot}']`);
      place.textContent = ability?.dataset.reason ? ability.textContent.trim() : "";
    }
  }
}
