// The numbers of a picture, decoded from the very bytes that the page shows. A canvas would give them too, but browsers
// that guard against fingerprinting change what is read from one.

// Undo the five row filters of PNG for one byte a pixel; W3C PNG, third edition, section 9.
function unfiltered(rows, width, height) {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)];
    const from = y * (width + 1) + 1;
    const at = y * width;
    for (let x = 0; x < width; x++) {
      const left = x ? out[at + x - 1] : 0;
      const above = y ? out[at + x - width] : 0;
      const corner = x && y ? out[at + x - width - 1] : 0;
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = above;
      else if (filter === 3) guess = (left + above) >> 1;
      else if (filter === 4) {
        const p = left + above - corner;
        const [a, b, c] = [Math.abs(p - left), Math.abs(p - above), Math.abs(p - corner)];
        guess = a <= b && a <= c ? left : b <= c ? above : corner;
      }
      out[at + x] = rows[from + x] + guess;
    }
  }
  return out;
}

// Return {width, height, indices} of an 8-bit gray or palette PNG given as a data address.
async function decoded(address) {
  const bytes = Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const parts = [];
  let size = null;
  for (let at = 8; at < bytes.length; ) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (kind === "IHDR") size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (kind === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ...size, indices: unfiltered(rows, size.width, size.height) };
}
