/** The interface of a server as an OpenAPI document, which its page shows and programs can be made from. */
import { packageVersion } from "../../core/package-root.js";
import { segmentationFormatNames } from "../../data/formats/mask-format-names.js";
import type { ModelFacts } from "./messages.js";

/** What clients are told of limits. */
export interface ServingLimits {
  readonly maxBytes: number;
  readonly seconds: number;
  readonly places: number;
}

/** Header of the answer with estimates. */
export const qualityHeader = "dimseg-quality";

/** What masks are sent as. */
export function maskType(extension: string): string {
  if (extension === "png") return "image/png";
  if (extension === "nii.gz") return "application/gzip";
  return extension === "dcm" ? "application/dicom" : "application/octet-stream";
}

const problem = {
  type: "object",
  required: ["title", "status", "detail"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "One sentence: what is wrong, and what to do." },
  },
};

const problems: Readonly<Record<string, string>> = {
  400: "A parameter is wrong.",
  401: "The server's token was not shown.",
  408: "The body took too long, or came slowly while others waited.",
  413: "The body is too large.",
  422: "The body cannot be read as one image of the model's kind.",
  500: "The worker of this image ended, or a defect.",
  503: "All places for uploads are taken; Retry-After says when to try again.",
  504: "Segmenting took too long.",
};

function answersOf(statuses: readonly number[]) {
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: problems[status], content }]));
}

function parameter(name: string, description: string, schema: object) {
  return { name, in: "query", required: false, description, schema };
}

function parametersOf({ formats, overlapping, quality }: ModelFacts) {
  const isDicom = (format: string) => segmentationFormatNames.some((name) => name === format);
  const remark = formats.some(isDicom) ? " DICOM needs an upload that is a DICOM series." : "";
  return [
    parameter("format", `What the mask is written as.${remark}`, { enum: formats, default: formats[0] }),
    ...(overlapping.length > 0
      ? [parameter("part", "The mask of one part, 0 and 255, as parts overlap.", { enum: overlapping })]
      : []),
    ...(quality
      ? [parameter("quality", `Also estimate how good the mask is.`, { type: "boolean", default: false })]
      : []),
  ];
}

function masksOf(facts: ModelFacts, { maxBytes, seconds }: ServingLimits) {
  const binary = { schema: { type: "string", format: "binary" } };
  const what =
    facts.kind === "volumes"
      ? "A volume: NIfTI, NRRD, MetaImage, HDF5, a DICOM file, or a ZIP archive of a DICOM series."
      : "A picture: PNG, JPEG, TIFF, BMP or WebP.";
  const channels = facts.channels
    ? ` Channels (${facts.channels.join(", ")}) lie in one file, or in a ZIP archive with a file for each, named as \`dimseg predict\` wants them.`
    : "";
  const described = `${what}${channels} Which format it is, its bytes say. At most ${maxBytes} bytes, sent within ${seconds} s.`;
  const types = new Set(facts.formats.map((format) => maskType(format.startsWith("dcm") ? "dcm" : format)));
  return {
    summary: "Segment an image",
    description:
      "Answers with the mask in the image's own size and geometry: the same bytes as `dimseg predict` writes.",
    operationId: "segment",
    parameters: parametersOf(facts),
    requestBody: { required: true, description: described, content: { "application/octet-stream": binary } },
    responses: {
      200: {
        description: `The mask. Values: ${facts.classes.map(({ value, name }) => `${value} ${name}`).join(", ")}.`,
        content: Object.fromEntries([...types].map((type) => [type, binary])),
        ...(facts.quality
          ? {
              headers: {
                [qualityHeader]: {
                  description:
                    "With quality=true: JSON, for each part its estimated Dice (null where nothing is known of its like), the interval from low to high, and whether it is doubtful.",
                  schema: { type: "string" },
                },
              },
            }
          : {}),
      },
      ...answersOf([400, 401, 408, 413, 422, 500, 503, 504]),
    },
  };
}

function reading(summary: string, type: string, schema: object, others: object = {}) {
  return { summary, responses: { 200: { description: summary, content: { [type]: { schema } } }, ...others } };
}

/** The document. */
export function openApi(facts: ModelFacts, limits: ServingLimits): object {
  const text = { type: "string" };
  const notReady = { 503: { description: "No worker can be asked." } };
  return {
    openapi: "3.1.0",
    info: {
      title: "dimseg serve",
      version: packageVersion(),
      description: `${facts.answeredBy}. A research tool, not a medical device.`,
    },
    paths: {
      "/v1/masks": { post: masksOf(facts, limits) },
      "/v1/model": { get: reading("What the model is", "application/json", { type: "object" }, answersOf([401])) },
      "/healthz": { get: reading("Whether the server answers", "text/plain", text) },
      "/readyz": { get: reading("Whether a worker can be asked", "text/plain", text, notReady) },
      "/metrics": { get: reading("Counts and measures for Prometheus", "text/plain", text, answersOf([401])) },
      "/openapi.json": { get: reading("This document", "application/json", { type: "object" }, answersOf([401])) },
    },
    components: {
      schemas: { Problem: problem },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}
