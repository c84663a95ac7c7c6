import { readFileSync } from 'node:fs'
import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { InvalidConfigError, type Name } from '@signpost/dns'
import { parseDomain } from '../../domain-option.ts'
import { isUnder } from '../../names.ts'
import { type TrustAnchor, parseTrustAnchors } from '../dnssec/trust-anchors.ts'
import type { PinSettings } from './owner-pins.ts'

export interface PinOptions {
  readonly pins?: boolean
  readonly ownPins?: ReadonlyMap<string, ZoneId>
  readonly trustAnchors?: string
}

/** @throws InvalidConfigError */
export function readPins(options: PinOptions, suffixes: readonly Name[]): PinSettings {
  const { pins = true, ownPins = new Map(), trustAnchors } = options
  return {
    pins,
    ownPins: readOwnPins(ownPins, suffixes),
    trustAnchors: trustAnchors === undefined ? undefined : readTrustAnchors(trustAnchors),
  }
}

/** @throws InvalidConfigError */
export function readOwnPins(
  pins: ReadonlyMap<string, ZoneId>,
  suffixes: readonly Name[],
): PinSettings['ownPins'] {
  return [...pins].map(([text, zone]) => {
    const option = `ownPins.${text}`
    const domain = parseDomain(text, option)
    if (domain.isRoot) throw new InvalidConfigError(option, 'it is the root; give a domain')
    if (isUnder(domain, suffixes))
      throw new InvalidConfigError(option, 'its names are in signed zones already; give an ordinary domain')
    const zoneId = zoneIdFromText(zone)
    if (zoneId === undefined) throw new InvalidConfigError(option, `${JSON.stringify(zone)} is no zone ID`)
    return { domain, zoneId }
  })
}

/** @throws InvalidConfigError */
function readTrustAnchors(path: string): readonly TrustAnchor[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new InvalidConfigError('trustAnchors', `${(error as Error).message}; give a file of DS records`, {
      cause: error,
    })
  }
  return parseTrustAnchors(text, 'trustAnchors')
}
