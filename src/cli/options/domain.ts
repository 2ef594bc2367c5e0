/** The option `--domain NAME` of the verbs that segment images of no data set. */
import { Option } from "commander";

/** The domain whose rule for values images follow. */
export function domainOption(): Option {
  return new Option(
    "--domain <name>",
    "as those of which domain the images are, where the run's data set has rules for values by domain",
  );
}
