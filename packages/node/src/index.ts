export { AddressInUseError, InvalidConfigError } from '@signpost/dns'
export { AddressUnavailableError } from './config-errors.ts'
export { createNode } from './create-node.ts'
export type { PastRecord, PutOptions, PutProgress, PutReceipt, ZoneClient } from './publish/client.ts'
export {
  NodeStoppedError,
  NotInHistoryError,
  type PublishConflict,
  PublishConflictError,
  PublishFailedError,
  ResolveFailedError,
  SequenceExhaustedError,
  StaleSequenceError,
  StoreLockedError,
  StoreUnreadableError,
  ZoneLossError,
} from './errors.ts'
export type {
  NodeEventDetails,
  NodeEventName,
  NodeEventTarget,
  NodeEvents,
  ZoneRepublished,
} from './events.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export { CONNECTION_LIMIT } from './host/host.ts'
export type { Network } from './host/network.ts'
export type { HttpOptions } from './http/http-options.ts'
export { RELAY_LIMITS, type Relay } from './host/reachability.ts'
export type { NodeOptions } from './node-options.ts'
export type { FollowedZone, NetworkStatus, Node, NodeStatus, ZoneInspection } from './node.ts'
export {
  type PublishOptions,
  type PublishProgress,
  type PublishRequest,
  type Published,
  VALID_FOR,
  publish,
} from './publish/publish.ts'
export { type RollbackRequest, pastRecord, rollback } from './publish/rollback.ts'
export type { Refusal, RefusalCounts, RefusalReason } from './refusals.ts'
export { KEPT_OCTETS, KEPT_ZONES } from './dht/admission.ts'
export { FOLLOW_INTERVAL } from './follow/follower.ts'
export { REPUBLISH_INTERVAL, type RepublishReport } from './publish/republish.ts'
export { RESOLVE_LIMITS, type ResolveLimits } from './resolve/resolve-limits.ts'
export type {
  LookupEnd,
  Provenance,
  ResolveOptions,
  ResolveOutcome,
  ResolvePolicy,
  ResolveProgress,
  ZoneResolver,
} from './resolve/resolver.ts'
export type { BootstrapState } from './host/stay-connected.ts'
export type { Equivocation, StoreLimits, StoredRecord } from './store/store.ts'
export { createNodeVerifier } from './verifier.ts'
