// The picture of one micrograph: which two layers are compared, where their border is, and what part is seen.
// Places on the picture and on the stage are shares of its width and height; a place u is seen at x + zoom * u.

const PAIRS = { after: ["before", "after"], invented: ["after", "invented"], uncertainty: ["after", "uncertainty"], residual: ["before", "residual"] };
const PIXELS_AT_MOST = 48; // of the screen for one of the picture
const STEP = 1.5;
const SCROLL_PAUSE = 250; // ms without scrolling before the wheel zooms

// Longest 1, 2 or 5 times a power of ten nm within a quarter of the field, as scale_bar.py has it.
function scaleBar(field) {
  const power = 10 ** Math.floor(Math.log10(0.25 * field));
  const length = [10, 5, 2, 1].find((step) => step * power <= 0.25 * field * (1 + 1e-9)) * power;
  return { length, share: length / field, label: lengthLabel(length) };
}

function lengthLabel(nm) {
  const [size, unit] = [[1e6, "mm"], [1e3, "µm"], [1, "nm"]].find(([least]) => nm >= least * (1 - 1e-9)) ?? [1e-3, "pm"];
  return `${+(nm / size).toPrecision(3)} ${unit}`;
}

class View {
  constructor(viewer) {
    this.viewer = viewer;
    this.stage = viewer.querySelector(".stage");
    this.range = viewer.querySelector(".split-input");
    this.width = +viewer.dataset.width;
    this.height = +viewer.dataset.height;
    this.pixelSize = viewer.dataset.pixelSizeNm ? +viewer.dataset.pixelSizeNm : null;
    this.zoom = 1;
    this.x = this.y = 0;
    this.changed = () => {};
    for (const radio of viewer.querySelectorAll(".choice input")) {
      radio.addEventListener("change", () => this.show(radio.value));
      if (radio.checked) this.show(radio.value);
    }
    this.range.addEventListener("input", () => this.split(+this.range.value));
    this.split(50);
    const actions = {
      in: () => this.zoomAt(this.zoom * STEP),
      out: () => this.zoomAt(this.zoom / STEP),
      fit: () => this.zoomAt(1),
      pixels: () => this.zoomAt(this.onePixel()),
    };
    for (const [name, action] of Object.entries(actions)) {
      viewer.querySelector(`[data-do="${name}"]`).addEventListener("click", action);
    }
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("dblclick", (event) => {
      if (!this.stage.classList.contains("drawing")) this.zoomAt(this.zoom > 1 ? 1 : 4, ...this.at(event));
    });
    new ResizeObserver(() => this.update()).observe(this.stage);
    this.update();
  }

  // Place of a pointer on the stage.
  at(event) {
    const box = this.stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // Place on the picture that is seen at a place of the stage.
  onPicture([x, y]) {
    return [(x - this.x) / this.zoom, (y - this.y) / this.zoom];
  }

  // Zoom at which a pixel of the micrograph is one of the screen.
  onePixel() {
    return this.width / (this.stage.clientWidth * window.devicePixelRatio);
  }

  show(name) {
    const [left, right] = PAIRS[name];
    for (const layer of this.stage.querySelectorAll(".layer")) {
      layer.classList.toggle("left", layer.dataset.picture === left);
      layer.classList.toggle("right", layer.dataset.picture === right);
    }
    for (const side of ["left", "right"]) {
      const heading = this.stage.querySelector(`.layer.${side}`).dataset.heading;
      for (const label of this.viewer.querySelectorAll(`.${side}-name`)) label.textContent = heading;
    }
    for (const bar of this.viewer.querySelectorAll(".colour-bar")) bar.classList.toggle("shown", bar.dataset.for === name);
    this.shown = name;
    this.split(+this.range.value);
  }

  split(percent) {
    const value = Math.min(100, Math.max(0, percent));
    this.range.value = value;
    const [left, right] = ["left", "right"].map((side) => this.stage.querySelector(`.layer.${side}`).dataset.heading);
    this.range.setAttribute("aria-valuetext", `${Math.round(value)} % ${left}, ${Math.round(100 - value)} % ${right}`);
    this.stage.style.setProperty("--split", `${value}%`);
  }

  // Zoom so that what is seen at a place of the stage stays there.
  zoomAt(zoom, x = 0.5, y = 0.5) {
    const most = Math.max(8, PIXELS_AT_MOST * this.onePixel());
    const next = Math.min(most, Math.max(1, zoom));
    const [u, v] = this.onPicture([x, y]);
    this.zoom = next;
    this.x = x - next * u;
    this.y = y - next * v;
    this.update();
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.update();
  }

  update() {
    this.x = Math.min(0, Math.max(1 - this.zoom, this.x));
    this.y = Math.min(0, Math.max(1 - this.zoom, this.y));
    const style = this.stage.style;
    style.setProperty("--zoom", this.zoom);
    style.setProperty("--x", `${100 * this.x}%`);
    style.setProperty("--y", `${100 * this.y}%`);
    const image = this.stage.querySelector("img");
    const pixel = (this.zoom * this.stage.clientWidth * window.devicePixelRatio) / image.width;
    this.stage.classList.toggle("zoomed", this.zoom > 1);
    this.stage.classList.toggle("enlarged", pixel >= 2);
    this.viewer.querySelector(".zoom").textContent = `${+this.zoom.toPrecision(2)}×`;
    this.viewer.querySelector('[data-do="pixels"]').disabled = this.onePixel() <= 1;
    const bar = this.stage.querySelector(".scale-bar");
    if (bar) {
      const { share, label } = scaleBar((this.width * this.pixelSize) / this.zoom);
      bar.style.setProperty("--share", share);
      bar.querySelector("b").textContent = label;
      bar.setAttribute("aria-label", `Scale bar: ${label}`);
    }
    this.changed();
  }

  key(event) {
    const step = 0.1;
    const actions = {
      ArrowLeft: () => this.move(step, 0),
      ArrowRight: () => this.move(-step, 0),
      ArrowUp: () => this.move(0, step),
      ArrowDown: () => this.move(0, -step),
      "+": () => this.zoomAt(this.zoom * STEP),
      "=": () => this.zoomAt(this.zoom * STEP),
      "-": () => this.zoomAt(this.zoom / STEP),
      0: () => this.zoomAt(1),
    };
    const arrow = event.key.startsWith("Arrow");
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey || (arrow && this.zoom === 1)) return;
    event.preventDefault();
    actions[event.key]();
  }

  // The wheel zooms, but neither stops a scrolling of the page that began elsewhere nor one out of a whole picture.
  wheel(event) {
    const now = performance.now();
    if (now - View.scrolled < SCROLL_PAUSE && !event.ctrlKey) return;
    const out = event.deltaY > 0;
    if (this.zoom === 1 && out && now - (this.wheeled ?? -Infinity) > SCROLL_PAUSE) return;
    event.preventDefault();
    this.wheeled = now;
    const pixels = event.deltaMode === 1 ? 33 * event.deltaY : event.deltaY;
    this.zoomAt(this.zoom * Math.exp(-Math.max(-200, Math.min(200, pixels)) / 300), ...this.at(event));
  }
}
View.scrolled = -Infinity;
window.addEventListener("scroll", () => (View.scrolled = performance.now()), { passive: true });
