// Keeps the officers' page fresh: what is new is put in place, the answer being written stays.
const EVERY = 8000; // milliseconds

async function look() {
  const place = document.getElementById("news");
  try {
    const answer = await fetch(location.href.split("#")[0]);
    if (answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("news");
      if (place && fresh && fresh.innerHTML !== place.innerHTML) place.innerHTML = fresh.innerHTML;
    }
  } catch (broken) {
    // The line is down; the next look tries again.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
