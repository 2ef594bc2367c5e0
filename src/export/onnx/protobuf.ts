/**
 * The protobuf wire format (protobuf.dev, "Encoding"), as far as ONNX files need it: whole numbers, 32-bit floats, and
 * everything that has a length. Weights are not copied into the messages around them.
 */

const utf8 = new TextEncoder();

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** How a field's value is laid out. */
const wire = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 } as const;

/** A message that is being written, field by field. */
export class Message {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  private add(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part);
      this.length += part.length;
    }
    return this;
  }

  private begin(field: number, layout: number): this {
    return this.add(varint((field << 3) | layout));
  }

  integer(field: number, value: number | bigint): this {
    return this.begin(field, wire.varint).add(varint(value));
  }

  /** Whole numbers, packed. */
  integers(field: number, values: readonly (number | bigint)[]): this {
    return this.message(field, new Message().add(...values.map(varint)));
  }

  /** A number in single precision. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.begin(field, wire.fourBytes).add(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.begin(field, wire.bytes).add(varint(value.length), value);
  }

  message(field: number, below: Message): this {
    return this.begin(field, wire.bytes).add(varint(below.length), ...below.parts);
  }

  /** The message's bytes, in order. */
  chunks(): Uint8Array[] {
    return this.parts;
  }
}

/** The bytes of a message's fields that have a length, in order; all others are passed over. */
export function* fieldsWithBytes(message: Uint8Array): Generator<{ field: number; bytes: Uint8Array }> {
  let at = 0;
  const number = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
    throw new Error("it is cut off");
  };
  while (at < message.length) {
    const key = number();
    const layout = key & 7;
    if (layout === wire.varint) number();
    else if (layout === wire.eightBytes) at += 8;
    else if (layout === wire.fourBytes) at += 4;
    else if (layout === wire.bytes) {
      const length = number();
      if (length > message.length - at) throw new Error("it is cut off");
      yield { field: key >>> 3, bytes: message.subarray(at, at + length) };
      at += length;
    } else throw new Error("it is no protobuf message");
  }
  if (at > message.length) throw new Error("it is cut off");
}
