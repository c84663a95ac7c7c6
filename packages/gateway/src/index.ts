export type { LimitCounts, LimitKind } from './abuse/limit-counts.ts'
export { checkGatewayOptions } from './check-options.ts'
export { type RebindingOptions, privateAddressIn } from './abuse/rebinding.ts'
export {
  type Gateway,
  type GatewayContinuity,
  GatewayStoppedError,
  type Reloaded,
  createGateway,
} from './create-gateway.ts'
export type { DoubtReport, GuardEvent, GuardStats } from './continuity/guard/event.ts'
export type { PinConflict, PinProof, PinReport, PinStats } from './continuity/pins/pin.ts'
export { type Endpoint, printEndpoint } from './endpoint.ts'
export { AddressInUseError, InvalidConfigError, type Limit, NotThereYetError } from '@signpost/dns'
export { LIMITS, type Limits } from './limits.ts'
export { LIMIT_TEXTS } from './limit-texts.ts'
export type { PetnameLookup } from './names.ts'
export { DEFAULT_SUFFIX, type GatewayOptions } from './options.ts'
export { type MetricsServer, serveMetrics } from './operations/metrics-server.ts'
export type { OnQuery, QueryLogEntry } from './operations/query-log.ts'
export type { OutcomeKind } from './outcome.ts'
export type { Transport } from './query.ts'
export type { ContinuityStats, GatewayStats } from './stats.ts'
export type { CertificateFiles } from './transports/certificate/certificate.ts'
export { FrameReader, frame } from './transports/frames.ts'
export type { ForwardingStats, UpstreamStats } from './upstream/forwarding.ts'
export type { ForwardingOptions, RouteOptions } from './upstream/settings.ts'
export { type Stub, type StubAnswer, createStub } from './upstream/stub.ts'
