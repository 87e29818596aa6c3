// How long copies are still set aside. The page says until when; here the minutes run.

/** When each of them is over, by the clock of this tab: that of the device may be wrong. */
const ends = new WeakMap();
let timer = 0;
let over = () => {};

const parts = () => document.querySelectorAll("[data-left]");

function tick() {
  const all = parts();
  if (!all.length) return stop();
  for (const part of all) {
    const said = part.dataset.left;
    if (ends.get(part)?.said !== said) ends.set(part, { said, at: performance.now() + Number(said) * 1000 });
    const end = ends.get(part);
    const left = Math.max(0, Math.ceil((end.at - performance.now()) / 1000));
    const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (part.textContent !== shown) part.textContent = shown;
    part.hidden = false;
    part.classList.toggle("soon", left < 120);
    // The server has the last word: a little later, so that its clock says the same.
    if (!left && !end.told) {
      end.told = true;
      setTimeout(over, 1500);
    }
  }
}

function stop() {
  clearInterval(timer);
  timer = 0;
}

/** Looks for what runs out on the page; what shall happen when it does. */
export function hold(then) {
  over = then;
  if (!timer && parts().length) timer = setInterval(tick, 500);
  tick();
}
