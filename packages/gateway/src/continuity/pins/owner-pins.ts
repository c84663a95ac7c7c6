import { type ZoneId, apexOf, lookup } from '@signpost/core'
import { type Name, RrType, recordsOf } from '@signpost/dns'
import type { Logger, ZoneResolver } from '@signpost/node'
import type { AnswerPinned } from '../../handlers/pinned.ts'
import type { Limits } from '../../limits.ts'
import { type Found, isFound } from '../../outcome.ts'
import type { Query } from '../../query.ts'
import type { FindZone } from '../../zone-source.ts'
import type { ContinuityStore } from '../continuity-store.ts'
import type { TrustAnchor } from '../dnssec/trust-anchors.ts'
import { type Validator, createValidator } from '../dnssec/validator.ts'
import { accept } from './decide.ts'
import { KnownPins, type PinnedDomain, printDomain } from './known-pins.ts'
import { Learner } from './learner.ts'
import { type LookParts, lookAt } from './look.ts'
import type { OwnerZones } from './owner-zones.ts'
import type { PinReport, PinStats } from './pin.ts'
import { pinNameOf, readPinWord } from './pin-word.ts'

/** What the user says about pins. */
export interface PinSettings {
  /** Whether pins are learned, and those count that are. */
  readonly pins: boolean
  /** Those of the user's own. */
  readonly ownPins: readonly Omit<PinnedDomain, 'by'>[]
  /** IANA's for the root where undefined. */
  readonly trustAnchors: readonly TrustAnchor[] | undefined
}

export interface OwnerPinsParts extends Pick<LookParts, 'ask' | 'isSecured'> {
  readonly settings: PinSettings
  readonly limits: Pick<Limits, 'pinPace' | 'pinnedDomains' | 'guardProof'>
  /** `steady`: milliseconds of a clock that never goes back. `time`: milliseconds since the epoch. */
  readonly now: () => { readonly steady: number; readonly time: number }
  readonly store: ContinuityStore | undefined
  readonly findZone: FindZone
  /** Answers a name of a domain from its zone. */
  readonly answerPinned: AnswerPinned
  /** Asks the network for a zone, so that it is on disk. */
  readonly resolve: ZoneResolver['resolve']
  readonly logger: Logger | undefined
  /** Hears of errors in this program that no client hears of. */
  readonly onError: (error: unknown) => void
}

/** Learns which zones owners pin to their domains, and answers from them. */
export class OwnerPins implements OwnerZones {
  private readonly parts: OwnerPinsParts
  private readonly pins: KnownPins
  private readonly learner: Learner
  private settings: PinSettings
  private validator: Validator

  constructor(parts: OwnerPinsParts) {
    const { limits, now, store, settings, ask, isSecured, resolve } = parts
    this.parts = parts
    this.pins = new KnownPins({ most: limits.pinnedDomains, now: () => now().time, store })
    this.settings = settings
    this.validator = this.validatorWith(settings)
    this.pins.configure(settings.ownPins, settings.pins)
    this.learner = new Learner({
      ...parts,
      pins: this.pins,
      look: async (domain, isKnown, signal) =>
        lookAt({ ask, isSecured, validator: this.validator }, domain, isKnown, signal),
      successorOf: async (zoneId, signal) => this.successorOf(zoneId, signal),
      keep: async (zoneId, signal) => {
        // What comes of it is on disk, or is looked for when it is needed.
        await resolve(zoneId, { policy: 'network-first', signal }).catch(() => undefined)
      },
    })
  }

  /** Keeps what was learned in another store from now on, or in none. */
  keepIn(store: ContinuityStore | undefined): void {
    this.pins.keepIn(store)
  }

  /** Goes on under other settings. */
  replace(settings: PinSettings): void {
    if (settings.trustAnchors !== this.settings.trustAnchors) this.validator = this.validatorWith(settings)
    this.settings = settings
    this.pins.configure(settings.ownPins, settings.pins)
  }

  replaceOwn(ownPins: PinSettings['ownPins']): void {
    this.replace({ ...this.settings, ownPins })
  }

  noticed(name: Name): void {
    try {
      if (this.settings.pins) this.learner.noticed(name)
      const pinned = this.pins.find(name)
      if (pinned !== undefined) this.learner.keep(pinned.zoneId)
    } catch (error) {
      this.parts.onError(error)
    }
  }

  async answer(query: Query): Promise<Found | undefined> {
    const { question } = query
    const pinned = this.pins.find(question.name)
    if (pinned === undefined) return undefined
    const { domain, zoneId, by } = pinned
    // Whether the domain is signed is for the zone above it to say (RFC 4035, section 3.1.4.1).
    if (question.type === RrType.DS && question.name.equals(domain)) return undefined
    const outcome = await this.parts.answerPinned(query, domain, zoneId)
    if (!isFound(outcome) || outcome.partial !== undefined) return undefined
    const { provenance } = outcome
    // That something is not there is the owner's word only where all of it is signed.
    if (outcome.kind !== 'answer' && !provenance.verified) return undefined
    const note = `this is from ${zoneId}, the zone of ${printDomain(domain)}, ${HOW[by]}`
    const verified = provenance.verified && by === 'dnssec'
    return { ...outcome, provenance: { ...provenance, verified }, note }
  }

  /** The user lets a domain have its way. @returns the zone that it is pinned to now; undefined: nothing is in conflict. */
  accept(domain: Name): ZoneId | undefined {
    const pin = this.pins.learnedOf(domain)
    const accepted = pin && accept(pin, this.parts.now().time)
    if (accepted === undefined) return undefined
    this.pins.learn(domain, accepted, undefined)
    this.learner.keep(accepted.zoneId)
    return accepted.zoneId
  }

  /** Forgets what was learned of a domain. @returns whether there was something. */
  forget(domain: Name): boolean {
    this.learner.forget(domain)
    return this.pins.forget(domain)
  }

  reports(): PinReport[] {
    return this.pins.reports()
  }

  stats(): PinStats {
    return this.pins.stats()
  }

  /** Whether something is being learned at this moment. */
  get isBusy(): boolean {
    return this.learner.isBusy
  }

  /** Learns nothing any more. Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.learner.close()
  }

  private validatorWith({ trustAnchors }: PinSettings): Validator {
    const { ask, now } = this.parts
    const parts = { ask, now: () => now().time }
    return createValidator(trustAnchors === undefined ? parts : { ...parts, trustAnchors })
  }

  private async successorOf(zoneId: ZoneId, signal: AbortSignal): Promise<ZoneId | undefined> {
    const copy = await this.parts.findZone(zoneId, signal)
    if (copy.kind !== 'zone') return undefined
    const result = lookup(copy.zone, pinNameOf(apexOf(zoneId)), RrType.TXT)
    if (result.kind !== 'answer') return undefined
    const word = readPinWord(recordsOf(result.set))
    return word.kind === 'zone' ? word.zoneId : undefined
  }
}

const HOW: Readonly<Record<PinnedDomain['by'], string>> = {
  dnssec: 'as DNSSEC proves',
  'first-use': 'as the domain said when it was first seen',
  user: 'as you said',
}
