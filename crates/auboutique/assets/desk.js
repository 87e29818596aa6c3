// The desk: a scanner, Enter and Escape. The field stays where it is and what it is: what is typed while an answer is on its
// way is not lost, and the code after it waits for its turn.

const parser = new DOMParser();

/** Codes that were typed and not looked up yet; nothing stands for what is to be done with the code that is shown. */
let waiting = [];
let busy = false;

/** Puts the answer below the field. Anything that is no desk is gone to. */
function put(form, answer, text) {
  const next = parser.parseFromString(text, "text/html");
  const served = next.getElementById("served");
  if (!served) return location.assign(answer.redirected ? answer.url : "/desk");
  form.querySelector("#served").replaceWith(document.adoptNode(served));
  const { code } = form.elements;
  const fresh = next.getElementById("code");
  code.required = fresh.required;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (fresh.hasAttribute(name)) code.setAttribute(name, fresh.getAttribute(name));
    else code.removeAttribute(name);
  }
  // A wrong code comes back to be put right, unless the next one is being typed.
  if (fresh.value && !code.value && !waiting.length) {
    code.value = fresh.value;
    code.select();
  }
}

async function serve(form, tell) {
  if (busy) return;
  busy = true;
  form.setAttribute("aria-busy", "true");
  try {
    while (waiting.length && form.isConnected) {
      const body = new URLSearchParams(new FormData(form));
      body.set("code", waiting.shift());
      const answer = await fetch(form.action, { method: "POST", headers: { accept: "text/html" }, body });
      put(form, answer, await answer.text());
    }
  } catch {
    // What was to be done is still there, under the same key: Enter asks for it again.
    waiting = [];
    tell();
  } finally {
    busy = false;
    form.removeAttribute("aria-busy");
  }
}

/** Nobody stands in front of the desk; what was last done stays to be read. */
function clear(form) {
  waiting = [];
  for (const gone of form.querySelectorAll("#shown, #wrong-code, #served > [type=hidden]:not([name=last])")) gone.remove();
  const { code } = form.elements;
  code.value = "";
  code.required = true;
  code.removeAttribute("aria-invalid");
  code.focus();
}

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form[data-desk]");
  if (!form || event.isComposing) return;
  if (event.key === "Escape") clear(form);
  const free = document.activeElement === document.body || document.activeElement.id === "main";
  if (free && (event.key.length === 1 || event.key === "Enter") && !event.ctrlKey && !event.metaKey && !event.altKey) {
    form.elements.code.focus();
    // Enter with the focus nowhere is Enter in the field.
    if (event.key === "Enter") form.requestSubmit();
  }
});

/** Gives the desk of a page that was just shown what a script gives it. */
export function desk(tell) {
  const form = document.querySelector("form[data-desk]:not([data-awake])");
  if (!form) return;
  form.dataset.awake = "yes";
  waiting = [];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { code } = form.elements;
    const typed = event.submitter?.name === "now" ? "" : code.value.trim();
    code.focus();
    // What nobody has seen yet is not done.
    if (!typed && (busy || !form.elements.shown)) return;
    code.value = "";
    waiting.push(typed);
    serve(form, tell);
  });
}
