// The stream of what happens. One tab holds it for all tabs of this browser; the others hear from that tab.

import { itWas } from "./hold.js";

const id = /^[a-z]{3}_[0-9a-z]{26}$/;

/** Everything an event names: itself, and the ids of what it is about. */
function names(event) {
  const found = new Set([event.event]);
  for (const value of Object.values(event).flat()) if (typeof value === "string" && id.test(value)) found.add(value);
  if (event.message) found.add(event.message.conversation);
  return found;
}

/** What a member is told in passing when they are not looking at it. */
const TOLD =
  /^(order_|return_|drop_off_missed|pickup_missed|pickup_moved|pickup_reminded|message_sent|strike_given|outbid|auction_news|auction_won|negotiation_asked|settlement_|winner_|offer_)/;

/** How many auctions a stream tells of at most: those that were looked at last. */
const ROOMS = 32;

/** The auctions the page shows: what happens in them is told to whoever asks for it. */
const shownRooms = () => [...new Set([...document.querySelectorAll("[data-auction]")].map(({ dataset }) => dataset.auction))];

/** Listens from now on; answers with how to ask up to which event everything was heard. */
export function follow({ happened, talk, toast, page, afresh, resync }) {
  const me = document.body.dataset.me ?? "";
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`live-${me}`) : null;
  let cursor = Number(document.body.dataset.cursor || 0);
  let leads = false;
  /** The auctions the stream tells of, and how the tab that holds it begins anew with others. */
  let rooms = [];
  let begin = () => {};
  /** How many look at each of them. */
  const crowds = new Map();
  let asked = "";

  async function tell(event) {
    // What one did oneself is no news.
    const own = event.sender === me || event.by === me || (event.event === "order_placed" && event.buyer === me);
    if (own || !TOLD.test(event.event)) return;
    const message = event.message;
    if (message && talk.shows(message.conversation)) return;
    if (event.auction && document.getElementById("auction") && shownRooms().includes(event.auction)) return;
    if (document.visibilityState !== "visible") return;
    const answer = await fetch(`/events/${event.seq}`, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const told = page(await answer.text()).querySelector(".toast");
    if (told) toast(document.adoptNode(told));
  }

  function hear(line) {
    if (line.event) {
      const event = line.event;
      if (event.seq) {
        if (event.seq <= cursor) return;
        cursor = event.seq;
        itWas(Date.parse(event.at));
      }
      talk.hear(event, me);
      // What arrives before the eyes of the member is read, and counts nowhere.
      if (!event.message || !talk.shows(event.message.conversation)) happened(names(event));
      if (me) tell(event);
    } else if (line.presence) {
      const { member, online } = line.presence;
      for (const part of document.querySelectorAll(`[data-presence="${member.id}"]`)) {
        part.classList.toggle("online", online);
        if (part.dataset.here) part.textContent = online ? part.dataset.here : part.dataset.away;
      }
    } else if (line.here) {
      crowds.set(line.here.auction, line.here.listeners);
      count();
    } else if (line.typing) {
      talk.typing(line.typing);
    } else if (line.end?.code === "resync_required") {
      cursor = line.end.cursor;
      resync();
    } else if (line.end?.code === "session_ended") {
      // Whoever logs out here is on the way to another page already.
      setTimeout(() => location.reload(), 1500);
    }
  }

  function lost(yes) {
    let bar = document.getElementById("offline");
    if (!yes) return bar?.remove();
    if (bar) return;
    bar = document.createElement("p");
    bar.id = "offline";
    bar.className = "offline";
    bar.setAttribute("role", "status");
    bar.textContent = document.body.dataset.gone;
    document.getElementById("top").after(bar);
  }

  /** What the leading tab heard and this one did not is read from the pages. */
  function catchUp(heard) {
    if (heard <= cursor) return;
    cursor = heard;
    afresh();
  }

  /** The stream shall tell of these auctions too. Whoever shows one that was read before it does reads it again. */
  function enter(ids) {
    const isNew = ids.some((id) => !rooms.includes(id));
    rooms = [...rooms.filter((room) => !ids.includes(room)), ...ids].slice(-ROOMS);
    if (isNew) begin();
    entered({ ids, at: cursor });
    channel?.postMessage({ entered: { ids, at: cursor } });
  }

  function entered({ ids, at }) {
    if (at > Number(document.body.dataset.cursor)) happened(new Set(ids));
  }

  /** Shows how many look. Who looks alone knows that. */
  function count() {
    for (const part of document.querySelectorAll("[data-crowd]")) {
      const crowd = crowds.get(part.dataset.crowd) ?? 0;
      part.hidden = crowd < 2;
      part.querySelector("b").textContent = crowd;
    }
  }

  /** Looks which auctions the page shows, and asks for what happens in them. */
  function look() {
    count();
    const ids = shownRooms();
    if (!ids.length || ids.join() === asked) return;
    asked = ids.join();
    if (leads) enter(ids);
    else channel?.postMessage({ enters: ids });
  }

  channel?.addEventListener("message", ({ data }) => {
    if (data.asks) {
      if (leads) channel.postMessage({ heard: cursor });
    } else if (data.enters) {
      if (leads) enter(data.enters);
    } else if (data.entered) {
      entered(data.entered);
    } else if (data.leads) {
      asked = "";
      look();
    } else if (data.heard !== undefined) catchUp(data.heard);
    else if (data.lost !== undefined) lost(data.lost);
    else hear(data);
  });

  // A page hears nothing before its script runs, nor while the browser lets it sleep.
  const ask = () => document.visibilityState === "visible" && channel?.postMessage({ asks: true });
  ask();
  addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  function open(release) {
    let source;
    let grace = 0;
    let failures = 0;
    leads = true;
    channel?.postMessage({ heard: cursor });
    const start = () => {
      source?.close();
      const tells = new URLSearchParams([["after", cursor], ...rooms.map((room) => ["auction", room])]);
      source = new EventSource(`/api/v1/events?${tells}`);
      source.onopen = () => {
        failures = 0;
        clearTimeout(grace);
        lost(false);
        channel?.postMessage({ lost: false });
      };
      source.onmessage = ({ data }) => {
        const line = JSON.parse(data);
        hear(line);
        channel?.postMessage(line);
      };
      source.onerror = () => {
        // A short break is nobody's concern.
        clearTimeout(grace);
        grace = setTimeout(() => {
          lost(true);
          channel?.postMessage({ lost: true });
        }, 4000);
        if (source.readyState === EventSource.CLOSED) {
          failures += 1;
          // If it is one of the auctions that is not there, it is none of these.
          if (failures > 1) rooms = shownRooms();
          setTimeout(start, Math.min(30000, 1000 * 2 ** failures));
        }
      };
    };
    rooms = shownRooms().slice(-ROOMS);
    start();
    begin = start;
    channel?.postMessage({ leads: true });
    addEventListener("pagehide", () => {
      source.close();
      release();
    });
  }

  if (navigator.locks) navigator.locks.request(`live-${me}`, () => new Promise(open));
  else open(() => {});
  return { heard: () => cursor, look };
}
