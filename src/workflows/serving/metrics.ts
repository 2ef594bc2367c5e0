/** What a server counts and measures, as Prometheus reads it. */
import type { MiddlewareHandler } from "hono";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Admission } from "./admission.js";
import type { WorkerPool } from "./worker-pool.js";

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** The measures of one server. */
export class ServingMetrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: "dimseg_http_requests_total",
    help: "Requests that were answered, by path and status.",
    labelNames: ["path", "status"],
    registers: [this.registry],
  });
  private readonly latency = new Histogram({
    name: "dimseg_http_request_seconds",
    help: "From the end of a request's headers to its answer, by path.",
    labelNames: ["path"],
    buckets: secondsBuckets,
    registers: [this.registry],
  });
  private readonly work = new Histogram({
    name: "dimseg_segmentation_seconds",
    help: "From an upload's last byte to its mask, waiting included.",
    buckets: secondsBuckets,
    registers: [this.registry],
  });

  /** @param paths that are told apart; every other is `other`, as clients could name any number of them */
  constructor(
    pool: WorkerPool,
    admission: Admission,
    private readonly paths: readonly string[],
  ) {
    // Event-loop lag, memory, processor time and open files of the server's own process.
    collectDefaultMetrics({ register: this.registry });
    const gauges: [string, string, () => number][] = [
      ["dimseg_workers", "Workers that can be asked or are at work.", () => pool.workers],
      ["dimseg_workers_busy", "Workers at work.", () => pool.busy],
      ["dimseg_queue_length", "Uploads that wait for a worker.", () => pool.waiting],
      ["dimseg_uploads", "Uploads that are being sent, waiting or at work.", () => admission.inside],
      ["dimseg_upload_places", "Uploads that are taken at a time.", () => admission.places],
    ];
    for (const [name, help, value] of gauges)
      new Gauge({
        ...{ name, help, registers: [this.registry] },
        collect() {
          this.set(value());
        },
      });
  }

  /** Counts every request. */
  counting(): MiddlewareHandler {
    return async (c, next) => {
      const path = this.paths.includes(c.req.path) ? c.req.path : "other";
      const stop = this.latency.startTimer({ path });
      await next();
      stop();
      this.requests.inc({ path, status: c.res.status });
    };
  }

  /** Notes how long an upload took. */
  segmented(seconds: number): void {
    this.work.observe(seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All of it. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
