// The page of the map: nothing of it is loaded until somebody asks. Without it the sketch and the list stand.
const box = document.querySelector(".mapping");
const button = box?.querySelector("button");
const status = box?.querySelector("[role=status]");

async function load() {
  button.setAttribute("aria-disabled", "true");
  try {
    const [{ draw }, answer] = await Promise.all([import("./drawing.js"), fetch(box.dataset.points)]);
    if (!answer.ok) throw new Error(answer.status);
    const data = await answer.json();
    const canvas = box.querySelector(".canvas");
    canvas.hidden = false;
    draw(canvas, data, box.dataset);
    box.querySelector("svg.map")?.remove();
    button.remove();
    status.textContent = data.sources.length ? `${box.dataset.source} ${data.sources.join(", ")}` : "";
  } catch {
    box.querySelector(".canvas").hidden = true;
    button.removeAttribute("aria-disabled");
    status.textContent = box.dataset.failed;
  }
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    if (!button.hasAttribute("aria-disabled")) load();
  });
}
