/** What a checkpoint holds: every tensor that training continues from, and where it stood. */
import {
  divergenceFile,
  loadNetwork,
  memoryFile,
  networkFile,
  optimizerFile,
  type Progress,
  progressFile,
  progressOf,
  statisticsFile,
  studentFile,
  tensorsOf,
} from "../runs/checkpoints/checkpoint-contents.js";
import { scope, serializeTensors } from "../torch/index.js";
import type { TrainingSession } from "./session.js";

/** The files of a checkpoint. */
export function collectState(session: TrainingSession, progress: Progress): Map<string, string | Uint8Array[]> {
  return scope(() => {
    const files = new Map<string, string | Uint8Array[]>([
      [studentFile, serializeTensors(session.student.stateDict())],
      [optimizerFile, serializeTensors(session.minimizer.state())],
      [progressFile, `${JSON.stringify(progress, null, 2)}\n`],
    ]);
    for (const [name, network] of Object.entries(session.method.networks)) {
      files.set(networkFile(name), serializeTensors(network.stateDict()));
    }
    if (session.method.memory) files.set(memoryFile, serializeTensors(session.method.memory.state()));
    if (session.comparison) files.set(divergenceFile, serializeTensors(session.comparison.estimator.state()));
    if (session.statistics) files.set(statisticsFile, serializeTensors(session.statistics.state()));
    return files;
  });
}

/** Puts a checkpoint back. @throws CheckpointError when it does not fit the configuration */
export function restoreState(
  session: TrainingSession,
  { files, folder }: { files: ReadonlyMap<string, Uint8Array>; folder: string },
): Progress {
  scope(() => {
    loadNetwork(session.student, files, studentFile, folder);
    session.minimizer.loadState(tensorsOf(files, optimizerFile, folder));
    for (const [name, network] of Object.entries(session.method.networks)) {
      loadNetwork(network, files, networkFile(name), folder);
    }
    session.method.memory?.loadState(tensorsOf(files, memoryFile, folder));
    session.comparison?.estimator.loadState(tensorsOf(files, divergenceFile, folder));
    session.statistics?.loadState(tensorsOf(files, statisticsFile, folder));
  });
  return progressOf(files, folder);
}
