import { type Zone, createZone, diffZones, lookup, setsAt } from '@signpost/core'
import { type Name, type ResourceRecord, RrType, type RrSet, SignpostError, recordsOf } from '@signpost/dns'
import { setKey } from './set-key.ts'

/** What was seen where a zone is collected from. */
export interface Look {
  /** Undefined where nothing of it is left. */
  readonly zone: Zone | undefined
  /** Whether nothing was heard about an RRset, because its question failed. */
  readonly isUnknown: (name: Name, type: number) => boolean
  /** Whether it is an older version than one that was seen before (RFC 1982). */
  readonly isOlder: boolean
}

/** A loss that was seen and is not believed yet. Times are milliseconds. */
export interface Doubt {
  /** When it was seen first, and last. */
  readonly since: number
  readonly seenAt: number
  /** For how long it was seen to stand. */
  readonly stood: number
}

/** By what is lost: an RRset, more than half of all RRsets, or what an older version does not have yet. */
export type Doubts = ReadonlyMap<string, Doubt>

/** Why something stays as it was published last. */
export type HoldReason =
  /** No such type, or no such name. */
  | 'gone'
  /** It has less than half as many records as before. */
  | 'shrunk'
  /** Its question failed. Silence proves nothing, however long it lasts. */
  | 'unknown'
  /** More than half of all RRsets would go. */
  | 'half'
  /** The server went back to an older version. */
  | 'older'
  /** No record would be left. That is never published: its owner retires the zone by hand. */
  | 'empty'
  /** What is new and what is held do not make a zone together. */
  | 'unfit'

/** What stays as it was published last, though it was seen otherwise or not at all. */
export interface Held {
  readonly why: HoldReason
  /** Of one RRset; undefined where it is the whole zone. */
  readonly set: Pick<RrSet, 'name' | 'type'> | undefined
  /** Undefined where no time makes it believed. */
  readonly doubt: Doubt | undefined
}

export interface Judgement {
  /** What ought to stand by now; undefined where there is nothing that could be signed. */
  readonly content: Zone | undefined
  readonly held: readonly Held[]
  /** For the next judgement. */
  readonly doubts: Doubts
  /** More than half of the RRsets go, and that is believed. */
  readonly isGreatLoss: boolean
}

export interface Circumstances {
  /** What was published last; undefined where nothing was. */
  readonly standing: Zone | undefined
  readonly doubts: Doubts
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds for which a loss has to have been seen. */
  readonly patience: number
  /** Milliseconds that the time between two looks counts at most. */
  readonly longestGap: number
  /** The user has said that what is seen is meant. What is unknown stays all the same. */
  readonly confirmed: boolean
}

const HALF = 0.5

/**
 * The guard on the publishing side: what to publish of what was seen. Whatever is new or changed is taken at once. A loss
 * is not: an automaton that empties a name in ordinary DNS must not empty it in the signed zone too. What is lost stays as it
 * was published until the loss has been seen to stand for the patience, or the user confirms it.
 */
export function judge(look: Look, circumstances: Circumstances): Judgement {
  const { standing, confirmed } = circumstances
  if (standing === undefined)
    return { content: look.zone, held: [], doubts: new Map(), isGreatLoss: confirmed }
  if (look.zone !== undefined && diffZones(standing, look.zone).length === 0)
    return { content: standing, held: [], doubts: new Map(), isGreatLoss: false }
  // Whatever is lost is noted first, so that all patience begins where the loss does.
  const book = new DoubtBook(circumstances)
  const isOlder = look.isOlder && !book.isBelieved('older')
  const isHalf = countLost(standing, look.zone) > standing.sets.length * HALF && !book.isBelieved('half')
  const held = standing.sets.flatMap(set => heldOf(set, look, book) ?? [])
  if (isOlder) return holdAll(standing, 'older', book)
  const content = merge(standing, look.zone, held)
  if (content === undefined) return holdAll(standing, 'unfit', book)
  if (content === 'empty') return holdAll(standing, 'empty', book)
  const isGreatLoss = countLost(standing, content) > standing.sets.length * HALF
  if (isGreatLoss && isHalf) return holdAll(standing, 'half', book)
  return { content, held, doubts: book.written, isGreatLoss }
}

