import { type Name, parseName } from '@signpost/dns'
import { parse } from 'tldts'

/**
 * Private suffixes count: whoever has a name below `github.io` is not the owner of `github.io`, and where customers make
 * names themselves, one of them could make `_signpost` and speak for all.
 */
const OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
} as const

/** What domains in use are made of; what has other octets has no text that the list could be asked about. */
const USUAL = /^[a-z0-9_.-]+$/

/**
 * The domain that somebody registered, by the Public Suffix List: of `www.example.co.uk.` that is `example.co.uk.`
 * @returns undefined for public suffixes themselves, for reverse names, and where the list does not know the top level
 * domain: `corp.internal.` is another one's in every network, so nobody can speak for it once and for all.
 */
export function registrableDomain(name: Name): Name | undefined {
  const text = name.toString().toLowerCase().slice(0, -1)
  if (!USUAL.test(text)) return undefined
  const { domain, isIcann, isPrivate, publicSuffix } = parse(text, OPTIONS)
  if (domain === null || (isIcann !== true && isPrivate !== true)) return undefined
  return publicSuffix === 'arpa' || publicSuffix?.endsWith('.arpa') === true ? undefined : parseName(domain)
}
