// Brings a micrograph's section to life: picture, pointer, profile. `window.semclear` is there to look into.

class Micrograph {
  constructor(section) {
    this.section = section;
    const viewer = section.querySelector(".viewer");
    this.viewer = viewer;
    this.view = new View(viewer);
    this.numbers = new Numbers(viewer);
    this.chart = new Chart(viewer.querySelector(".chart"), viewer.querySelector(".hover"));
    this.direction = viewer.querySelector(".direction");
    this.position = viewer.querySelector(".position");
    this.readout = viewer.querySelector(".readout");
    this.drawButton = viewer.querySelector('[data-do="draw"]');
    this.line = null; // drawn by hand; null is the chosen row or column
    this.pointers = new Map();
    this.view.changed = () => this.drawLine();
    this.position.addEventListener("input", () => this.choose());
    this.direction.addEventListener("change", () => {
      const last = (this.direction.value === "row" ? this.view.height : this.view.width) - 1;
      this.position.max = last;
      this.position.value = Math.floor(last / 2);
      this.choose();
    });
    this.drawButton.addEventListener("click", () => this.drawing(!this.isDrawing));
    viewer.querySelector('[data-do="save"]').addEventListener("click", () => this.save());
    const stage = this.view.stage;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.pointed(event));
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, (event) => this.up(event));
    stage.addEventListener("pointerleave", () => (this.readout.textContent = "Point at the picture to read its values."));
  }

  // Decode what the profile needs while the section is near the screen, and free it afterwards.
  near(isNear) {
    if (!isNear) {
      this.numbers.forget();
      return Promise.resolve();
    }
    return this.numbers
      .load()
      .then(() => this.profile())
      .catch(() => this.chart.message("This browser cannot decode the pictures' numbers; a newer one shows profiles."));
  }

  choose() {
    this.line = null;
    this.profile();
  }

  ends() {
    return this.line ?? straight(this.numbers, this.direction.value, +this.position.value);
  }

  profile() {
    if (!this.numbers.pictures) return;
    this.course = this.numbers.along(this.ends());
    this.chart.set(this.course);
    const { distance, unit } = this.course;
    const length = unit === "nm" ? lengthLabel(distance.at(-1)) : `${distance.at(-1).toFixed(1)} pixels`;
    this.position.setAttribute("aria-valuetext", `${this.direction.value} ${this.position.value}`);
    this.viewer.querySelector(".where").textContent = this.line ? `own line, ${length}` : `${this.direction.value} ${this.position.value}, ${length}`;
    this.drawLine();
  }

  drawLine() {
    if (!this.numbers?.pictures) return;
    const { x, y, zoom } = this.view;
    const [[u0, v0], [u1, v1]] = this.ends();
    const places = { x1: x + zoom * u0, y1: y + zoom * v0, x2: x + zoom * u1, y2: y + zoom * v1 };
    for (const drawn of this.viewer.querySelectorAll(".line line")) {
      for (const [name, value] of Object.entries(places)) drawn.setAttribute(name, value);
    }
  }

  drawing(on) {
    this.isDrawing = on;
    this.view.stage.classList.toggle("drawing", on);
    this.drawButton.setAttribute("aria-pressed", on);
    this.drawButton.textContent = on ? "Drag across the picture" : "Draw a profile line";
  }

  down(event) {
    if (event.button) return;
    this.view.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.view.at(event));
    const onDivider = event.target.closest(".divider");
    this.task = this.isDrawing ? "draw" : this.pointers.size === 2 ? "pinch" : onDivider || this.view.zoom === 1 ? "split" : "pan";
    this.from = this.view.onPicture(this.view.at(event));
    this.moved = false;
  }

  pointed(event) {
    const at = this.view.at(event);
    this.read(at);
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    this.moved ||= Math.hypot(at[0] - last[0], at[1] - last[1]) * this.view.stage.clientWidth > 2;
    if (!this.moved) return;
    if (this.task === "pinch") this.pinch(event.pointerId, last, at);
    this.pointers.set(event.pointerId, at);
    if (this.task === "split") this.view.split(100 * at[0]);
    if (this.task === "pan") this.view.move(at[0] - last[0], at[1] - last[1]);
    if (this.task === "draw") {
      this.line = [this.from, this.view.onPicture(at)].map((place) => place.map((share) => Math.min(1, Math.max(0, share))));
      this.profile();
    }
  }

  pinch(id, last, at) {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const apart = (place) => Math.max(0.01, Math.hypot(place[0] - other[0], place[1] - other[1]));
    this.view.zoomAt((this.view.zoom * apart(at)) / apart(last), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (this.task === "draw" && this.moved) this.drawing(false);
    this.task = null;
  }

  read(at) {
    const place = this.view.onPicture(at);
    if (!this.numbers.pictures || place.some((share) => share < 0 || share >= 1)) return;
    const found = this.numbers.probe(place);
    const level = (value) => value.toFixed(0).replace("-", "−");
    const parts = [`column ${found.column}, row ${found.row}: before ${level(found.before)}, restored ${level(found.after)}`];
    if (found.half !== null) parts[0] += ` ± ${level(found.half)}`;
    if ("invented" in found) parts.push(`may be invented ${found.invented.toFixed(1)}`);
    if ("uncertainty" in found) parts.push(`uncertainty ${found.uncertainty.toFixed(1)}`);
    if ("residual" in found) parts.push(`residual ${found.residual.toFixed(1).replace("-", "−")}`);
    this.readout.textContent = parts.join(", ");
  }

  save() {
    if (!this.course) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvOf(this.course)], { type: "text/csv" }));
    link.download = `profile-${this.section.id}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

const root = document.documentElement;
root.classList.add("live", "scripted");
const micrographs = [...document.querySelectorAll(".micrograph")].map((section) => new Micrograph(section));
const watched = new IntersectionObserver(
  (changes) => changes.forEach(({ target, isIntersecting }) => micrographs.find(({ viewer }) => viewer === target).near(isIntersecting)),
  { rootMargin: "50%" },
);
micrographs.forEach(({ viewer }) => watched.observe(viewer));

// A link into a folded section unfolds it.
function unfold(hash) {
  const fold = hash.length > 1 && document.getElementById(hash.slice(1))?.querySelector(":scope > .fold");
  if (fold) fold.open = true;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) unfold(link.hash);
  const button = event.target.closest("[data-fold]");
  if (button) micrographs.forEach(({ section }) => (section.querySelector(".fold").open = button.dataset.fold === "open"));
});
window.addEventListener("hashchange", () => unfold(location.hash));
unfold(location.hash);

// On paper all pictures stand beside each other, whole, and every table is open.
let closed = [];
window.addEventListener("beforeprint", () => {
  micrographs.forEach(({ view }) => view.zoomAt(1));
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((details) => (details.open = true));
  root.classList.remove("live");
});
window.addEventListener("afterprint", () => {
  closed.forEach((details) => (details.open = false));
  root.classList.add("live");
});
window.semclear = { micrographs };
