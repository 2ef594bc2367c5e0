/** Lossless JPEG (T.81 annex H) for tests: one component, predicted from the left, every category coded with five bits. */

/** A segment with its length. */
function segment(marker: number, content: readonly number[]): number[] {
  const size = content.length + 2;
  return [0xff, marker, size >> 8, size & 255, ...content];
}

/** @param values rows one after the other */
export function losslessJpeg(values: readonly number[], width: number, bits: number): Buffer {
  const height = values.length / width;
  const lengths = Array.from({ length: 16 }, (_, i) => (i === 4 ? 17 : 0));
  const codes = Array.from({ length: 17 }, (_, category) => category);
  let text = "";
  values.forEach((value, i) => {
    const [left, above] = [values[i - 1], values[i - width]];
    const predicted = i === 0 ? 2 ** (bits - 1) : i % width === 0 ? above : left;
    const difference = value - predicted;
    const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    text += category.toString(2).padStart(5, "0");
    if (category > 0)
      text += (difference > 0 ? difference : difference + 2 ** category - 1).toString(2).padStart(category, "0");
  });
  text = text.padEnd(Math.ceil(text.length / 8) * 8, "1");
  const data = (text.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xc3, [bits, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    ...segment(0xc4, [0, ...lengths, ...codes]),
    ...segment(0xda, [1, 1, 0, 1, 0, 0]),
    ...data.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])),
    ...[0xff, 0xd9],
  ]);
}
