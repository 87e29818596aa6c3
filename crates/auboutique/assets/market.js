// The market comes alive. Every page works without this file; with it, pages arrive without being loaded anew, what
// changes is put in place as it happens, and what is sent is shown at once.

import { follow } from "./live.js";
import { desk } from "./desk.js";
import { talk } from "./talk.js";
import { sell } from "./sell.js";
import { hold } from "./hold.js";

const parser = new DOMParser();
const page = (text) => parser.parseFromString(text, "text/html");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");

// ---- going from page to page ----

const NO_PAGE = new Error("the answer is no page");

let going = null;

/** The address of the page that is shown: while another one is on its way, the browser names that one already. */
let shown = "";

/** Fetches a page of ours. Anything else, or a failure, is thrown. */
async function fetchPage(address, options = {}) {
  // Who goes on waits for no other page, and for nothing to be found.
  clearTimeout(typing);
  going?.abort();
  going = new AbortController();
  const line = document.createElement("div");
  line.className = "loading-line";
  const wait = setTimeout(() => document.body.append(line), 200);
  try {
    const answer = await fetch(address, { ...options, headers: { accept: "text/html" }, signal: going.signal });
    if (!(answer.headers.get("content-type") ?? "").startsWith("text/html")) throw NO_PAGE;
    return { answer, next: page(await answer.text()) };
  } finally {
    clearTimeout(wait);
    line.remove();
  }
}

/**
 * Puts the parts of another page in the place of this one's. A page that stays where it is keeps its focus and its place
 * on the screen.
 */
function show(next, address, { push = true, stay = false } = {}) {
  const swap = () => {
    document.title = next.title;
    document.documentElement.lang = next.documentElement.lang;
    document.documentElement.dir = next.documentElement.dir;
    const was = document.body.dataset.me;
    for (const name of Object.keys(document.body.dataset)) delete document.body.dataset[name];
    Object.assign(document.body.dataset, next.body.dataset);
    for (const id of ["main", "bar", "top"]) {
      const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
      if (!old || !fresh) continue;
      if (stay) put(old, fresh);
      else old.replaceWith(document.adoptNode(fresh));
    }
    if (push) history.pushState({}, "", address);
    if (was !== document.body.dataset.me) location.reload();
  };
  const done = () => {
    if (!stay) arrive(new URL(address, location.href).hash);
    wake();
    shown = location.pathname + location.search;
    // What happened while the page was on its way was told to the one before it.
    if (Number(document.body.dataset.cursor) < heard()) afresh();
  };
  if (document.startViewTransition && !quiet.matches && !stay) {
    document.startViewTransition(swap).updateCallbackDone.then(done);
  } else {
    swap();
    done();
  }
}

/** Looks at what a page is about: what is wrong with it, what is to be filled in, what the address names, its beginning. */
function arrive(hash) {
  const target = hash && document.getElementById(hash.slice(1));
  const wrong = document.querySelector("main [aria-invalid=true]");
  const first = document.querySelector("main [autofocus]");
  if (wrong) wrong.focus();
  else if (first) first.focus();
  else if (target) {
    target.scrollIntoView({ block: "end" });
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  } else {
    scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
}

async function go(address, options = {}) {
  try {
    const { answer, next } = await fetchPage(address);
    // Who went back and forth meanwhile is somewhere else.
    if (options.push === false && address !== location.href) return;
    const hash = new URL(address, location.href).hash;
    show(next, answer.url + hash, options);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (address === location.href) location.reload();
    else location.href = address;
  }
}

const plain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || !plain(event) || link.target || link.hasAttribute("download")) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || /^\/(api|pictures|assets|payments)\b/.test(to.pathname)) return;
  if (to.pathname === location.pathname && to.search === location.search && to.hash) return;
  event.preventDefault();
  if (link.matches("[data-more], [data-earlier]")) more(link);
  else go(link.href);
});

