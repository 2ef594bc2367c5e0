/** How DICOM files are encoded (PS3.5 chapter 10 and annex A), by UID. */

/** Compressions that dimseg decodes. */
export type Compression = "rle" | "jpeg" | "jpegLossless" | "jpegLs" | "jpeg2000";

/** One way to encode a file. */
export interface TransferSyntax {
  readonly name: string;
  /** Explicit unless false. */
  readonly explicit?: false;
  /** Little endian unless false. */
  readonly littleEndian?: false;
  readonly deflated?: true;
  /** How pixels are compressed; none unless given. `null`: in a way that is not read. */
  readonly compression?: Compression | null;
}

const root = "1.2.840.10008.1.2";

export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  [root]: { name: "Implicit VR Little Endian", explicit: false },
  [`${root}.1`]: { name: "Explicit VR Little Endian" },
  [`${root}.1.98`]: { name: "Encapsulated Uncompressed", compression: null },
  [`${root}.1.99`]: { name: "Deflated Explicit VR Little Endian", deflated: true },
  [`${root}.2`]: { name: "Explicit VR Big Endian", littleEndian: false },
  [`${root}.4.50`]: { name: "JPEG Baseline", compression: "jpeg" },
  [`${root}.4.51`]: { name: "JPEG Extended", compression: "jpeg" },
  [`${root}.4.57`]: { name: "JPEG Lossless", compression: "jpegLossless" },
  [`${root}.4.70`]: { name: "JPEG Lossless, first-order prediction", compression: "jpegLossless" },
  [`${root}.4.80`]: { name: "JPEG-LS Lossless", compression: "jpegLs" },
  [`${root}.4.81`]: { name: "JPEG-LS Near-lossless", compression: "jpegLs" },
  [`${root}.4.90`]: { name: "JPEG 2000 Lossless", compression: "jpeg2000" },
  [`${root}.4.91`]: { name: "JPEG 2000", compression: "jpeg2000" },
  [`${root}.4.92`]: { name: "JPEG 2000 multi-component Lossless", compression: null },
  [`${root}.4.93`]: { name: "JPEG 2000 multi-component", compression: null },
  [`${root}.4.100`]: { name: "MPEG-2 video", compression: null },
  [`${root}.4.101`]: { name: "MPEG-2 video", compression: null },
  [`${root}.4.102`]: { name: "MPEG-4 video", compression: null },
  [`${root}.4.103`]: { name: "MPEG-4 video", compression: null },
  [`${root}.4.104`]: { name: "MPEG-4 video", compression: null },
  [`${root}.4.105`]: { name: "MPEG-4 video", compression: null },
  [`${root}.4.106`]: { name: "MPEG-4 video", compression: null },
  [`${root}.4.107`]: { name: "HEVC video", compression: null },
  [`${root}.4.108`]: { name: "HEVC video", compression: null },
  [`${root}.4.110`]: { name: "JPEG XL Lossless", compression: null },
  [`${root}.4.111`]: { name: "JPEG XL recompressed JPEG", compression: null },
  [`${root}.4.112`]: { name: "JPEG XL", compression: null },
  [`${root}.4.201`]: { name: "High-Throughput JPEG 2000 Lossless", compression: null },
  [`${root}.4.202`]: { name: "High-Throughput JPEG 2000 with RPCL", compression: null },
  [`${root}.4.203`]: { name: "High-Throughput JPEG 2000", compression: null },
  [`${root}.5`]: { name: "RLE Lossless", compression: "rle" },
};
