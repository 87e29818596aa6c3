// What runs out: how long copies are set aside, how long bidding lasts. The page says until when; here the time runs.

const DAY = 86400000;

/** When each of them is over, by the clock of this tab: that of the device may be wrong. */
const ends = new WeakMap();
/** How far the server's clock is ahead of the clock of this tab. */
let ahead = -Infinity;
let timer = 0;
let over = () => {};

const parts = () => document.querySelectorAll("[data-left], [data-ends]");

/** It was so late when the server said so. That arrives later, never earlier: the largest difference is the truest. */
export function itWas(moment) {
  ahead = Math.max(ahead, moment - performance.now());
}

/** A page that was just written says how late it is. If that is much earlier, the server's clock was put right. */
function itIs(moment) {
  if (ahead - (moment - performance.now()) > 10000) ahead = -Infinity;
  itWas(moment);
}

/** When that is over: so long after it was first seen, or at a moment of the server's. */
function endOf(part) {
  const said = part.dataset.left ?? part.dataset.ends;
  let end = ends.get(part);
  if (end?.said !== said) ends.set(part, (end = { said, at: performance.now() + Number(part.dataset.left) * 1000 }));
  if (part.dataset.now && part.dataset.now !== end.now) itIs(Number((end.now = part.dataset.now)));
  return end;
}

const two = (number) => String(number).padStart(2, "0");

function shown(left) {
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function tick() {
  const all = parts();
  if (!all.length) return stop();
  for (const part of all) {
    const end = endOf(part);
    const at = part.dataset.ends ? Number(part.dataset.ends) - ahead : end.at;
    const rest = at - performance.now();
    // Of days the page speaks in words.
    if (rest > DAY) continue;
    const left = Math.max(0, Math.ceil(rest / 1000));
    const text = shown(left);
    if (part.textContent !== text) part.textContent = text;
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
  if (!timer && parts().length) timer = setInterval(tick, 100);
  tick();
}
