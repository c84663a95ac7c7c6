export { AddressInUseError, AddressUnavailableError, InvalidConfigError } from './config-errors.ts'
export { createNode } from './create-node.ts'
export type { PutOptions, PutProgress, PutReceipt, ZoneClient } from './client.ts'
export {
  PublishConflictError,
  PublishFailedError,
  ResolveFailedError,
  StaleSequenceError,
  StoreLockedError,
  StoreUnreadableError,
} from './errors.ts'
export type { NodeEventDetails, NodeEventName, NodeEventTarget, NodeEvents } from './events.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export type { Network } from './network.ts'
export type { NodeOptions } from './node-options.ts'
export type { Node, NodeStatus, ZoneInspection } from './node.ts'
export {
  type PublishOptions,
  type PublishProgress,
  type PublishRequest,
  type Published,
  VALID_FOR,
  publish,
} from './publish.ts'
export { REPUBLISH_INTERVAL, type RepublishReport, type ZoneRepublished } from './republish.ts'
export { RESOLVE_LIMITS, type ResolveLimits } from './resolve-limits.ts'
export type {
  LookupEnd,
  Provenance,
  ResolveOptions,
  ResolveOutcome,
  ResolvePolicy,
  ResolveProgress,
  ZoneResolver,
} from './resolver.ts'
export type { BootstrapState } from './stay-connected.ts'
export type { Equivocation, StoreLimits, StoredRecord } from './store.ts'
export { createNodeVerifier } from './verifier.ts'
