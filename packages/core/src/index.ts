export { type Descent, descentOf, digestOf } from './descent.ts'
export {
  BadSignatureError,
  EmptyZoneError,
  InvalidZoneError,
  MalformedRecordError,
  RecordExpiredError,
  RecordTooLargeError,
  type ZoneProblem,
} from './errors.ts'
export { type Freshness, freshnessOf } from './freshness.ts'
export {
  SEED_LENGTH,
  type Signer,
  type Verifier,
  portableVerifier,
  signerFromSeed,
} from './keys.ts'
export { type LookupResult, lookup, setsAt } from './lookup.ts'
export { MAX_RECORD_LENGTH, type RecordContent, type SignedRecord, decodeRecord } from './record.ts'
export { relativeName } from './relative-name.ts'
export { compareRecords, isEquivocation } from './selection.ts'
export { DEFAULT_RECORD_TTL, DEFAULT_VALUE, type SignRequest, signRecord, signedSize } from './sign.ts'
export { NEGATIVE_TTL, soaOf } from './soa.ts'
export { type Verdict, type VerifyContext, verifyRecord, zoneIn, zoneOf } from './verify.ts'
export { type Zone, createZone, zoneRecords } from './zone.ts'
export { type RrSetChange, diffZones, printZoneDiff } from './zone-diff.ts'
export { type ZoneMerge, mergeZones } from './zone-merge.ts'
export {
  ZONE_ID_LENGTH,
  type ZoneId,
  apexOf,
  parseZoneId,
  publicKeyOf,
  routingKeyOf,
  zoneIdFromText,
  zoneIdOf,
  zoneIdOfName,
  zoneIdOfRoutingKey,
} from './zone-id.ts'
export type { ZoneIndex, ZoneNode } from './zone-index.ts'
export { decodeZone, encodeZone } from './zone-payload.ts'
