/**
 * dimseg as a library: the engine under `torch`, and everything that training is made of.
 * @example
 * import { caseTensors, decodeCase, loadDataset, planar8bit, predictCase, torch, UNet } from "dimseg";
 *
 * const dataset = loadDataset("dataset.yaml");
 * const [one] = dataset.domains[0].cases("test");
 * const decoded = await decodeCase(dataset, one);
 * console.log(decoded.stored.shape, decoded.working.spacing); // rows and columns of the file, mm per pixel of the square
 * using generator = new torch.Generator(1);
 * const network = new UNet({ inChannels: dataset.channels, outChannels: dataset.outputs, width: 8, generator });
 * const asked = { device: "cpu", precision: "fp32", normalisation: planar8bit } as const;
 * const labels = predictCase(network, decoded, dataset, asked, (output) => output.labels);
 * const brightness = torch.scope(() => caseTensors(decoded, dataset, "cpu").imageCS.to({ dtype: "float32" }).mean().item());
 */

export * from "./augment/index.js";
export { loadConfig, parseConfig, type TrainingConfig, type WantedConfig } from "./config/config.js";
export * from "./core/errors.js";
export { RandomStream } from "./core/random.js";
export { ignoredLabel, type TargetKind } from "./core/target-kind.js";
export { atOnce, inTurns, Stopped, type Turn } from "./core/turns.js";
export { type CaseTensors, caseTensors, type LossLabels } from "./data/case-tensors.js";
export {
  type Case,
  type Dataset,
  type DatasetClass,
  type Domain,
  type DomainIntensity,
  type ImageDepths,
  loadDataset,
  type MaskFile,
  ofDomain,
  type SliceRule,
  type Split,
} from "./data/dataset.js";
export { type CaseSource, type DecodedCase, decodeCase } from "./data/decode.js";
export type { Place } from "./data/dicom/place.js";
export {
  type ReadSegment,
  type ReadSegmentation,
  readSegmentation,
} from "./data/dicom/segmentation-reader.js";
export {
  type Code,
  encodeSegmentation,
  type NamedSegment,
  type SegmentationOptions,
} from "./data/dicom/segmentation-writer.js";
export { type FoundSeries, type FoundVolume, findSeries, readSeries, volumeOfFile } from "./data/dicom/series.js";
export type { Slice } from "./data/dicom/slice-header.js";
export { drawStructures, readStructureSet, type Structure, type StructureSet } from "./data/dicom/structure-reader.js";
export type { DicomVolume } from "./data/dicom/volumes.js";
export {
  checkPixels,
  checkVoxels,
  type Format,
  type ImageHeader,
  maxPixels,
  type PaletteReading,
  startsWith,
} from "./data/formats/format.js";
export { encodeNifti, type NiftiOptions } from "./data/formats/nifti/writer.js";
export { encodeMetaImage } from "./data/formats/text/metaimage-writer.js";
export { type Segment, segmentsOf } from "./data/formats/text/nrrd.js";
export { encodeNrrd } from "./data/formats/text/nrrd-writer.js";
export { type ImageRule, type PreparedImage, prepareImage, type WorkingSize } from "./data/images/prepare-image.js";
export {
  type ChannelFiles,
  decodePictureChannels,
  readPictureChannels,
  readVolumeChannels,
} from "./data/images/read-channels.js";
export {
  decodeHeader,
  decodeImage,
  decodeVolume,
  readBytes,
  readHeader,
  readImage,
  readVolume,
} from "./data/images/read-image.js";
export { type ValueKind, type ValueRule, type Values, valueKindOf } from "./data/images/values.js";
export { type FurtherLabels, type ProtocolOptions, type ProtocolSplit, splitProtocol } from "./data/protocol.js";
export type { ReaderRule } from "./data/schema.js";
export type { FixedMoments, IntensityRule, ValueWindow, WindowRule, ZScoreRule } from "./data/volumes/windows.js";
export { type Communicator, openWorld } from "./distributed/index.js";
export * from "./divergence/index.js";
export { type ConventionName, conventionNames, type Emptiness } from "./evaluation/conventions.js";
export { type EvaluateMaskOptions, evaluateMask, type MaskMetrics } from "./evaluation/evaluate-mask.js";
export { type LesionCounts, type LesionRule, lesionF1, matchLesions } from "./evaluation/lesions.js";
export type { ConfusionCounts } from "./evaluation/overlap.js";
export type { Volumes } from "./evaluation/volume.js";
export type { ModelDescription, ModelSource } from "./export/description.js";
export { type ExportedModel, loadExportedNetwork, openExported, openSession } from "./export/exported-model.js";
export {
  type ExportOptions,
  exportNetwork,
  type GraphShape,
  type GraphSignature,
  signatureOf,
} from "./export/onnx/export-network.js";
export type { ElementType, GraphValue } from "./export/onnx/model-file.js";
export { type ModelAnswer, ModelSession, type RuntimeTensor } from "./export/onnx/runtime.js";
export type { PrecisionLoss } from "./export/precision-names.js";
export { type Components, type Connectivity, connectedComponents } from "./grid/components.js";
export { holesOf } from "./grid/fill-holes.js";
export { type Focus, focusOn, slicesThrough } from "./grid/focus.js";
export {
  type Area,
  type Frame,
  type Framed,
  type FrameMode,
  type FramePlacement,
  type FrameRecord,
  type FrameSize,
  frameModes,
} from "./grid/frame.js";
export {
  type Affine,
  type Grid,
  makeGrid,
  resampledGrid,
  sameGrid,
  shapeText,
  voxelCount,
  worldOf,
} from "./grid/grid.js";
export { deinterleave, interleave } from "./grid/interleave.js";
export { montageSheet, type Sheet, type SheetCell, type SheetWord, sliceIn, threePlaneSheet } from "./grid/sheet.js";
export {
  type EdgeLetters,
  edgeLetters,
  orderedGrid,
  orientationCode,
  placeSlice,
  type SliceOrder,
  type SlicePlane,
  SliceStack,
  sliceOrder,
  slicePlanes,
} from "./grid/slices.js";
export type { Samples, SampleType, StoredImage } from "./grid/stored-image.js";
export type { Vector } from "./grid/vector.js";
export { Ensemble } from "./inference/ensemble.js";
export type { AskedOptions } from "./inference/infer-case.js";
export { type Answerer, networkAnswerer } from "./inference/inferers/answerer.js";
export type { Column } from "./inference/inferers/columns.js";
export { type InferOptions, inferLabels, inferProbabilities } from "./inference/inferers/infer.js";
export {
  type AnswerPart,
  type Inferer,
  type PartTaker,
  type PlacedPart,
  wholeImage,
} from "./inference/inferers/inferer.js";
export { type SlidingWindowOptions, slidingWindow } from "./inference/inferers/sliding-window.js";
export type { Stretch } from "./inference/inferers/windows.js";
export { mirrorMembers } from "./inference/mirror.js";
export type { AnswerInSize } from "./inference/plain/answer-in-size.js";
export type { ImagePrediction } from "./inference/plain/plain-segmenter.js";
export type { SliceWatcher, VolumePrediction } from "./inference/plain/segment-volume.js";
export { labelMaps, type Prediction, type PredictOptions, predict } from "./inference/predict.js";
export { type CaseOutput, type PredictCaseOptions, predictCase } from "./inference/predict-case.js";
export { type PredictImageOptions, predictImage } from "./inference/predict-image.js";
export { type PredictVolumeOptions, predictVolume, type VolumeSet } from "./inference/predict-volume.js";
export {
  applyRules,
  checkRules,
  type MaskRules,
  type RuledClasses,
  type RuledGrid,
  type RuledSet,
} from "./inference/rules.js";
export {
  type DistanceUnits,
  type EvaluateNetworkOptions,
  evaluateNetwork,
  type NetworkEvaluation,
  type PartScore,
} from "./judging/evaluate-network.js";
export type { FurtherRules, FurtherScores } from "./judging/further-metrics.js";
export { type FurtherMetric, furtherMetrics } from "./judging/further-names.js";
export { type JudgedGrid, judgedGrids } from "./judging/grid-names.js";
export {
  type AskedSet,
  type CaseLoss,
  type JudgedCase,
  type JudgedCasesOptions,
  judgedCases,
} from "./judging/judged-cases.js";
export {
  type DomainGap,
  type DomainSummary,
  type Estimate,
  type EvaluationSummary,
  type MetricEstimates,
  type SummaryMetric,
  type SummaryOptions,
  summarise,
} from "./judging/summarise.js";
export * from "./losses/index.js";
export * from "./methods/index.js";
export * from "./nn/index.js";
export * from "./optim/index.js";
export {
  calibrate,
  type MeasureCalibration,
  type PartCalibration,
  type ShiftedObservation,
} from "./quality/calibration.js";
export {
  type DistanceEstimate,
  type DomainEstimate,
  domainEstimates,
  doubtfulBelow,
  type EstimatedCase,
  estimateParts,
  type Ground,
  type PartEstimate,
} from "./quality/estimate.js";
export type { ShapeSums } from "./quality/mask-shape.js";
export type { MonotoneModel } from "./quality/monotone-model.js";
export {
  type CaseObservation,
  type LogitCounts,
  logitBins,
  type MemberKind,
  memberKinds,
  type Overlap,
  type PartObservation,
} from "./quality/observation.js";
export { type Asked, type Member, type ObservedSet, observeCase, reverseReference } from "./quality/observe-case.js";
export type { LabelledFeature, LabelledObservation, PartReference } from "./quality/reference.js";
export type { ReverseReference } from "./quality/reverse.js";
export { drawScanner, type Scanner, throughScanner } from "./quality/scanner.js";
export { type SignalName, signalNames, signals } from "./quality/signals/registry.js";
export type { Seen, Signal } from "./quality/signals/signal.js";
export {
  type Candidate,
  type Choice,
  type ChooseOptions,
  chooseAtRandom,
  chooseByEntropy,
  chooseCombined,
  type JudgedCandidate,
  type LabelledImage,
} from "./quality/suggestion/choose.js";
export { partDoubt, predictiveEntropy } from "./quality/suggestion/doubt.js";
export type { Progress } from "./runs/checkpoints/checkpoint-contents.js";
export type { CheckpointName, KeptCheckpoint } from "./runs/checkpoints/checkpoint-names.js";
export { type LoadedRun, loadRun } from "./runs/load-run.js";
export type { MetricRecord } from "./runs/logs/metrics-log.js";
export type { Model } from "./runs/model.js";
export { normalisationOf } from "./runs/normalisation-of.js";
export type { RunFolder } from "./runs/run-folder.js";
export type { MonotoneMap } from "./statistics/isotonic.js";
export * from "./statistics/mean.js";
export { majorityMask, type StapleEstimate, staple } from "./statistics/readers.js";
export * as torch from "./torch/index.js";
export { assistRun } from "./training/assist-run.js";
export type { DrawPlace, DrawSource, TrainingDraws } from "./training/batches/draw-source.js";
export type { DomainStatistics } from "./training/domain-statistics.js";
export type { Ending } from "./training/pace.js";
export { type RunObserver, resumeRun, startRun } from "./training/run.js";
export type { TrainingSession } from "./training/session.js";
export type { TrainingOutcome } from "./training/trainer.js";
