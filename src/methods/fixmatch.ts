/**
 * FixMatch (Sohn et al., NeurIPS 2020) in the form of MiDSS's frame: strong views learn the averaged teacher's
 * confident labels of the weak ones. It is MiDSS without its three parts; method section 7.
 */
import { methodEntry } from "./entry.js";
import { Midss, midssOptions } from "./midss.js";

export const fixMatch = methodEntry({
  summary: "confident labels of an averaged teacher on weak views, learnt on strong ones",
  source: "Sohn et al., NeurIPS 2020; MQinghe/MiDSS code/train.py without its parts",
  cost: "2 passes, and 1 of the teacher without gradient",
  options: midssOptions.omit({ ucp: true, symGD: true, tpRam: true }),
  usesUnlabelled: true,
  sharesBatches: true,
  capturable: true,
  gives: () => ["perDomain", "perSample"],
  create: (context, settings) => new Midss(context, { ...settings, ucp: false, symGD: false, tpRam: false }),
});
