/**
 * The visible half of JPEG: colour at half resolution and 8x8 cosine blocks quantised by the standard's own tables
 * (ITU-T T.81, annex K). There is no entropy coding, since only what is lost matters to a picture.
 */

const lumaTable = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
const chromaTable = Array.from({ length: 64 }, (_, i) => {
  const corner = [17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99];
  return i % 8 < 4 && i < 32 ? corner[(i >> 3) * 4 + (i % 8)] : 99;
});

/** `cosines[frequency * 8 + position]`, orthonormal. */
const cosines = Float32Array.from({ length: 64 }, (_, i) => {
  const frequency = i >> 3;
  return Math.sqrt((frequency === 0 ? 1 : 2) / 8) * Math.cos(((2 * (i & 7) + 1) * frequency * Math.PI) / 16);
});

/** Degrades three display-referred planes `[size, size]` in [0, 1] in place, as a JPEG of that quality would. */
export function compressBlocks(planes: Float32Array[], size: number, quality: number): void {
  const [r, g, b] = planes;
  const y = new Float32Array(size * size);
  const cb = new Float32Array(size * size);
  const cr = new Float32Array(size * size);
  for (let i = 0; i < y.length; i++) {
    y[i] = 255 * (0.299 * r[i] + 0.587 * g[i] + 0.114 * b[i]) - 128;
    cb[i] = (255 * b[i] - y[i] - 128) * 0.564;
    cr[i] = (255 * r[i] - y[i] - 128) * 0.713;
  }
  const scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  quantisePlane(y, size, lumaTable, scale);
  const half = Math.ceil(size / 2);
  for (const plane of [cb, cr]) {
    const small = halve(plane, size, half);
    quantisePlane(small, half, chromaTable, scale);
    enlarge(small, half, plane, size);
  }
  for (let i = 0; i < y.length; i++) {
    r[i] = (y[i] + 128 + 1.402 * cr[i]) / 255;
    g[i] = (y[i] + 128 - 0.344136 * cb[i] - 0.714136 * cr[i]) / 255;
    b[i] = (y[i] + 128 + 1.772 * cb[i]) / 255;
  }
}

function halve(plane: Float32Array, size: number, half: number): Float32Array {
  const out = new Float32Array(half * half);
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++) {
      const right = Math.min(size - 1, 2 * x + 1);
      const below = Math.min(size - 1, 2 * y + 1) * size;
      const row = 2 * y * size;
      out[y * half + x] = (plane[row + 2 * x] + plane[row + right] + plane[below + 2 * x] + plane[below + right]) / 4;
    }
  return out;
}

function enlarge(small: Float32Array, half: number, plane: Float32Array, size: number): void {
  for (let y = 0; y < size; y++) {
    const v = Math.min(half - 1, Math.max(0, (y - 0.5) / 2));
    const y0 = Math.floor(v);
    const y1 = Math.min(half - 1, y0 + 1);
    for (let x = 0; x < size; x++) {
      const u = Math.min(half - 1, Math.max(0, (x - 0.5) / 2));
      const x0 = Math.floor(u);
      const x1 = Math.min(half - 1, x0 + 1);
      const top = small[y0 * half + x0] + (u - x0) * (small[y0 * half + x1] - small[y0 * half + x0]);
      const bottom = small[y1 * half + x0] + (u - x0) * (small[y1 * half + x1] - small[y1 * half + x0]);
      plane[y * size + x] = top + (v - y0) * (bottom - top);
    }
  }
}

/** Transforms, quantises and restores every 8x8 block in place; blocks over the edge see it repeated. */
function quantisePlane(plane: Float32Array, size: number, table: readonly number[], scale: number): void {
  const block = new Float32Array(64);
  const work = new Float32Array(64);
  const steps = Float32Array.from(table, (step) => Math.max(1, step * scale));
  for (let top = 0; top < size; top += 8) {
    for (let left = 0; left < size; left += 8) {
      for (let i = 0; i < 64; i++) {
        const row = Math.min(size - 1, top + (i >> 3));
        block[i] = plane[row * size + Math.min(size - 1, left + (i & 7))];
      }
      transform(block, work, false);
      for (let i = 0; i < 64; i++) block[i] = Math.round(block[i] / steps[i]) * steps[i];
      transform(block, work, true);
      for (let i = 0; i < 64; i++) {
        const row = top + (i >> 3);
        const column = left + (i & 7);
        if (row < size && column < size) plane[row * size + column] = block[i];
      }
    }
  }
}

/** Two-dimensional cosine transform of an 8x8 block in place, or its inverse. */
function transform(block: Float32Array, work: Float32Array, inverse: boolean): void {
  const [a, b] = inverse ? [1, 8] : [8, 1];
  for (let y = 0; y < 8; y++)
    for (let k = 0; k < 8; k++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += cosines[k * a + x * b] * block[y * 8 + x];
      work[y * 8 + k] = sum;
    }
  for (let x = 0; x < 8; x++)
    for (let k = 0; k < 8; k++) {
      let sum = 0;
      for (let y = 0; y < 8; y++) sum += cosines[k * a + y * b] * work[y * 8 + x];
      block[k * 8 + x] = sum;
    }
}
