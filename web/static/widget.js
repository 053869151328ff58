// The chat on an office's own site, with one tag:
//   <script async src="https://…/static/widget.js"></script>
//   <motcua-widget><a href="https://…/">Hỏi đáp thủ tục đất đai</a></motcua-widget>
// What stands within the tag is what a browser without scripts shows. Colours and place are CSS
// variables of the host page: --motcua-press, --motcua-ink, --motcua-side, --motcua-below.

// A classic script: one of type module would need the site's leave (CORS) to be read elsewhere.
(() => {
const BASE = new URL(document.currentScript.src).origin;
const WORDS = {
  vi: { open: "Hỏi đáp đất đai", close: "Đóng", frame: "Hỏi đáp thủ tục đất đai" },
  en: { open: "Ask about land", close: "Close", frame: "Questions about land procedures" },
};
const STYLE = `
  :host { all: initial; }
  button {
    font: 600 18px/1.5 system-ui, sans-serif; min-height: 48px; padding: 8px 18px; cursor: pointer;
    color: var(--motcua-ink, #fff); background: var(--motcua-press, #0a558c);
    border: 2px solid transparent; border-radius: 6px;
  }
  button:focus-visible { outline: 3px solid #1b1f24; outline-offset: 2px; box-shadow: 0 0 0 2px #fff; }
  .open { position: fixed; z-index: 2147483000;
    right: var(--motcua-side, 16px); bottom: var(--motcua-below, 16px); }
  dialog { padding: 0; border: 1px solid #4a5260; border-radius: 6px; background: #fff;
    position: fixed; inset: auto var(--motcua-side, 16px) var(--motcua-below, 16px) auto; margin: 0;
    width: min(420px, 100vw); height: min(680px, 100dvh); max-width: 100vw; max-height: 100dvh; }
  dialog[open] { display: flex; flex-direction: column; }
  .bar { display: flex; justify-content: flex-end; padding: 6px; background: #f3f5f7; }
  iframe { flex: 1; border: 0; width: 100%; }
  @media (max-width: 480px) {
    dialog { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
  }
  @media (forced-colors: active) { button { border-color: ButtonText; } }
  @media print { :host { display: none; } }
`;

class MotcuaWidget extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const language = this.getAttribute("lang") || document.documentElement.lang || "vi";
    const words = WORDS[language.slice(0, 2)] || WORDS.vi;
    const root = this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.opener = element("button", { class: "open", type: "button" }, words.open);
    this.opener.setAttribute("aria-haspopup", "dialog");
    this.dialog = element("dialog", { "aria-label": words.frame });
    const bar = element("div", { class: "bar" });
    const close = element("button", { type: "button" }, words.close);
    bar.append(close);
    this.dialog.append(bar);
    root.append(style, this.opener, this.dialog);
    // Vietnamese is left to the page, where the reader may have chosen otherwise.
    const path = words === WORDS.vi ? "/embed" : "/embed?lang=en";
    this.opener.addEventListener("click", () => this.open(words, path));
    close.addEventListener("click", () => this.dialog.close());
    // Escape closes a dialog by itself; whichever way it closed, the focus goes back.
    this.dialog.addEventListener("close", () => {
      this.opener.hidden = false;
      this.opener.focus();
    });
  }

  // The page is asked for when somebody wants it, and not when the office's page is opened.
  open(words, path) {
    if (!this.frame) {
      this.frame = element("iframe", { src: BASE + path, title: words.frame });
      this.dialog.append(this.frame);
    }
    this.opener.hidden = true;
    this.dialog.showModal();
  }
}

function element(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

customElements.define("motcua-widget", MotcuaWidget);
})();
