/** The networks a configuration may name; a new one is one file and one entry here. */
import type { SegmentationNetwork } from "./segmentation-network.js";
import { UNet, type UNetOptions } from "./unet.js";
import { UNetSsl4mis } from "./unet-ssl4mis.js";

/** How a network is described to configurations and listings. */
export interface NetworkEntry {
  /** One line for `dimseg list models`. */
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** Parameters at the usual widths, for 3 input and 2 output channels. */
  cost: string;
  /** As its networks say; see {@link SegmentationNetwork}. */
  strides: SegmentationNetwork["strides"];
  /** A network with initial weights drawn from the options' generator. */
  create(options: UNetOptions): SegmentationNetwork;
}

/** Types an entry. */
function networkEntry(entry: NetworkEntry): NetworkEntry {
  return entry;
}

/** All networks by their names in configurations. */
export const networks = {
  unet: networkEntry({
    summary: "U-Net with BatchNorm and transposed convolutions, the network of the MiDSS experiments",
    source: "Ronneberger et al., MICCAI 2015; MQinghe/MiDSS networks/unet_model.py, bilinear=False",
    cost: "31.0 M parameters at width 64, 1.9 M at 16",
    strides: UNet.strides,
    create: (options) => new UNet(options),
  }),
  "unet-ssl4mis": networkEntry({
    summary: "U-Net with LeakyReLU, dropout in the encoder and bilinear upsampling, the network of SSL4MIS",
    source: "HiLab-git/SSL4MIS networks/unet.py",
    cost: "29.0 M parameters at width 64, 1.8 M at 16 (the reference's width)",
    strides: UNetSsl4mis.strides,
    create: (options) => new UNetSsl4mis(options),
  }),
};

/** Name of a network in a configuration. */
export type NetworkName = keyof typeof networks;

/** Names of all networks; the first is the default. */
export const networkNames = Object.keys(networks) as [NetworkName, ...NetworkName[]];
