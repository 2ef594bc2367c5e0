/**
 * Event files that TensorBoard opens, with the few protobuf messages they need written by hand
 * (tensorboard/compat/proto/event.proto and summary.proto): the version, scalars and PNG images.
 */
import { CheckpointError, UsageError } from "../../core/errors.js";
import { AppendFile } from "./append-file.js";
import { frameRecord, lastRecord } from "./tfrecord.js";

/** Protobuf wire types. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function key(field: number, type: number): Uint8Array {
  return varint(field * 8 + type);
}

function integerField(field: number, value: number): Uint8Array {
  return Buffer.concat([key(field, wire.varint), varint(value)]);
}

function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return Buffer.concat([key(field, wire.fixed64), bytes]);
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return Buffer.concat([key(field, wire.fixed32), bytes]);
}

function bytesField(field: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([key(field, wire.bytes), varint(bytes.length), bytes]);
}

/** Event{wall_time = 1, step = 2, and one more field}; as in any proto3 message a step of 0 is left out. */
function event(wallTime: number, step: number, content: Uint8Array): Uint8Array {
  const stepField = step === 0 ? new Uint8Array() : integerField(2, step);
  return frameRecord(Buffer.concat([doubleField(1, wallTime), stepField, content]));
}

/** Event.summary = 5 holding one Summary.value = 1 with Value.tag = 1 and the value. */
function summary(tag: string, value: Uint8Array): Uint8Array {
  return bytesField(5, bytesField(1, Buffer.concat([bytesField(1, tag), value])));
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const pngColourChannels = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
]);

/** Summary.Image{height = 1, width = 2, colorspace = 3, encoded_image_string = 4}, read off the PNG's first chunk. */
function image(png: Uint8Array): Uint8Array {
  if (png.length < 33 || pngSignature.some((byte, i) => png[i] !== byte)) {
    throw new UsageError("EventLog.image: the image is not a PNG; encode it first");
  }
  const view = new DataView(png.buffer, png.byteOffset);
  return Buffer.concat([
    integerField(1, view.getUint32(20)),
    integerField(2, view.getUint32(16)),
    integerField(3, pngColourChannels.get(png[25]) ?? 3),
    bytesField(4, png),
  ]);
}

const now = () => Date.now() / 1000;

/** The writer of a run's TensorBoard events. */
export class EventLog {
  private readonly file: AppendFile;

  /**
   * Opens or creates the file. A last event torn by a killed process is removed; other damage stays for
   * {@link truncateTo} to cut off or to refuse.
   * @throws ResourceError when the file cannot be opened
   */
  constructor(path: string) {
    this.file = new AppendFile(path);
    const { end, damaged } = this.lastEvent(this.file.offset);
    if (!damaged) this.file.truncateTo(end);
    this.begin();
  }

  /** A number for the curve `tag`; stored as float32. @param wallTime seconds since 1970 */
  scalar(step: number, tag: string, value: number, wallTime = now()): void {
    // Value.simple_value = 2
    this.file.append(event(wallTime, step, summary(tag, floatField(2, value))));
  }

  /** An encoded PNG under `tag`. @param wallTime seconds since 1970 @throws UsageError when it is not a PNG */
  image(step: number, tag: string, png: Uint8Array, wallTime = now()): void {
    // Value.image = 4
    this.file.append(event(wallTime, step, summary(tag, bytesField(4, image(png)))));
  }

  /** Length in bytes; store it in the checkpoint after {@link sync}. */
  offset(): number {
    return this.file.offset;
  }

  /** Makes all events survive a power cut. */
  sync(): void {
    this.file.sync();
  }

  /**
   * Goes back to a checkpoint's offset (0: no events yet), so that resumed curves do not double.
   * @throws CheckpointError when the file is shorter than that or no event ends there
   */
  truncateTo(offset: number): void {
    if (offset <= this.file.offset && this.lastEvent(offset).end !== offset) {
      throw new CheckpointError(
        `${this.file.path} was changed: no event ends at byte ${offset}; restore it from a copy`,
      );
    }
    this.file.truncateTo(offset);
    this.begin();
  }

  /** Closes the file; call once. */
  close(): void {
    this.file.close();
  }

  private lastEvent(limit: number): { end: number; damaged: boolean } {
    return lastRecord((from, to) => this.file.read(from, to), limit);
  }

  /** An empty file begins with Event.file_version = 3. */
  private begin(): void {
    if (this.file.offset === 0) this.file.append(event(now(), 0, bytesField(3, "brain.Event:2")));
  }
}
