// Keeps the demonstration phone fresh: asks for the page again and shows what is new.
const EVERY = 2000; // milliseconds

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const shown = document.getElementById("live");
    if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
  } catch {
    // The site restarts: the next turn finds it again.
  }
}

setInterval(() => document.hidden || refresh(), EVERY);
