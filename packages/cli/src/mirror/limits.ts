import type { Limit } from '@signpost/dns'

/** Octets of all messages of a zone transfer. What fits a signed record is a small part of them. */
export const TRANSFER_OCTETS: Limit = { default: 64 * 2 ** 20, min: 512, max: 1024 * 2 ** 20 }

/** Milliseconds for the whole of a transfer. */
export const TRANSFER_TOTAL: Limit = { default: 60_000, min: 10, max: 600_000 }

/** Milliseconds of a transfer in which nothing comes. */
export const TRANSFER_IDLE: Limit = { default: 10_000, min: 10, max: 600_000 }

/** Records of a domain that are looked at. A signed record holds some hundreds. */
export const MIRRORED_RECORDS: Limit = { default: 20_000, min: 1, max: 1_000_000 }