class DoubtBook {
  /** Doubts that stand by now. */
  readonly written = new Map<string, Doubt>()
  private readonly circumstances: Circumstances

  constructor(circumstances: Circumstances) {
    this.circumstances = circumstances
  }

  /** Notes that a loss was seen now, and says whether that was so for long enough. */
  isBelieved(key: string): boolean {
    const { doubts, now, longestGap, patience, confirmed } = this.circumstances
    const before = doubts.get(key)
    const gap = before === undefined ? 0 : Math.min(Math.max(0, now - before.seenAt), longestGap)
    const doubt = { since: before?.since ?? now, seenAt: now, stood: (before?.stood ?? 0) + gap }
    this.written.set(key, doubt)
    return confirmed || doubt.stood >= patience
  }

  doubt(key: string): Doubt | undefined {
    return this.written.get(key)
  }
}

/** The whole zone stays. Doubts about parts of it go on. */
function holdAll(standing: Zone, why: HoldReason, book: DoubtBook): Judgement {
  const doubt = why === 'empty' || why === 'unfit' ? undefined : book.doubt(why)
  return {
    content: standing,
    held: [{ why, set: undefined, doubt }],
    doubts: book.written,
    isGreatLoss: false,
  }
}

/** Whether and why an RRset stays; undefined where it stands, is changed or replaced, or its loss is believed. */
function heldOf(set: RrSet, look: Look, book: DoubtBook): Held | undefined {
  const why = lossOf(set, look)
  if (why === undefined) return undefined
  if (why === 'unknown') return { why, set, doubt: undefined }
  const key = setKey(set)
  return book.isBelieved(key) ? undefined : { why, set, doubt: book.doubt(key) }
}

/** What has become of an RRset, where that is less than it was. */
function lossOf(set: RrSet, { zone, isUnknown }: Look): 'gone' | 'shrunk' | 'unknown' | undefined {
  const { name, type } = set
  const now = zone?.sets.find(other => other.type === type && other.name.equals(name))
  if (now !== undefined) return now.rdatas.length < set.rdatas.length * HALF ? 'shrunk' : undefined
  if (zone !== undefined && isReplaced(set, zone)) return undefined
  return isUnknown(name, type) ? 'unknown' : 'gone'
}

function isReplaced({ name, type }: RrSet, zone: Zone): boolean {
  switch (lookup(zone, name, type).kind) {
    case 'no-data':
      // An alias, or a label that was handed over, whose name has records of its own by now.
      return isInPlaceOfRecords(type, name, zone) && setsAt(zone, name).length > 0
    case 'no-name':
    case 'outside':
      return false
    // A wildcard, an alias, a DNAME or a delegation speaks for the name.
    case 'answer':
    case 'alias':
    case 'redirection':
    case 'too-long':
    case 'delegation':
      return true
  }
}

function isInPlaceOfRecords(type: number, name: Name, zone: Zone): boolean {
  return type === RrType.CNAME || (type === RrType.NS && !name.equals(zone.apex))
}

/** What was seen, with what is held in it; undefined where that makes no zone. */
function merge(standing: Zone, seen: Zone | undefined, held: readonly Held[]): Zone | 'empty' | undefined {
  const keys = new Set(held.flatMap(({ set }) => (set === undefined ? [] : [setKey(set)])))
  const kept = standing.sets.filter(set => keys.has(setKey(set))).flatMap(recordsOf)
  const taken = seen === undefined ? [] : seen.sets.filter(set => !keys.has(setKey(set))).flatMap(recordsOf)
  const records: ResourceRecord[] = [...taken, ...kept]
  if (records.length === 0) return 'empty'
  if (kept.length === 0 && seen !== undefined) return seen
  try {
    return createZone(standing.id, records)
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}

function countLost(before: Zone, after: Zone | undefined): number {
  const kept = new Set(after?.sets.map(setKey))
  return before.sets.filter(set => !kept.has(setKey(set))).length
}
