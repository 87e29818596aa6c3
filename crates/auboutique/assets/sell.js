// Selling: pictures are sent while the rest is still being typed, and the card is shown as others will see it.

function picked(form) {
  return [...form.querySelectorAll(".shot")];
}

function mark(form) {
  picked(form).forEach((shot, place) => {
    shot.querySelector(".tag")?.remove();
    if (place) return;
    const tag = document.createElement("span");
    tag.className = "tag good";
    tag.textContent = form.dataset.cover;
    shot.append(tag);
  });
  preview(form);
}

function removable(form, shot) {
  shot.querySelector("label")?.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = form.dataset.remove;
  button.onclick = () => {
    shot.remove();
    mark(form);
    goOn(form);
  };
  shot.append(button);
}

const isSending = (form) => form.querySelector(".shot.skeleton") !== null;
const tell = (form, text) => (form.querySelector("[data-progress]").textContent = text);

/** Puts a picture on the page that is yet to be sent. */
function bring(form, file) {
  const shot = document.createElement("li");
  shot.className = "shot skeleton";
  const image = document.createElement("img");
  image.alt = file.name;
  image.src = URL.createObjectURL(file);
  shot.append(image);
  form.querySelector("[data-shots]").append(shot);
  removable(form, shot);
  return shot;
}

/** Sends a picture; answers with what is wrong with it. */
async function send(form, shot, file) {
  try {
    const headers = { "content-type": file.type || "application/octet-stream" };
    const answer = await fetch("/api/v1/pictures", { method: "POST", headers, body: file });
    const said = await answer.json();
    if (!answer.ok) return said.detail || form.dataset.failed;
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "picture", value: said.picture });
    shot.append(hidden);
    shot.classList.remove("skeleton");
    return "";
  } catch {
    return form.dataset.failed;
  }
}

/** Sends pictures one by one, and then the form, if that was asked for meanwhile. */
async function sendAll(form, files) {
  const shots = files.map((file) => [bring(form, file), file]);
  mark(form);
  let wrong = "";
  for (const [shot, file] of shots) {
    if (!shot.isConnected) continue;
    tell(form, form.dataset.sending);
    const said = await send(form, shot, file);
    if (said && shot.isConnected) {
      shot.remove();
      wrong = said;
    }
    mark(form);
  }
  // Without a picture that should be on it nothing is sent.
  if (wrong) delete form.dataset.waits;
  if (!isSending(form) || wrong) tell(form, wrong);
  goOn(form);
}

/** Sends the form that waits for its pictures, once they are there. */
function goOn(form) {
  if (isSending(form)) return;
  const waits = "waits" in form.dataset;
  delete form.dataset.waits;
  if (waits && form.isConnected) form.requestSubmit();
}

function preview(form) {
  const box = form.querySelector("[data-preview]");
  if (!box) return;
  const value = (name) => form.elements[name]?.value ?? "";
  const chosen = (name) => form.querySelector(`[name=${name}]:checked`)?.closest("label").textContent.trim() ?? "";
  const put = (name, text) => (box.querySelector(`[data-preview-${name}]`).textContent = text);
  box.hidden = false;
  const price = value("price").trim();
  put("price", price && (value("currency") === "USD" ? `$${price}` : `LBP ${price}`));
  put("title", value("title"));
  put("meta", [chosen("condition"), chosen("category")].filter(Boolean).join(" · "));
  const frame = box.querySelector("[data-preview-frame]");
  const cover = form.querySelector(".shot img");
  frame.replaceChildren();
  if (cover) frame.append(Object.assign(document.createElement("img"), { src: cover.src, alt: "" }));
}

export function sell() {
  const form = document.querySelector("[data-sell]:not([data-awake])");
  if (!form) return;
  form.dataset.awake = "yes";
  for (const shot of picked(form)) removable(form, shot);
  form.addEventListener("input", () => preview(form));
  form.addEventListener("submit", (event) => {
    if (!isSending(form)) return;
    event.preventDefault();
    form.dataset.waits = "yes";
    tell(form, form.dataset.waiting);
  });
  const input = form.elements.pictures;
  input.addEventListener("change", () => {
    const files = [...input.files].slice(0, Number(form.dataset.most) - picked(form).length);
    input.value = "";
    sendAll(form, files);
  });
  mark(form);
}
