/**
 * The vertical cup-to-disc ratio, which eye clinics read from fundus images: by the network of a run and by the
 * reference masks, for every test image of every domain; NaN where no disc was found. Usage: node measure.js RUN
 */
import { DimsegError, decodeCase, loadRun, predictCase } from "dimseg";

/** Rows from the first to the last that hold a part of the mask, which is 0/1 in rows of `width`. */
function height(mask, width) {
  const first = mask.indexOf(1);
  return first < 0 ? 0 : Math.floor(mask.lastIndexOf(1) / width) - Math.floor(first / width) + 1;
}

/** @param labels 0/1, one plane for each class after the other */
function cupToDisc(labels, { classes }, width) {
  const pixels = labels.length / classes.length;
  const heightOf = (name) => {
    const { index } = classes.find((one) => one.name === name);
    return height(labels.subarray(index * pixels, (index + 1) * pixels), width);
  };
  return heightOf("cup") / heightOf("disc");
}

/** One image: the ratio in the reference, and in what the network says. */
async function measure({ dataset, networks, normalisation, device, precision }, one) {
  const decoded = await decodeCase(dataset, one);
  const width = decoded.working.shape.at(-1);
  const asked = { normalisation, device, precision };
  const labels = predictCase(networks.student, decoded, dataset, asked, (output) => output.labels);
  return { reference: cupToDisc(decoded.label, dataset, width), predicted: cupToDisc(labels, dataset, width) };
}

try {
  const run = await loadRun(process.argv[2], { checkpoint: "last" });
  console.log("domain,image,reference,predicted");
  for (const domain of run.dataset.domains) {
    for (const one of domain.cases("test")) {
      const { reference, predicted } = await measure(run, one);
      console.log([domain.name, one.id, reference.toFixed(2), predicted.toFixed(2)].join());
    }
  }
} catch (error) {
  // These are one sentence for a person: no run there, an engine that was not built, a damaged file.
  if (!(error instanceof DimsegError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode;
}
