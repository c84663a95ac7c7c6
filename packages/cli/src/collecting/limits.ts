import type { Limit } from '@signpost/dns'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Milliseconds between two looks at what a zone is collected from. */
export const LOOK_PACE: Limit = { default: 15 * MINUTE, min: 1000, max: DAY }

/** Milliseconds for which a loss has to have been seen before it is published. */
export const LOSS_PATIENCE: Limit = { default: 6 * HOUR, min: 0, max: 30 * DAY }

/**
 * Milliseconds that the time between two looks counts at most, as time for which a loss was seen to stand; the pace,
 * where that is longer. A machine that slept through an outage does not wake up believing.
 */
export const LONGEST_GAP: number = 15 * MINUTE

/** Names that are asked for at most: those that are given, and those of the same domain that their records lead to. */
export const ASKED_NAMES = 500

/** Names that are asked for at once: the server may be one that limits its clients. */
export const ASKED_AT_ONCE = 8
