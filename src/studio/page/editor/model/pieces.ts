/** Pieces of a part that lie apart from each other. */
import { type Box, boxAround, type Size } from "./box.js";
import type { Region } from "./region.js";

/**
 * All of a part but one piece of it.
 * @param holds for each byte whether the part is there
 * @returns null where there is no other piece
 */
export function otherPieces(codes: Uint8Array, size: Size, holds: Uint8Array, piece: Region): Region | null {
  const { box, covered } = piece;
  const isInPiece = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < box.width && y < box.height && covered[y * box.width + x] !== 0;
  const isOther = (index: number) => {
    if (holds[codes[index]] === 0) return false;
    const y = Math.floor(index / size.width);
    return !isInPiece(index - y * size.width - box.x, y - box.y);
  };
  const around: Box | null = boxAround({ x: 0, y: 0, ...size }, size.width, isOther);
  if (around === null) return null;
  const others = new Uint8Array(around.width * around.height);
  for (let y = 0; y < around.height; y++)
    for (let x = 0; x < around.width; x++)
      others[y * around.width + x] = Number(isOther((around.y + y) * size.width + around.x + x));
  return { box: around, covered: others };
}
