/** Bytes in GiB or MiB, for people. */
export function bytesText(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  if (gibibytes >= 1) return `${gibibytes.toFixed(1)} GiB`;
  const mebibytes = bytes / 2 ** 20;
  return `${mebibytes >= 10 ? Math.round(mebibytes) : mebibytes.toFixed(1)} MiB`;
}
