/**
 * HDF5 files opened by the library of the HDF Group, one at a time, in a thread that is ended when a file takes too long,
 * too much memory or breaks it. Nothing in a file reaches another file or the disk: the library sees its bytes alone.
 */
import { Worker } from "node:worker_threads";
import { DataError } from "../../../core/errors.js";

/** What the library says of a data set in a file. */
export interface Hdf5Dataset {
  /** Its name, after those of the groups that it is in: `image`, `t1/voxels`. */
  readonly path: string;
  /** The class of its values, as HDF5 numbers it. */
  readonly type: number;
  /** Bytes of a value. */
  readonly size: number;
  readonly signed: boolean;
  /** Slowest axis first; empty for a single value. */
  readonly shape: readonly number[];
  /** Whether its values lie in other data sets. */
  readonly isVirtual: boolean;
  /** Names of an enumeration's values. */
  readonly members: readonly string[];
  readonly filters: readonly { readonly id: number; readonly name: string }[];
}

/** An open file. */
export interface Hdf5File {
  readonly datasets: readonly Hdf5Dataset[];
  /**
   * The values of a data set, little-endian, in memory of their own.
   * @throws DataError when they are damaged
   */
  read(path: string, bytes: number): Promise<Uint8Array>;
}

/** A step may take these seconds of the processor, and one more for every so many bytes of file or values. */
const leastSeconds = 1.5;
const bytesEachSecond = 2 ** 23;
/** Memory of the library beside a file's bytes: to list what is in it, and beside twice the values that are read. */
const memoryBytes = 2 ** 27;
/** A thread whose memory has grown beyond this is ended after its file, as memory is never given back. */
const keptBytes = 2 ** 26;

/** One step, as worker.js takes it: a file is opened, a data set of it read, or with nothing the file is closed. */
interface Request {
  readonly open?: Uint8Array;
  readonly path?: string;
  readonly bytes?: number;
  readonly memoryBytes?: number;
}

interface Answer {
  readonly result?: unknown;
  readonly failure?: string;
  /** Of a failure after which the thread is as if it had seen no file: bytes that its library had taken until then. */
  readonly memory?: number;
}

/** The thread, and what is asked of it. */
class Thread {
  private readonly worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: { memoryBytes } });
  private waiting: ((answer: Answer) => void) | undefined;
  readonly ready = this.answer();

  constructor() {
    this.worker.on("message", (answer: Answer) => this.waiting?.(answer));
    this.worker.on("error", (cause) => this.waiting?.({ failure: String(cause) }));
    this.worker.on("exit", () => {
      if (thread === this) thread = undefined;
      this.waiting?.({ failure: "the thread has ended" });
    });
  }

  /** Asks for one step. @returns a failure also when the time is over, and then the thread is of no use any more */
  async ask(request: Request, seconds: number): Promise<Answer> {
    const answer = this.answer(seconds);
    this.worker.postMessage(request, request.open ? [request.open.buffer as ArrayBuffer] : []);
    return answer;
  }

  end(): void {
    void this.worker.terminate();
  }

  private answer(seconds?: number): Promise<Answer> {
    this.worker.ref();
    const began = process.cpuUsage();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (answer: Answer) => {
        if (this.waiting !== settle) return;
        clearTimeout(timer);
        this.waiting = undefined;
        // An idle thread keeps no program running.
        this.worker.unref();
        resolve(answer);
      };
      const look = (): void => {
        // On a busy machine the thread may not have run at all: the time of the processor counts.
        const { user, system } = process.cpuUsage(began);
        const left = (seconds as number) - (user + system) / 1e6;
        if (left > 0) timer = setTimeout(look, 1000 * left);
        // An answer that came while this thread was busy is taken first.
        else setImmediate(settle, { failure: `takes more than ${seconds} s` });
      };
      this.waiting = settle;
      if (seconds !== undefined) timer = setTimeout(look, 1000 * seconds);
    });
  }
}

let thread: Thread | undefined;
let last: Promise<unknown> = Promise.resolve();

function secondsFor(bytes: number): number {
  return leastSeconds + bytes / bytesEachSecond;
}

async function openThread(): Promise<Thread> {
  thread ??= new Thread();
  const { failure } = await thread.ready;
  if (failure === undefined) return thread;
  thread = undefined;
  throw new Error(`internal: the HDF5 library does not start: ${failure}`);
}

async function inThread<T>(bytes: Uint8Array, file: string, task: (open: Hdf5File) => Promise<T>): Promise<T> {
  const own = await openThread();
  let isOpen = true;
  const step = async <R>(request: Request, seconds: number): Promise<R> => {
    const { result, failure, memory = Number.POSITIVE_INFINITY } = await own.ask(request, seconds);
    if (failure === undefined) return result as R;
    isOpen = false;
    if (memory > keptBytes) close(own);
    throw new DataError(`${file}: the HDF5 file is damaged or truncated; replace it`, { cause: failure });
  };
  // A copy that is handed over: the caller goes on with its own.
  const datasets = await step<readonly Hdf5Dataset[]>({ open: new Uint8Array(bytes) }, secondsFor(bytes.length));
  const read = (path: string, count: number) => {
    const request = { path, bytes: count, memoryBytes: memoryBytes + 2 * count };
    return step<Uint8Array>(request, secondsFor(bytes.length + count));
  };
  try {
    return await task({ datasets, read });
  } finally {
    if (isOpen && (await step<number>({}, leastSeconds)) > keptBytes) close(own);
  }
}

function close(own: Thread): void {
  own.end();
  thread = undefined;
}

/**
 * Opens a file for a task; other files wait until it is done.
 * @param bytes the whole file
 * @param file  for messages
 * @throws DataError when the file is damaged, takes more processor time than a file of its size does, or more memory than
 *   its values need
 */
export function withHdf5<T>(bytes: Uint8Array, file: string, task: (open: Hdf5File) => Promise<T>): Promise<T> {
  const result = last.then(() => inThread(bytes, file, task));
  last = result.catch(() => {});
  return result;
}
