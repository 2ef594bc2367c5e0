/** The option `--engine NAME` of the verbs that segment images. */
import { Option } from "commander";
import { engineNames } from "../../workflows/prediction/engine-names.js";

/** What answers for an exported model. */
export function engineOption(): Option {
  return new Option("--engine <name>", "of exported models (default: onnx for an ONNX file, else libtorch)").choices(
    engineNames,
  );
}
