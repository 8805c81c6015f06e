// Says what has become of the station while this tab has no connection to it. The library knows
// of the connection and shows its own words, which do not say what to do: `components.css` hides them.
addEventListener("DOMContentLoaded", () => {
  const PATIENCE_MS = 1000; // a short loss is not worth a word
  const LOOK_MS = 2000;
  const ANSWER_MS = 5000;
  const AGAIN = "The connection is lost. Trying again.";
  const OLD = "What you see is old.";
  const GONE = `The station does not answer: it has ended, or is starting. ${OLD} This page comes back ` +
    "by itself when the station is back at this address; otherwise open the one that it printed.";
  const RESTARTED = `The station was restarted with another token. ${OLD} Open the address that ` +
    "papertape serve printed.";

  const library = document.getElementById("popup");
  const told = document.createElement("div");
  told.className = "pt-banner pt-lost";
  told.setAttribute("role", "alert");
  document.body.append(told);
  const lost = () => library.getAttribute("aria-hidden") === "false";
  let next = 0;

  const say = (text) => {
    if (told.textContent !== text) told.textContent = text;
  };
  const look = async () => {
    let text = GONE;
    try { // something small that needs the cookie
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await fetch("/favicon.ico", { cache: "no-store", signal });
      text = answer.status === 401 ? RESTARTED : AGAIN;
    } catch {
      // nothing answers
    }
    if (!lost()) return;
    say(text);
    next = setTimeout(look, LOOK_MS);
  };
  new MutationObserver(() => {
    clearTimeout(next);
    if (lost()) next = setTimeout(look, PATIENCE_MS);
    else say("");
  }).observe(library, { attributes: true, attributeFilter: ["aria-hidden"] });
});
