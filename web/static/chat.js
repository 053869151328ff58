// Makes the chat's plain form nicer: the answer comes without a new page. The form works without
// this. Words that are said here come from the page, in its language.

const FRAGMENT = "text/vnd.motcua.turn+html";
const NEWS_EVERY = 4000; // milliseconds between two looks for what an officer wrote
const PAUSES = [800, 2500]; // milliseconds before the second and third attempt
const PATIENCE = 40000; // milliseconds after which an attempt is given up; the site takes 25 s at most

class MotcuaChat extends HTMLElement {
  connectedCallback() {
    this.log = this.querySelector(".log");
    this.wait = this.querySelector(".wait");
    this.ask = this.querySelector(".ask");
    this.keep = this.querySelector(".keep");
    this.field = this.ask.elements.text;
    this.count = this.ask.querySelector(".count");
    this.limit = this.count.textContent;
    this.waiting = this.wait.textContent;
    this.busy = false;
    this.failed = null; // words that may have reached the site, though no answer came back
    this.desk = this.querySelector(".with-officer");
    this.desk.querySelector(".look").hidden = true; // news comes by itself
    this.setLive(!this.desk.hidden);
    this.addEventListener("submit", (event) => this.onSubmit(event));
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("input", () => this.showCount());
    const print = this.keep.querySelector(".print");
    print.hidden = false;
    print.addEventListener("click", () => window.print());
    this.toNewest();
  }

  onKey(event) {
    // Enter sends, Shift+Enter is a new line; but Enter that ends a composed syllable is neither.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.ask.requestSubmit();
    }
  }

  showCount() {
    const left = this.field.maxLength - this.field.value.length;
    const near = left <= this.field.maxLength / 5;
    this.count.textContent = near ? this.dataset.left.replace("#", left) : this.limit;
    this.count.classList.toggle("far", !near); // heard, not seen
  }

  onSubmit(event) {
    const form = event.target;
    if (form.closest(".keep")) return; // saving and deleting are pages of their own
    event.preventDefault();
    if (this.busy) return;
    const words = this.field.value.trim();
    if (form === this.ask) {
      if (!words) return;
      // The same words again are the same message; others are another, or they would be answered
      // with what was answered to the first.
      if (this.failed !== null && this.failed !== words) this.ask.elements.message_id.value = newId();
    }
    this.send(form, new FormData(form, event.submitter));
  }

  async send(form, data) {
    this.setBusy(true);
    const said = this.showSaid(data);
    try {
      const html = await this.post(form.action, data);
      const inside = this.log.contains(document.activeElement);
      this.retire();
      said.remove();
      this.log.insertAdjacentHTML("beforeend", html);
      if (form === this.ask) {
        this.field.value = "";
        this.failed = null;
      }
      for (const kept of [this.ask, this.desk.querySelector("form")])
        kept.elements.message_id.value = newId();
      this.showCount();
      this.keep.hidden = false;
      this.toNewest();
      // What was pressed is gone with its answer; the focus goes on to the next one.
      if (inside) this.log.querySelector("#newest .who")?.focus({ preventScroll: true });
      this.setBusy(false);
    } catch (trouble) {
      said.remove();
      this.setBusy(false);
      if (form === this.ask) this.failed = data.get("text").trim();
      const lost = form === this.ask ? this.dataset.lost : this.dataset.lostButton;
      this.say(trouble.plain || lost, true);
    }
  }

  // One message, tried again on a broken line. Its id stays the same, so the site answers it once.
  async post(url, data) {
    for (let attempt = 0; ; attempt += 1) {
      const stop = new AbortController();
      const patience = setTimeout(() => stop.abort(), PATIENCE);
      let answer;
      try {
        const body = new URLSearchParams(data);
        const headers = { Accept: FRAGMENT };
        answer = await fetch(url, { method: "POST", body, headers, signal: stop.signal });
        if (answer.ok) {
          this.setLive(answer.headers.get("X-Motcua-Live") === "1");
          return await answer.text();
        }
      } catch (broken) {
        answer = null;
      } finally {
        clearTimeout(patience);
      }
      if (answer && answer.status < 500) throw await plainTrouble(answer);
      if (attempt >= PAUSES.length) throw new Error("gave up");
      this.say(this.dataset.slow);
      await new Promise((done) => setTimeout(done, PAUSES[attempt]));
    }
  }

  // While an officer may write, look for what is new; the last look is after the talk has ended.
  setLive(live) {
    this.desk.hidden = !live;
    clearTimeout(this.looking);
    if (live) this.looking = setTimeout(() => this.look(), NEWS_EVERY);
  }

  async look() {
    let live = true;
    if (!this.busy) {
      const known = this.log.querySelectorAll("[data-message]");
      const after = known.length ? known[known.length - 1].dataset.message : "";
      const headers = { "X-Motcua-Token": this.ask.elements.token.value };
      try {
        const answer = await fetch(`/chat/news?after=${encodeURIComponent(after)}`, { headers });
        const html = answer.ok ? (await answer.text()).trim() : "";
        if (html && !this.busy) {
          this.retire();
          this.log.insertAdjacentHTML("beforeend", html);
          this.log.lastElementChild.scrollIntoView({ block: "nearest" });
        }
        if (answer.ok) live = answer.headers.get("X-Motcua-Live") === "1";
      } catch (broken) {
        // The line is down; the next look finds what was written meanwhile.
      }
    }
    this.setLive(live);
  }

  // The citizen's words at once, before the answer brings them rendered.
  showSaid(data) {
    const said = document.createElement("article");
    said.className = "said";
    said.setAttribute("aria-hidden", "true"); // read out once, with the answer
    const words = document.createElement("p");
    words.textContent = data.get("text") || data.get("title") || "••••";
    said.append(words);
    this.log.append(said);
    said.scrollIntoView({ block: "end" });
    return said;
  }

  // Earlier choices and fields are spent once something newer is said.
  retire() {
    for (const old of this.log.querySelectorAll(".choices, .proof input, .proof .row")) old.remove();
    this.log.querySelector("#newest")?.removeAttribute("id");
  }

  toNewest() {
    const newest = this.log.querySelector("#newest");
    if (!newest) return;
    const asked = newest.previousElementSibling;
    (asked || newest).scrollIntoView({ block: "start" });
  }

  setBusy(busy) {
    this.busy = busy;
    // Not `disabled`: a button that is would lose the focus.
    this.ask.querySelector(".send").setAttribute("aria-disabled", busy);
    if (busy) this.say(this.waiting);
    else this.wait.hidden = true;
  }

  say(text, trouble = false) {
    this.wait.hidden = false;
    this.wait.textContent = text;
    this.wait.classList.toggle("trouble", trouble);
  }
}

async function plainTrouble(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const error = new Error(String(answer.status));
  error.plain = page.querySelector("main .tone-lead")?.textContent;
  return error;
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

customElements.define("motcua-chat", MotcuaChat);
