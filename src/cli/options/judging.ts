/** Options of the verbs that judge, or look at what was judged. */
import { Option } from "commander";
import { judgedGrids } from "../../judging/grid-names.js";

/** `--at`: the grid that is judged; where it is not given, each run's configuration says which. */
export function gridOption(description: string): Option {
  return new Option("--at <grid>", `${description} (default: the run's)`).choices(judgedGrids);
}

/** `--units`: of distances. */
export function unitsOption(description: string): Option {
  return new Option("--units <name>", description).choices(["pixels", "mm"]).default("pixels");
}
