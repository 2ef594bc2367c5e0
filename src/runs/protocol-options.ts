/** What a configuration asks of the protocol's split. */
import type { WantedConfig } from "../config/config.js";
import type { ProtocolOptions } from "../data/protocol.js";

/** The options of `splitProtocol` that a configuration's section `labelled` stands for. */
export function protocolOptions({ domain, count, validation, further }: WantedConfig["labelled"]): ProtocolOptions {
  return { labelledDomain: domain, labelledCount: count, validationCount: validation, further };
}
