// The chart of a profile: before (dashed), restored (solid) and its interval (band), in grey levels of 255.

function element(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Round numbers that cover [low, high] in about `count` steps.
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(+(k * step).toPrecision(12));
  return found;
}

class Chart {
  constructor(holder, hover) {
    this.holder = holder;
    this.hover = hover;
    new ResizeObserver(() => this.draw()).observe(holder);
    holder.addEventListener("pointermove", (event) => this.point(event));
    holder.addEventListener("pointerleave", () => this.point(null));
  }

  message(text) {
    this.course = null;
    const made = document.createElement("p");
    made.className = "message";
    made.textContent = text;
    this.holder.replaceChildren(made);
  }

  set(course) {
    this.course = course;
    this.draw();
  }

  draw() {
    const course = this.course;
    const [width, height] = [this.holder.clientWidth, this.holder.clientHeight];
    if (!course || !width) return;
    const [left, right, top, bottom] = [52, width - 12, 10, height - 40];
    const end = course.distance.at(-1);
    const [scale, unit] = course.unit === "pixels" ? [1, "pixels"] : end >= 2000 ? [1000, "µm"] : [1, "nm"];
    const edges = course.after.map((value, k) => (course.half ? [value - course.half[k], value + course.half[k]] : [value, value]));
    const all = [...course.before, ...edges.flat()];
    const low = Math.max(0, Math.min(...all.map((value) => Math.max(0, value))) - 4);
    const high = Math.min(255, Math.max(...all.map((value) => Math.min(255, value))) + 4);
    this.x = (distance) => left + ((right - left) * distance) / end;
    this.y = (value) => bottom - ((bottom - top) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    for (const value of ticks(low, high, 5)) {
      svg.append(element("line", { class: "grid", x1: left, x2: right, y1: this.y(value), y2: this.y(value) }));
      svg.append(element("text", { x: left - 6, y: this.y(value) + 4, "text-anchor": "end" }, value));
    }
    for (const value of ticks(0, end / scale, Math.max(2, Math.floor(width / 110)))) {
      svg.append(element("text", { x: this.x(value * scale), y: bottom + 16, "text-anchor": "middle" }, value));
    }
    svg.append(element("text", { x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, `distance (${unit})`));
    const turned = { transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" };
    svg.append(element("text", turned, "grey level"));
    const points = (values) => values.map((value, k) => `${this.x(course.distance[k]).toFixed(1)},${this.y(value).toFixed(1)}`);
    if (course.half) {
      const outline = [...points(edges.map(([lower]) => lower)), ...points(edges.map(([, upper]) => upper)).reverse()];
      svg.append(element("polygon", { class: "band", points: outline.join(" ") }));
    }
    for (const name of ["before", "after"]) svg.append(element("polyline", { class: name, points: points(course[name]).join(" ") }));
    this.cursor = element("line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden" });
    svg.append(this.cursor);
    this.holder.replaceChildren(svg);
    this.holder.setAttribute("aria-label", `Profile over ${+(end / scale).toPrecision(3)} ${unit}: grey levels ${Math.round(low)} to ${Math.round(high)}`);
    this.scale = scale;
    this.unit = unit;
  }

  point(event) {
    if (!this.course || !this.cursor) return;
    this.cursor.setAttribute("visibility", event ? "visible" : "hidden");
    this.hover.textContent = "";
    if (!event) return;
    const at = event.clientX - this.holder.getBoundingClientRect().left;
    const { distance, before, after, half } = this.course;
    const share = (at - this.x(0)) / (this.x(distance.at(-1)) - this.x(0));
    const k = Math.round(Math.min(1, Math.max(0, share)) * (distance.length - 1));
    this.cursor.setAttribute("x1", this.x(distance[k]));
    this.cursor.setAttribute("x2", this.x(distance[k]));
    const spread = half ? ` ± ${half[k].toFixed(0)}` : "";
    this.hover.textContent = `${+(distance[k] / this.scale).toPrecision(4)} ${this.unit}: before ${before[k].toFixed(0)}, restored ${after[k].toFixed(0)}${spread}`;
  }
}
