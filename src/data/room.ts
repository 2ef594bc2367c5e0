/**
 * Memory that images being decoded may take together. Several small ones are decoded side by side, a large one waits until
 * it is alone: the peak is that of one file, however many are under way.
 */

/** 512 MiB, over all that this process decodes. */
const roomBytes = 2 ** 29;

let taken = 0;
const waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

function letIn(): void {
  while (waiting.length > 0 && taken + waiting[0].bytes <= roomBytes) {
    const [first] = waiting.splice(0, 1);
    taken += first.bytes;
    first.enter();
  }
}

/**
 * Runs a task once there is room for it, in the order of the calls. A task must not ask for room within its own.
 * @param bytes what it takes at its peak; one that takes more than there is runs alone
 */
export async function withRoom<T>(bytes: number, task: () => Promise<T>): Promise<T> {
  const wanted = Math.min(bytes, roomBytes);
  await new Promise<void>((enter) => {
    waiting.push({ bytes: wanted, enter });
    letIn();
  });
  try {
    return await task();
  } finally {
    taken -= wanted;
    letIn();
  }
}
