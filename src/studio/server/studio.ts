/** `dimseg studio`'s server: the page's files, and what it asks for. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { DataError, ResourceError } from "../../core/errors.js";
import { packageRoot, setUpAdvice } from "../../core/package-root.js";
import { type LocalServer, localServer } from "../../http/local-server.js";
import { staticFiles } from "../../http/static-files.js";
import { newToken } from "../../http/token.js";
import { Uploads } from "../../workflows/serving/uploads.js";
import { WatchedRuns } from "../../workflows/studio/run-overview.js";
import { Trainings } from "../../workflows/studio/trainings.js";
import { Answers } from "./answers.js";
import { caseRoutes } from "./case-routes.js";
import { correctionRoutes } from "./correction-routes.js";
import { exportRoutes } from "./export-routes.js";
import { labelRoutes } from "./label-routes.js";
import { newRoutes } from "./new-routes.js";
import { OpenedRuns } from "./opened-runs.js";
import { runRoutes } from "./run-routes.js";

/** What the studio is started with. */
export interface StudioOptions {
  /** Its runs are found below it, and what it keeps lies in `.dimseg-studio` there. */
  readonly folder: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What trainings are started with, as `["node", "main.js"]`. */
  readonly commandLine: readonly string[];
  /** Told of defects. */
  defect(error: unknown): void;
}

/** A running studio. */
export interface Studio {
  /** What a browser opens; whoever knows it may do everything. */
  readonly link: string;
  /** Ends it; trainings that it began save and stop. */
  close(): Promise<void>;
}

/** A page's streams and small requests end at once. */
const graceSeconds = 5;

/**
 * Starts the studio on this machine's own address.
 * @throws DataError when the folder is not there; ResourceError when the page was not built, or the port is taken
 */
export async function startStudio({ folder, port, commandLine, defect }: StudioOptions): Promise<Studio> {
  const root = resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new DataError(`${root}: is no folder; give one that holds runs or images`);
  const page = join(packageRoot, "dist", "page");
  if (!existsSync(join(page, "index.html")))
    throw new ResourceError(`${page}: the studio's page was not built; ${setUpAdvice()}`);
  const trainings = new Trainings(commandLine, join(root, ".dimseg-studio", "logs"));
  const runs = new WatchedRuns(root, trainings);
  const opened = new OpenedRuns(runs);
  const answers = new Answers();
  // Others who work on this machine reach its loopback addresses, too.
  const token = newToken();
  const uploads = await Uploads.open();
  const server: LocalServer = await localServer({
    ...{ port, token, page: { wasm: true }, defect },
    routes(app, context) {
      runRoutes(app, context, runs, trainings);
      caseRoutes(app, { runs, opened, trainings, answers });
      correctionRoutes(app, { runs, opened, answers });
      labelRoutes(app, { runs, opened, trainings });
      newRoutes(app, runs, trainings);
      exportRoutes(app, { runs, trainings, uploads });
      app.use(staticFiles(page));
    },
  }).catch(async (error) => {
    await uploads.close();
    throw error;
  });
  return {
    link: `${server.url}/?token=${token}`,
    async close() {
      await server.close(graceSeconds);
      answers.close();
      await uploads.close();
      await trainings.stopAll();
    },
  };
}