addEventListener("popstate", () => {
  // A link to a place on this page is the browser's: it scrolls there and moves the focus.
  if (location.pathname + location.search !== shown) go(location.href, { push: false });
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("data-plain") || form.hasAttribute("data-say")) return;
  const to = new URL(form.action);
  if (to.origin !== location.origin) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  if (form.method === "get") {
    for (const [name, value] of [...fields]) if (!value) fields.delete(name);
    to.search = new URLSearchParams(fields);
    return go(to.href);
  }
  const buttons = form.querySelectorAll("button");
  form.setAttribute("aria-busy", "true");
  buttons.forEach((button) => (button.disabled = true));
  try {
    const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
    const { answer, next } = await fetchPage(to.href, { method: "POST", body });
    const kept = [...next.forms].some((other) => other.getAttribute("action") === form.getAttribute("action"));
    // A page that says "not now" and has no form on it would take away what was typed.
    if ((answer.status === 429 || answer.status >= 500) && !kept) say(next.querySelector("main h1 + p")?.textContent);
    else if (stays(form, answer, next)) {
      const held = document.activeElement;
      // What was answered is done: the next time is another wish, under another key. News of it
      // may have come before the answer, and the next wish may stand in the form already.
      if (answer.redirected && isAsSent(form, fields)) {
        form.reset();
        held.blur();
      }
      form.removeAttribute("aria-busy");
      form.elements.key?.remove();
      show(next, location.href, { push: false, stay: true });
      (form.querySelector("[aria-invalid=true]") ?? held).focus({ preventScroll: true });
    } else show(next, answer.redirected ? answer.url : location.href, { push: answer.redirected });
  } catch (problem) {
    if (problem.name === "AbortError") return;
    // Sent twice under one key it is done once; anything else may have been done already.
    if (problem === NO_PAGE && form.elements.key) form.submit();
    else say();
  } finally {
    form.removeAttribute("aria-busy");
    buttons.forEach((button) => (button.disabled = false));
  }
});

/** Whether a form still says what was sent of it. */
const isAsSent = (form, sent) =>
  [...new FormData(form)].every(([name, value]) => typeof value !== "string" || sent.getAll(name).includes(value));

/** Whether the answer to a form is the page it stands on, which then stays where it is. */
function stays(form, answer, next) {
  const part = form.dataset.stay;
  const same = !answer.redirected || new URL(answer.url).pathname === location.pathname;
  return part && same && next.getElementById(part);
}

/** What goes with a list and stands beside it: the way to more of it, the word that there is nothing. */
const beside = (list, what) => list.parentElement.querySelector(`:scope > ${what}`);

/** The next part of a list, put behind what is there; of a conversation the one before, put above. */
async function more(link) {
  const pager = link.closest(".more");
  const above = link.closest("[data-page]");
  const list = above ?? beside(pager, "[data-page]");
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const { next } = await fetchPage(link.href);
    const found = next.getElementById(list.id);
    if (above) putAbove(list, found, pager);
    else putBelow(list, found, pager, new URL(link.href));
  } catch (problem) {
    link.removeAttribute("aria-busy");
    if (problem.name !== "AbortError") location.href = link.href;
  }
}

function putBelow(list, found, pager, from) {
  const again = beside(found, ".more");
  const first = [...found.children].find(({ id }) => id && !document.getElementById(id));
  for (const row of found.children) row.dataset.page = from.pathname + from.search;
  found.dataset.page = list.dataset.page;
  put(list, found);
  if (again) pager.replaceWith(document.adoptNode(again));
  else pager.remove();
  first?.querySelector("a")?.focus({ preventScroll: true });
}

function putAbove(list, found, pager) {
  const ends = !found.querySelector(":scope > .more");
  const height = document.documentElement.scrollHeight;
  // What is put behind the way to it stands above everything else.
  if (ends) found.prepend(pager.cloneNode(true));
  put(list, found);
  if (ends) pager.remove();
  scrollBy(0, document.documentElement.scrollHeight - height);
  if (ends) list.focus({ preventScroll: true });
}

// ---- searching while typing ----

let typing = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "find-text") return;
  clearTimeout(typing);
  typing = setTimeout(find, 160, event.target);
});

/** Shows what is found by what stands in the field, and says how much it is. */
async function find(input) {
  const here = location.pathname === "/browse";
  const to = new URL(here ? location.href : "/browse", location.href);
  to.searchParams.set("text", input.value);
  for (const name of ["after", "done"]) to.searchParams.delete(name);
  if (!input.value.trim()) {
    if (!here) return;
    to.searchParams.delete("text");
  }
  try {
    const { next } = await fetchPage(to.href);
    const found = next.getElementById("browse");
    if (!found) throw NO_PAGE;
    if (here) history.replaceState({}, "", to);
    show(next, to.href, { push: !here, stay: true });
    document.getElementById("found").textContent = found.dataset.found;
  } catch (problem) {
    if (problem.name !== "AbortError") say(input.form.dataset.failed);
  }
}

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-filters] select, [data-quantity]")) event.target.form.requestSubmit();
});

// ---- looking closely, printing ----

