/**
 * Strokes that the studio may not have yet, in the browser's own keeping (IndexedDB), so that they outlive the tab.
 * A browser that keeps nothing, as some do in private windows, loses with the tab what the studio does not have.
 */

/** A stroke on its way. */
export interface WaitingStroke {
  /** Session of the correction. */
  readonly session: string;
  /** How many strokes of the correction came before it. */
  readonly number: number;
  readonly plane: number;
  readonly slice: number;
  /** As `encodeMaskPatch` gives it. */
  readonly patch: Uint8Array;
  /** Where it put the model's mask in place, what answered; null where it took that back. */
  readonly model?: { readonly answeredBy: string } | null;
}

/** A stroke that is kept, by what it is removed with. */
export interface KeptStroke {
  readonly key: IDBValidKey;
  readonly stroke: WaitingStroke;
}

const strokes = "strokes";

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class StrokeStore {
  private constructor(private readonly database: IDBDatabase) {}

  /** Null where the browser keeps nothing. */
  static async open(): Promise<StrokeStore | null> {
    try {
      const request = indexedDB.open("dimseg-corrections", 1);
      request.onupgradeneeded = () => {
        const store = request.result.createObjectStore(strokes, { autoIncrement: true });
        store.createIndex("session", "session");
      };
      return new StrokeStore(await resultOf(request));
    } catch {
      return null;
    }
  }

  private store(mode: IDBTransactionMode): IDBObjectStore {
    return this.database.transaction(strokes, mode).objectStore(strokes);
  }

  /** Keeps a stroke. @throws when the browser has no room */
  async add(stroke: WaitingStroke): Promise<IDBValidKey> {
    return resultOf(this.store("readwrite").add(stroke));
  }

  async remove(key: IDBValidKey): Promise<void> {
    await resultOf(this.store("readwrite").delete(key));
  }

  /** Those of a correction, in the order that they were drawn in. */
  async of(session: string): Promise<KeptStroke[]> {
    const index = this.store("readonly").index("session");
    const [keys, found] = await Promise.all([resultOf(index.getAllKeys(session)), resultOf(index.getAll(session))]);
    const all = (found as WaitingStroke[]).map((stroke, i) => ({ key: keys[i], stroke }));
    // Those of one number came from two pages: the older one first, as all else is sorted.
    return all.sort((a, b) => a.stroke.number - b.stroke.number);
  }
}
