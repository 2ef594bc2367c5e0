/**
 * What a report says, as plain values: no HTML, no figures. Everything is optional that a running or failed run may not
 * have. Numbers that stand on the page carry where they were read, so that a reader (and a test) can look them up.
 */
import type { DomainConfusion, SizePoint } from "../analysis/errors/summary.js";
import type { LossLandscape } from "../analysis/landscape.js";
import type { DomainProxy } from "../analysis/proxies.js";
import type { Comparison } from "../comparison/comparison.js";
import type { EvaluationChoice } from "../comparison/read-run.js";
import type { ComparisonTable } from "../comparison/table.js";
import type { TrainingConfig } from "../config/config.js";
import type { Dataset } from "../data/dataset.js";
import type { Separability } from "../embedding/index.js";
import type { Unjudged } from "../judging/about.js";
import type { PartScore } from "../judging/evaluate-network.js";
import type { EvaluationSummary } from "../judging/summarise.js";
import type { Environment } from "../runs/environment.js";
import type { MetricRecord } from "../runs/logs/metrics-log.js";
import type { SplitRecord } from "../runs/split-record.js";
import type { RunEstimates } from "./estimates.js";
import type { CaseOverlay } from "./overlays/case-overlay.js";
import type { SummaryHead } from "./summary-file.js";

/** The table of `dimseg compare` for the runs whose labels come from one domain. */
export interface ComparedTable {
  labelledDomain: string;
  comparison: Comparison;
  table: ComparisonTable;
}

/** The runs side by side. */
export interface ReportComparison {
  tables: ComparedTable[];
  /** Why runs are in no table, one sentence each. */
  leftOut: string[];
}

/** How far a run is. */
export interface RunState {
  /** `running`: a process holds its lock; `stopped`: interrupted or failed before its end. */
  stage: "finished" | "running" | "stopped";
  /** Optimiser steps at the newest checkpoint; null when there is none. */
  step: number | null;
  iterations: number;
}

/** One evaluation of a run on the test cases. */
export interface RunEvaluation {
  about: SummaryHead;
  summary: EvaluationSummary;
  scores: readonly PartScore[];
  /** Path of its folder below the run's, such as `evaluation/last-student`; null when it was made for this report only. */
  folder: string | null;
}

/** What training took, over all processes that worked on the run; steps lost to a kill are not in it. */
export interface RunCost {
  seconds: number;
  /** Null before the first step. */
  secondsPerStep: number | null;
  peakMemoryBytes: number;
}

/** The measured quantities of training, as logged. */
export interface RunCurves {
  /** One record a logged step. */
  steps: readonly MetricRecord[];
  /** One record a validation. */
  validations: readonly MetricRecord[];
}

/** One test image in the plane of t-SNE. */
export interface FeaturePoint {
  domain: string;
  id: string;
  x: number;
  y: number;
}

/** Pooled bottleneck features of all test images. */
export interface FeatureMap {
  points: readonly FeaturePoint[];
  /** What t-SNE reached, in nats. */
  kl: number;
  /** Channels of the bottleneck. */
  dimensions: number;
  /** Null where there is one domain, or one image of a domain. */
  separability: Separability | null;
}

/** What asking a run's network about every image that is shown told. */
export interface RunFindings {
  /** One point for each case with a mask and each part. */
  sizes: readonly SizePoint[];
  /** By domain, then of all; empty when no case has a mask. */
  confusion: readonly DomainConfusion[];
  /** Null where it was not wanted or there are too few images. */
  features: FeatureMap | null;
  /** Null where it was not wanted. */
  landscape: LossLandscape | null;
  /** Domains that cannot be judged. */
  unjudged: readonly Unjudged[];
  /** Of all domains, as measures of the unjudged ones; empty where all are judged. */
  proxies: readonly DomainProxy[];
}

/** Cases as pictures with outlines. */
export interface ReportOverlays {
  /** Ids of the runs in the order of each overlay's predictions. */
  runs: string[];
  /** Names of all parts, for their colours, and of those that are drawn. */
  parts: string[];
  shown: string[];
  /** Best, median and worst of each domain by the first of these runs; of very many domains, of some. */
  chosen: CaseOverlay[];
  /** Domains without pictures. */
  domainsLeftOut: number;
  /** Cases of the lists of failures that are not among the chosen. */
  failures: CaseOverlay[];
  /** Of the worst volumes by the first of these runs, the worst first: a montage of slices each. */
  montages: CaseOverlay[];
}

export interface ReportRun {
  /** `run-1`, `run-2`, ...: for anchors and file names. */
  id: string;
  /** What the run is called; runs that differ in their seed alone share it. */
  group: string;
  /** Distinct among the report's runs. */
  name: string;
  /** Absolute path. */
  folder: string;
  state: RunState;
  config: TrainingConfig;
  environment: Environment | null;
  split: SplitRecord | null;
  /** The data set's facts at the run's start; it has no domains here. */
  dataset: Dataset | null;
  cost: RunCost | null;
  curves: RunCurves;
  evaluation: RunEvaluation | null;
  /** Null where nothing was estimated of the checkpoint. */
  estimates: RunEstimates | null;
  /** Null where the network was not asked. */
  findings: RunFindings | null;
  /** What could not be shown, one sentence each. */
  missing: string[];
}

export interface ReportData {
  /** ISO 8601, UTC. */
  madeAt: string;
  dimseg: string;
  choice: EvaluationChoice;
  /** At least one. */
  runs: ReportRun[];
  comparison: ReportComparison | null;
  /** Null where no network was asked. */
  overlays: ReportOverlays | null;
  /** What concerns the whole report, such as runs of a sweep that were never begun. */
  notes: string[];
}

/** Names of `ReportRun.group`, in order of appearance. */
export function groupNames({ runs }: Pick<ReportData, "runs">): string[] {
  return [...new Set(runs.map(({ group }) => group))];
}

/** Domains that were judged, in the order of the first evaluation that has them. */
export function judgedDomains({ runs }: Pick<ReportData, "runs">): string[] {
  return [...new Set(runs.flatMap(({ evaluation }) => evaluation?.summary.domains.map(({ name }) => name) ?? []))];
}

/** Parts that were judged. */
export function judgedParts({ runs }: Pick<ReportData, "runs">): string[] {
  return [...new Set(runs.flatMap(({ evaluation }) => Object.keys(evaluation?.summary.parts ?? {})))];
}

/** The first judged run of each group: those whose pictures are shown side by side. */
export function shownRuns(data: Pick<ReportData, "runs">): ReportRun[] {
  return groupNames(data).flatMap(
    (name) => data.runs.find(({ group, evaluation }) => group === name && evaluation) ?? [],
  );
}

/** Domains that a run's evaluation says nothing about; an evaluation of the time before does not name them. */
export function unjudgedOf({ evaluation, findings }: ReportRun): readonly Unjudged[] {
  return findings?.unjudged ?? evaluation?.about.unjudged ?? [];
}