document.addEventListener("click", (event) => {
  const picture = event.target.closest("[data-view]");
  if (picture && plain(event) && window.HTMLDialogElement) {
    event.preventDefault();
    const viewer = document.createElement("dialog");
    viewer.className = "viewer";
    const image = picture.querySelector("img").cloneNode();
    image.loading = "eager";
    const close = document.createElement("button");
    close.className = "button";
    close.textContent = document.body.dataset.close;
    close.onclick = () => viewer.close();
    image.onclick = () => viewer.close();
    viewer.onclose = () => viewer.remove();
    viewer.append(image, close);
    document.body.append(viewer);
    viewer.showModal();
  }
  const thumb = event.target.closest(".thumbs a");
  if (thumb) {
    event.preventDefault();
    const target = document.querySelector(thumb.hash);
    target.parentElement.scrollTo({ left: target.offsetLeft - target.parentElement.offsetLeft, behavior: "smooth" });
  }
  if (event.target.closest("[data-print]")) print();
  const toast = event.target.closest(".toast button");
  if (toast) toast.parentElement.remove();
});

// ---- what changes is put in place ----

/** What a piece of a page is known by among its siblings. */
function known(piece) {
  if (piece.nodeType !== Node.ELEMENT_NODE) return piece.nodeName;
  const named = ["id", "data-known", "href", "action", "name"].find((name) => piece.getAttribute(name));
  return named ? `${piece.nodeName} ${piece.getAttribute(named)}` : piece.nodeName;
}

/** Whether that is a list which goes on over pages: what was added to it stays when one of its pages is read again. */
const goesOn = (part) => part.hasAttribute("data-page") && !part.hasAttribute("data-about");

