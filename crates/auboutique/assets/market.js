// The market comes alive. Every page works without this file; with it, pages arrive without being loaded anew, what
// changes is put in place as it happens, and what is sent is shown at once.

import { follow } from "./live.js";
import { talk } from "./talk.js";
import { sell } from "./sell.js";

const parser = new DOMParser();
const page = (text) => parser.parseFromString(text, "text/html");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");

// ---- going from page to page ----

let going = null;

/** Fetches a page of ours. Anything else, or a failure, is left to the browser. */
async function fetchPage(address, options = {}) {
  going?.abort();
  going = new AbortController();
  const line = document.createElement("div");
  line.className = "loading-line";
  const wait = setTimeout(() => document.body.append(line), 200);
  try {
    const answer = await fetch(address, { ...options, headers: { accept: "text/html" }, signal: going.signal });
    if (!(answer.headers.get("content-type") ?? "").startsWith("text/html")) throw new Error("no page");
    return { answer, next: page(await answer.text()) };
  } finally {
    clearTimeout(wait);
    line.remove();
  }
}

/** Puts the parts of another page in the place of this one's. */
function show(next, address, { push = true, keep = false } = {}) {
  const swap = () => {
    document.title = next.title;
    document.documentElement.lang = next.documentElement.lang;
    document.documentElement.dir = next.documentElement.dir;
    const was = document.body.dataset.me;
    for (const name of Object.keys(document.body.dataset)) delete document.body.dataset[name];
    Object.assign(document.body.dataset, next.body.dataset);
    for (const id of ["main", "bar", "top"]) {
      const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
      if (old && fresh) old.replaceWith(document.adoptNode(fresh));
    }
    if (push) history.pushState({}, "", address);
    if (was !== document.body.dataset.me) location.reload();
  };
  const done = () => {
    const named = new URL(address, location.href).hash.slice(1);
    const target = named && document.getElementById(named);
    const wrong = document.querySelector("main [aria-invalid=true]");
    const first = document.querySelector("main [autofocus]");
    if (wrong) wrong.focus();
    else if (first) first.focus();
    else if (target) target.scrollIntoView({ block: "end" });
    else if (!keep) {
      scrollTo(0, 0);
      document.getElementById("main").focus({ preventScroll: true });
    }
    wake();
  };
  if (document.startViewTransition && !quiet.matches && !keep) {
    document.startViewTransition(swap).updateCallbackDone.then(done);
  } else {
    swap();
    done();
  }
}

async function go(address, options) {
  try {
    const { answer, next } = await fetchPage(address);
    const hash = new URL(address, location.href).hash;
    show(next, answer.url + hash, options);
  } catch (problem) {
    if (problem.name !== "AbortError") location.href = address;
  }
}

const plain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || !plain(event) || link.target || link.hasAttribute("download")) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || /^\/(api|pictures|assets)\b/.test(to.pathname)) return;
  if (to.pathname === location.pathname && to.search === location.search && to.hash) return;
  event.preventDefault();
  if (link.hasAttribute("data-more")) more(link);
  else if (link.hasAttribute("data-earlier")) more(link);
  else go(link.href);
});

addEventListener("popstate", () => go(location.href, { push: false }));

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
    show(next, answer.redirected ? answer.url : location.href, { push: answer.redirected });
  } catch (problem) {
    if (problem.name !== "AbortError") form.submit();
  } finally {
    form.removeAttribute("aria-busy");
    buttons.forEach((button) => (button.disabled = false));
  }
});

/** The next part of a list, put behind what is there. */
async function more(link) {
  const earlier = link.hasAttribute("data-earlier");
  const list = earlier ? document.getElementById("said") : document.getElementById("main").querySelector("[data-page]");
  link.setAttribute("aria-busy", "true");
  try {
    const { next } = await fetchPage(link.href);
    const found = next.getElementById(list.id);
    const pager = link.closest(".more");
    if (earlier) {
      const height = document.documentElement.scrollHeight;
      pager.replaceWith(...[...found.children].map((child) => document.adoptNode(child)));
      scrollBy(0, document.documentElement.scrollHeight - height);
      return;
    }
    const address = new URL(link.href);
    const first = found.firstElementChild;
    for (const child of [...found.children]) {
      child.dataset.page = address.pathname + address.search;
      list.append(document.adoptNode(child));
    }
    const again = next.querySelector("main .more");
    if (again) pager.replaceWith(document.adoptNode(again));
    else pager.remove();
    first?.querySelector("a")?.focus({ preventScroll: true });
  } catch {
    location.href = link.href;
  }
}

// ---- searching while typing ----

let typing = 0;
document.addEventListener("input", (event) => {
  const input = event.target;
  if (input.id !== "find-text") return;
  clearTimeout(typing);
  typing = setTimeout(async () => {
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
      if (here) {
        document.getElementById("browse").replaceWith(document.adoptNode(next.getElementById("browse")));
        document.title = next.title;
        history.replaceState({}, "", to);
      } else {
        const main = next.getElementById("main");
        document.getElementById("main").replaceWith(document.adoptNode(main));
        document.title = next.title;
        history.pushState({}, "", to);
      }
    } catch (problem) {
      if (problem.name !== "AbortError") throw problem;
    }
  }, 160);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-filters] select")) event.target.form.requestSubmit();
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

/** Puts parts of pages in place again: each from the page it came from, each such page fetched once. */
async function refresh(parts) {
  const pages = new Map();
  for (const part of parts) {
    const from = part.closest("[data-page]")?.dataset.page ?? location.pathname + location.search;
    if (!pages.has(from)) pages.set(from, []);
    pages.get(from).push(part.id);
  }
  for (const [from, ids] of pages) {
    const answer = await fetch(from, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) continue;
    const next = page(await answer.text());
    for (const id of ids) {
      const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
      if (old && !fresh && old.matches(".card")) gone(old);
      if (!old || !fresh || old.contains(document.activeElement) && document.activeElement.matches("input, textarea")) continue;
      if (old.outerHTML === fresh.outerHTML) continue;
      const open = old.querySelector("[popover]:popover-open")?.id;
      old.replaceWith(document.adoptNode(fresh));
      if (open) document.getElementById(open)?.showPopover?.();
      if (!old.dataset.page && fresh.textContent.trim()) fresh.classList.add("fresh");
    }
  }
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

/** Something happened: every part of the page that is about it is written anew, in a moment and together. */
function happened(names) {
  for (const part of document.querySelectorAll("[data-about], [data-new]")) {
    const about = `${part.dataset.about ?? ""} ${part.dataset.new ?? ""}`.split(" ");
    if (part.id && about.some((word) => names.has(word))) waiting.add(part);
  }
  if (!waiting.size || timer) return;
  timer = setTimeout(() => {
    const parts = [...waiting].filter((part) => part.isConnected);
    [waiting, timer] = [new Set(), 0];
    // A part inside another comes with it.
    refresh(parts.filter((part) => !parts.some((other) => other !== part && other.contains(part))));
  }, 120);
}

/** What somebody is told in passing. */
function toast(node) {
  const box = document.getElementById("toasts");
  if (!box) return;
  box.append(node);
  while (box.children.length > 3) box.firstElementChild.remove();
  setTimeout(() => node.remove(), 9000);
}

/** Gives the parts of a page that was just shown what a script gives them. */
function wake() {
  for (const hidden of document.querySelectorAll("[data-print]")) hidden.hidden = false;
  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
  }
  talk.wake();
  sell();
}

talk.refresh = refresh;
talk.toast = toast;
wake();
follow({ happened, talk, toast, page, refreshAll: () => go(location.href, { push: false, keep: true }) });
