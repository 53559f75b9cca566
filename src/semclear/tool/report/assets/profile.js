// Numbers of one micrograph, and their course along a line. Places are shares of width and height.

class Numbers {
  constructor(viewer) {
    this.images = Object.fromEntries(
      [...viewer.querySelectorAll(".layer")].map((layer) => [layer.dataset.picture, layer.querySelector("img")]),
    );
    this.width = +viewer.dataset.width;
    this.height = +viewer.dataset.height;
    this.pixelSize = viewer.dataset.pixelSizeNm ? +viewer.dataset.pixelSizeNm : null;
    this.factor = viewer.dataset.intervalFactor && this.images.uncertainty ? +viewer.dataset.intervalFactor : null;
    this.floor = +viewer.dataset.floor;
  }

  // Decode all pictures once; `forget` frees them.
  load() {
    this.loading ??= Promise.all(
      Object.entries(this.images).map(async ([name, image]) => {
        const made = await decoded(image.src);
        return [name, { ...made, black: +image.dataset.black, white: +image.dataset.white }];
      }),
    ).then((pairs) => (this.pictures = Object.fromEntries(pairs)));
    return this.loading;
  }

  forget() {
    this.loading = this.pictures = undefined;
  }

  // Grey value of a picture at column x and row y, its own pixels, linear between their centres.
  value(name, x, y) {
    const { width, height, indices, black, white } = this.pictures[name];
    const column = Math.min(width - 1, Math.max(0, x));
    const row = Math.min(height - 1, Math.max(0, y));
    const [left, top] = [Math.floor(column), Math.floor(row)];
    const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
    const [s, t] = [column - left, row - top];
    const upper = indices[top * width + left] * (1 - s) + indices[top * width + right] * s;
    const lower = indices[bottom * width + left] * (1 - s) + indices[bottom * width + right] * s;
    return black + ((white - black) * (upper * (1 - t) + lower * t)) / 255;
  }

  // Half the interval at a place, in grey, or null where none is known.
  half(x, y) {
    return this.factor === null ? null : this.factor * (this.value("uncertainty", x, y) + this.floor);
  }

  // What is known at a place: {before, after, half, uncertainty, residual} in grey levels of 255, and its pixel.
  probe([u, v]) {
    const { width, height } = this.pictures.before;
    const [x, y] = [Math.floor(u * width), Math.floor(v * height)];
    const found = { column: Math.floor(u * this.width), row: Math.floor(v * this.height) };
    for (const name of Object.keys(this.pictures)) found[name] = 255 * this.value(name, x, y);
    const half = this.half(x, y);
    found.half = half === null ? null : 255 * half;
    return found;
  }

  // Course along a line between two places: distances from its start (nm, or pixels where their size is unknown), and
  // grey levels of 255 one pixel of the picture apart.
  along([[u0, v0], [u1, v1]]) {
    const { width, height } = this.pictures.before;
    const start = [u0 * width - 0.5, v0 * height - 0.5];
    const step = [(u1 - u0) * width, (v1 - v0) * height];
    const count = Math.max(2, Math.round(Math.max(Math.abs(step[0]), Math.abs(step[1]))) + 1);
    const length = Math.hypot((u1 - u0) * this.width, (v1 - v0) * this.height) * (this.pixelSize ?? 1);
    const course = { unit: this.pixelSize === null ? "pixels" : "nm", distance: [], before: [], after: [], half: this.factor === null ? null : [] };
    for (let k = 0; k < count; k++) {
      const share = k / (count - 1);
      const [x, y] = [start[0] + share * step[0], start[1] + share * step[1]];
      course.distance.push(share * length);
      course.before.push(255 * this.value("before", x, y));
      course.after.push(255 * this.value("after", x, y));
      if (course.half) course.half.push(255 * this.half(x, y));
    }
    return course;
  }
}

// The line through the centres of a row's or column's pixels, from the first to the last; `index` counts the micrograph's.
function straight(numbers, direction, index) {
  const { width, height } = numbers.pictures.before;
  const [ends, across] = direction === "row" ? [0.5 / width, (index + 0.5) / numbers.height] : [0.5 / height, (index + 0.5) / numbers.width];
  return direction === "row" ? [[ends, across], [1 - ends, across]] : [[across, ends], [across, 1 - ends]];
}

function csvOf(course) {
  const heading = [`distance (${course.unit})`, "before (levels of 255)", "restored (levels of 255)"];
  if (course.half) heading.push("half interval (levels of 255)");
  const rows = course.distance.map((distance, k) =>
    [distance, course.before[k], course.after[k], ...(course.half ? [course.half[k]] : [])].map((value) => +value.toFixed(4)).join(","),
  );
  return [heading.join(","), ...rows].join("\n") + "\n";
}