/** Makes a piece of a page what it has become, and leaves alone what is as it was: what is focused, typed, opened. */
function patch(old, fresh) {
  // What is just being sent is not changed under way.
  if (old.isEqualNode(fresh) || old.matches("form[aria-busy=true]")) return;
  // What was sent under a key and not answered is sent again under the same; nothing changes under the fingers.
  const typed = old.matches("input[type=hidden][name=key]") || old === document.activeElement;
  const holds = typed ? "value" : "open";
  for (const { name, value } of [...fresh.attributes]) {
    if (name !== holds && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const list = goesOn(old) && old.dataset.page === fresh.dataset.page;
  for (const { name } of [...old.attributes]) if (name !== holds && !fresh.hasAttribute(name)) old.removeAttribute(name);

  const pieces = (part) => [...(list ? part.children : part.childNodes)];
  const there = new Map();
  for (const piece of pieces(old)) there.set(known(piece), [...(there.get(known(piece)) ?? []), piece]);
  const pairs = pieces(fresh).map((piece) => [piece, there.get(known(piece))?.shift()]);
  for (const piece of [...there.values()].flat()) {
    if (!list || !(piece.id || piece.dataset.known)) piece.remove();
  }
  const behind = pairs.find(([, same]) => same)?.[1] ?? null;
  let last = null;
  for (const [piece, same] of pairs) {
    if (!same) {
      document.adoptNode(piece);
      if (last) last.after(piece);
      else old.insertBefore(piece, behind);
    } else {
      if (last && !(last.compareDocumentPosition(same) & Node.DOCUMENT_POSITION_FOLLOWING)) last.after(same);
      if (same.nodeType === Node.ELEMENT_NODE) patch(same, piece);
      else if (same.data !== piece.data) same.data = piece.data;
    }
    last = same ?? piece;
  }
}

/** Patches a part; the focus goes to what became of the piece that had it. */
function put(part, fresh) {
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  patch(part, fresh);
  if (!held || held === document.activeElement) return;
  const named = held.id || held.hasAttribute("href") ? [...part.querySelectorAll(held.localName)] : [];
  const same = held.isConnected ? held : named.find((other) => known(other) === known(held));
  (same ?? document.getElementById("main")).focus({ preventScroll: true });
}

/** Up to which event the parts that were put in place had been read. */
let asOf = new WeakMap();

/** What is news when it changes: what a part says it tells, or all of it. */
const tells = (part) => part.dataset.tells ?? part.textContent;

/** Puts these parts of a page that was fetched in place, unless what stands there was read later. */
function putInPlace(next, ids) {
  const read = Number(next.body.dataset.cursor);
  for (const id of ids) {
    const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
    if (old && !fresh && old.matches(".card")) gone(old);
    if (!old || !fresh || read < (asOf.get(old) ?? Number(document.body.dataset.cursor))) continue;
    asOf.set(old, read);
    if (old.dataset.page) fresh.dataset.page = old.dataset.page;
    if (goesOn(old)) join(old, fresh);
    const news = tells(old) !== tells(fresh) && tells(fresh).trim();
    put(old, fresh);
    if (!news || goesOn(old)) continue;
    old.classList.add("fresh");
    old.addEventListener("animationend", () => old.classList.remove("fresh"), { once: true });
  }
}

/** Prepares a list for its first page as it is now. Where more has come than a page holds, it begins anew. */
function join(list, fresh) {
  const rows = [...fresh.children].filter(({ id }) => id);
  if (rows.some(({ id }) => list.contains(document.getElementById(id)))) {
    // How far one has looked back is known here alone.
    fresh.querySelector(":scope > .more")?.remove();
    return;
  }
  if (!rows.length) return;
  const again = beside(fresh, ".more");
  list.replaceChildren();
  for (const what of [".more", ".empty"]) beside(list, what)?.remove();
  if (again) list.after(document.adoptNode(again));
}

/** The page a part came from. */
const pageOf = (part) => part.closest("[data-page]")?.dataset.page ?? shown;

/** Writes parts anew: each from the page it came from, each such page fetched once. */
async function refresh(parts) {
  const pages = new Map();
  for (const part of parts) pages.set(pageOf(part), [...(pages.get(pageOf(part)) ?? []), part.id]);
  const each = [...pages].map(async ([from, ids]) => {
    const answer = await fetch(from, { headers: { accept: "text/html" } }).catch(() => null);
    // A way to the login is not the page.
    if (answer?.ok && !answer.redirected) putInPlace(page(await answer.text()), ids);
  });
  await Promise.all(each);
  wake();
}

/** A card whose listing is no longer where it was found: sold, which is shown on it, or taken off the market. */
async function gone(card) {
  const answer = await fetch(card.querySelector("h3 a").href, { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.status === 404) card.remove();
  if (!answer?.ok || card.matches(".is-sold")) return;
  const sold = page(await answer.text()).querySelector("#offer .tag.sold");
  if (!sold) return;
  card.classList.add("is-sold");
  card.querySelector(".frame").append(document.adoptNode(sold));
}

let waiting = new Set();
let timer = 0;
let renewed = 0;

/** Writes parts anew, together: at once when it was quiet, and in a moment when much happens. */
function renew(parts) {
  for (const part of parts) waiting.add(part);
  if (!waiting.size || timer) return;
  const wait = performance.now() - renewed < 400 ? 120 : 15;
  timer = setTimeout(() => {
    renewed = performance.now();
    const all = [...waiting].filter((part) => part.isConnected);
    [waiting, timer] = [new Set(), 0];
    // A part inside another comes with it.
    const within = (part, other) => other !== part && other.contains(part) && pageOf(other) === pageOf(part);
    refresh(all.filter((part) => !all.some((other) => within(part, other))));
  }, wait);
}

/** The parts of the page that say what they are about. */
const alive = () => [...document.querySelectorAll("[data-about], [data-new]")].filter(({ id }) => id);

/** Something happened: every part of the page that is about it is written anew. */
function happened(names) {
  renew(alive().filter((part) => `${part.dataset.about} ${part.dataset.new}`.split(" ").some((word) => names.has(word))));
}

/** Something happened, nobody knows what: every part that could be about it is written anew. */
function afresh() {
  renew(alive());
  talk.catchUp();
}

/** The log is not the one that was listened to: its numbers say nothing of how old something is. */
function resync() {
  asOf = new WeakMap();
  document.body.dataset.cursor = 0;
  afresh();
}

/** What somebody is told in passing. */
function toast(node) {
  const box = document.getElementById("toasts");
  if (!box) return;
  box.append(node);
  while (box.children.length > 3) box.firstElementChild.remove();
  setTimeout(() => node.remove(), 9000);
}

/** Tells that something did not work; if nobody knows why, that it was not answered. */
function say(text) {
  const box = document.createElement("div");
  box.className = "toast";
  const words = Object.assign(document.createElement("span"), { className: "grow" });
  words.textContent = text || document.body.dataset.unanswered;
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "\u00d7" });
  close.setAttribute("aria-label", document.body.dataset.close);
  box.append(words, close);
  toast(box);
}

/** Gives the parts of a page that was just shown what a script gives them. */
function wake() {
  for (const hidden of document.querySelectorAll("[data-print]")) hidden.hidden = false;
  // What was refused stays as it was typed, whatever happens around it.
  for (const field of document.querySelectorAll("main [aria-invalid=true]")) field.value = field.value;
  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
  }
  desk(say);
  talk.wake();
  sell();
  hold(afresh);
  look();
}

Object.assign(talk, { refresh, putInPlace, page });
const { heard, look } = follow({ happened, talk, toast, page, afresh, resync });
wake();
shown = location.pathname + location.search;
