/**
 * Stretches of work that are captured once and then repeated as a whole, by one call of the host. The operators are those
 * of the capture, on the same tensors in the same memory: what is to differ from one repetition to the next is copied into
 * tensors that the work reads. On a GPU this is libtorch's own graph, which spares the host the thousands of calls of a
 * step. On the CPU it keeps the same rules, so that they can be tested anywhere, and the memory of all that it computed.
 */
import { hostUploads } from "./create.js";
import { CaptureError } from "./errors.js";
import { native } from "./native.js";
import { type Device, hostReads } from "./tensor.js";

/** Work that was captured. Its memory is its own until it is disposed. */
export class Graph implements Disposable {
  private constructor(private number: number) {}

  /**
   * Captures what `body` asks of a device, and has it run once; on the CPU that is what it asks of libtorch, so layers have
   * to be told before to ask for nothing else (`useLibtorchAlone`). The body must not be asynchronous, read values of the
   * device, send any, or go otherwise the next time; what it needs for the first time, such as momentum, was made before,
   * and tensors of before that it reads have to stay. A failure on a GPU may leave it of no more use to this process.
   * @param sharing a graph of the device whose memory this one may use as well: neither is to need what the other left
   * @throws CaptureError when the body reads or sends values, or when libtorch captures nothing on the device
   * @throws TorchError when the device refuses to capture an operator
   */
  static capture(device: Device, body: () => void, sharing?: Graph): Graph {
    const [reads, uploads] = [hostReads(), hostUploads()];
    const number = native().beginCapture(device, sharing?.number);
    try {
      body();
      if (hostReads() !== reads) throw new CaptureError("a captured step must not read values of the device");
      if (hostUploads() !== uploads) throw new CaptureError("a captured step must not send values to the device");
    } catch (error) {
      native().abandonCapture(number);
      throw error;
    }
    const graph = new Graph(number);
    try {
      native().endCapture(number);
    } catch (error) {
      graph.dispose();
      throw error;
    }
    return graph;
  }

  /** Runs it again. @throws DisposedError */
  replay(): void {
    native().replayGraph(this.number);
  }

  /** Frees it and what only it holds. Harmless when repeated. */
  dispose(): void {
    if (this.number > 0) native().releaseGraph(this.number);
    this.number = 0;
  }

  /** Frees it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
