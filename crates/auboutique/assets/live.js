// The stream of what happens. One tab holds it for all tabs of this browser; the others hear from that tab.

const id = /^[a-z]{3}_[0-9a-z]{26}$/;

/** Everything an event names: itself, and the ids of what it is about. */
function names(event) {
  const found = new Set([event.event]);
  for (const value of Object.values(event).flat()) if (typeof value === "string" && id.test(value)) found.add(value);
  if (event.message) found.add(event.message.conversation);
  return found;
}

/** What a member is told in passing when they are not looking at it. */
const TOLD = /^(order_|return_|drop_off_missed|pickup_missed|pickup_moved|pickup_reminded|message_sent|strike_given)/;

/** Listens from now on; answers with how to ask up to which event everything was heard. */
export function follow({ happened, talk, toast, page, afresh, resync }) {
  const me = document.body.dataset.me ?? "";
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`live-${me}`) : null;
  let cursor = Number(document.body.dataset.cursor || 0);
  let leads = false;

  async function tell(event) {
    // What one did oneself is no news.
    const own = event.sender === me || event.by === me || (event.event === "order_placed" && event.buyer === me);
    if (own || !TOLD.test(event.event)) return;
    const message = event.message;
    if (message && talk.shows(message.conversation)) return;
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

  channel?.addEventListener("message", ({ data }) => {
    if (data.asks) {
      if (leads) channel.postMessage({ heard: cursor });
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
      source = new EventSource(`/api/v1/events?after=${cursor}`);
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
          setTimeout(start, Math.min(30000, 1000 * 2 ** failures));
        }
      };
    };
    start();
    addEventListener("pagehide", () => {
      source.close();
      release();
    });
  }

  if (navigator.locks) navigator.locks.request(`live-${me}`, () => new Promise(open));
  else open(() => {});
  return () => cursor;
}
