/** The networks a configuration may name; a new one is one file and one entry here. */
import { z } from "zod";
import { ResidualUNet, residualUNetSettings } from "./residual-unet.js";
import { type NetworkOptions, type SegmentationNetwork, widthOption } from "./segmentation-network.js";
import { UNet } from "./unet.js";
import { UNet3d, unet3dSettings } from "./unet-3d.js";
import { UNetSsl4mis } from "./unet-ssl4mis.js";
import { VNet, vnetSettings } from "./vnet.js";

/** How a network is described to configurations and listings. */
export interface NetworkEntry<Settings extends z.ZodObject = z.ZodObject> {
  /** One line for `dimseg list models`. */
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** Parameters at the usual widths, for 3 input and 2 output channels; of volumes, for 1 and 2. */
  cost: string;
  /** As its networks say; see {@link SegmentationNetwork}. */
  strides: SegmentationNetwork["strides"];
  /** What a configuration may say beside the name; `width` is among it. */
  options: Settings;
  /** A network with initial weights drawn from the options' generator; settings left out have their defaults. */
  create(options: NetworkOptions & Partial<z.output<Settings>>): SegmentationNetwork;
}

/** Types an entry. */
function networkEntry<Settings extends z.ZodObject>(entry: NetworkEntry<Settings>): NetworkEntry<Settings> {
  return entry;
}

const plainSettings = z.strictObject({ width: widthOption.default(64) });

/** All networks by their names in configurations. */
export const networks = {
  unet: networkEntry({
    summary: "U-Net with BatchNorm and transposed convolutions, the network of the MiDSS experiments",
    source: "Ronneberger et al., MICCAI 2015; MQinghe/MiDSS networks/unet_model.py, bilinear=False",
    cost: "31.0 M parameters at width 64, 1.9 M at 16",
    strides: UNet.strides,
    options: plainSettings,
    create: (options) => new UNet(options),
  }),
  "unet-ssl4mis": networkEntry({
    summary: "U-Net with LeakyReLU, dropout in the encoder and bilinear upsampling, the network of SSL4MIS",
    source: "HiLab-git/SSL4MIS networks/unet.py",
    cost: "29.0 M parameters at width 64, 1.8 M at 16 (the reference's width)",
    strides: UNetSsl4mis.strides,
    options: plainSettings,
    create: (options) => new UNetSsl4mis(options),
  }),
  "unet-residual": networkEntry({
    summary: "U-Net with a residual encoder, instance normalisation and a light decoder, as nnU-Net's ResEnc networks",
    source: "Isensee et al., MICCAI 2024; MIC-DKFZ/dynamic-network-architectures",
    cost: "37.7 M parameters at width 32 (the reference's), 9.4 M at 16",
    strides: ResidualUNet.strides(2),
    options: residualUNetSettings,
    create: (options) => new ResidualUNet({ ...options, rank: 2 }),
  }),
  "unet-3d": networkEntry({
    summary: "3-D U-Net with instance normalisation and trilinear upsampling, for volumes, the network of SSL4MIS",
    source: "Cicek et al., MICCAI 2016; HiLab-git/SSL4MIS networks/unet_3D.py",
    cost: "5.9 M parameters at width 16 (the reference's), 1.5 M at 8",
    strides: UNet3d.strides,
    options: unet3dSettings,
    create: (options) => new UNet3d(options),
  }),
  vnet: networkEntry({
    summary: "V-Net with BatchNorm and dropout of maps, for volumes, the network of UA-MT and its successors",
    source: "Milletari et al., 3DV 2016; yulequan/UA-MT networks/vnet.py",
    cost: "9.4 M parameters at width 16 (the reference's), 2.4 M at 8",
    strides: VNet.strides,
    options: vnetSettings,
    create: (options) => new VNet(options),
  }),
  "unet-residual-3d": networkEntry({
    summary: "unet-residual for volumes",
    source: "Isensee et al., MICCAI 2024; MIC-DKFZ/dynamic-network-architectures",
    cost: "112.0 M parameters at width 32, 28.0 M at 16",
    strides: ResidualUNet.strides(3),
    options: residualUNetSettings,
    create: (options) => new ResidualUNet({ ...options, rank: 3 }),
  }),
};

/** Name of a network in a configuration. */
export type NetworkName = keyof typeof networks;

/** Names of all networks; the first is the default. */
export const networkNames = Object.keys(networks) as [NetworkName, ...NetworkName[]];

/** A `model:` section: a name and, beside it, that network's resolved settings. */
export type NetworkChoice = { name: NetworkName; width: number } & Record<string, unknown>;

/** The network that a section asks for, with initial weights of the generator. */
export function createNetwork(
  { name, ...settings }: NetworkChoice,
  shape: Omit<NetworkOptions, "width">,
): SegmentationNetwork {
  const entry: NetworkEntry = networks[name];
  return entry.create({ ...settings, ...shape });
}
