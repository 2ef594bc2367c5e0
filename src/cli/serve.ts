/** `dimseg serve RUN`: masks over HTTP. */
import { type Command, Option } from "commander";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { ServeInput } from "../workflows/serve.js";
import { checkpointOption } from "./options/checkpoint.js";
import { domainOption } from "./options/domain.js";
import { engineOption } from "./options/engine.js";
import { intensityOf, intensityOption } from "./options/intensity.js";
import { addRuleOptions, type RuleOptions, rulesFrom } from "./options/rules.js";
import { inTerminal } from "./terminal/observer.js";
import { stoppedCode, watchStopSignals } from "./terminal/stop-signals.js";

type Numbers = "port" | "workers" | "queue";

interface ServeVerbOptions
  extends Pick<ServeInput, "checkpoint" | "network" | "tta" | "domain" | "engine" | "quality" | "host" | "tokenFile">,
    Readonly<Record<Numbers | "maxUpload" | "timeout", string>>,
    RuleOptions {
  readonly intensity?: readonly string[];
}

/** A number as it was written; not a number for anything else, which the workflow refuses. */
function numberOf(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

async function serve(run: string, options: ServeVerbOptions): Promise<void> {
  const { checkpoint, network, tta, domain, engine, quality, host, tokenFile, port, workers, queue } = options;
  const ending = new AbortController();
  const signals = watchStopSignals((signal, isFirst) => {
    if (!isFirst) process.exit(stoppedCode(signal));
    console.error(`${signal}: ending when the requests under way are answered; send it again to end at once`);
    ending.abort();
  });
  try {
    const { serveModel } = await import("../workflows/serve.js");
    const input = {
      ...{ run, checkpoint, network, tta, domain, engine, quality, host, tokenFile, ending: ending.signal },
      ...{ intensity: intensityOf(options.intensity, "run", "RUN"), rules: rulesFrom(options) },
      ...{ port: numberOf(port), workers: numberOf(workers), queue: numberOf(queue) },
      ...{ maxBytes: numberOf(options.maxUpload) * 2 ** 20, seconds: numberOf(options.timeout) },
    };
    await inTerminal((observer) =>
      serveModel(input, {
        ...observer,
        listening(url, { answeredBy }) {
          console.log(answeredBy);
          console.log(`Listening at ${url}: POST ${url}/v1/masks takes an image; the page at ${url} shows the rest.`);
        },
      }),
    );
    console.log("Ended; every request was answered.");
  } finally {
    signals.release();
  }
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  const command = program
    .command("serve")
    .description("answer HTTP requests with masks of a trained run or an exported model, until it is told to end")
    .argument("<run>", "run folder, or what `dimseg export` wrote: the folder, or the ONNX file alone")
    .option("--port <number>", "where to listen; 0 takes any that is free", "8765")
    .option("--host <address>", "which address; others than loopback need --token-file", "127.0.0.1")
    .option("--token-file <file>", "holds the token that every client has to show")
    .option("--workers <number>", "processes that segment, each with the model; they share the cores", "1")
    .option("--queue <number>", "uploads that may wait; further ones are told to come again later", "128")
    .option("--max-upload <MiB>", "largest upload", "256")
    .option("--timeout <seconds>", "longest time of sending an upload, and of segmenting it", "120")
    .addOption(checkpointOption("which checkpoint"))
    .addOption(new Option("--network <name>", "which network").choices(networkNames).default("student"))
    .addOption(engineOption())
    .addOption(intensityOption())
    .addOption(domainOption())
    .option("--tta", "average over mirror images", false)
    .option("--quality", "estimate masks where asked to; the run's data set must be in place", false);
  addRuleOptions(command).action(serve);
}
