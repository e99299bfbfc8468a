/* What an action brought about, said once, to eyes and screen readers. */
const place = document.getElementById("notice");
const SECONDS = 6;
let timer = 0;

/** Says a sentence; a problem stays twice as long. */
export function say(sentence, isProblem = false) {
  clearTimeout(timer);
  place.textContent = sentence;
  place.dataset.problem = isProblem ? "yes" : "";
  timer = setTimeout(
    () => {
      place.textContent = "";
    },
    SECONDS * (isProblem ? 2000 : 1000),
  );
}

/** Does something that may be refused, and says why if it is. */
export async function attempt(doing) {
  try {
    return await doing();
  } catch (refused) {
    say(refused.message, true);
    return null;
  }
}
