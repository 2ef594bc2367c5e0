/** Brightness and colour differences to red, green and blue, full range (PS3.3, C.7.6.3.1.2; ITU-T T.871). */

const clamp = (value: number) => Math.min(255, Math.max(0, Math.floor(value + 0.5)));

/** Turns planes `[3, S]` of Y, Cb and Cr into red, green and blue, in place. */
export function yccToRgb(planes: Uint8Array): void {
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i++) {
    const y = planes[i];
    const cb = planes[pixels + i] - 128;
    const cr = planes[2 * pixels + i] - 128;
    planes[i] = clamp(y + 1.402 * cr);
    planes[pixels + i] = clamp(y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587);
    planes[2 * pixels + i] = clamp(y + 1.772 * cb);
  }
}
