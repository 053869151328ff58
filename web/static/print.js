/* A page that is worth having on paper: its button, which only a script can make work. */
for (const button of document.querySelectorAll("button.print")) {
  button.addEventListener("click", () => window.print());
  button.hidden = false;
}
